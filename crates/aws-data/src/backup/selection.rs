//! Implementation of `backup.selection`. The identity is `plan:selection`.

use aws_sdk_backup::types::{BackupSelection, Condition, ConditionType};
use ohinfra_aws_core::{api_error, api_error_eventual, none_if_missing};
use ohinfra_core::contract::{
    Created, Deletion, Evidence, Found, Kind, Known, Live, Resolved, Subject, Update, attributes,
};
use ohinfra_core::error::ErrorKind;
use ohinfra_core::tag_index::KnownTags;
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::backup::{Selection, SelectionLive, TagCondition};

use super::{Clients, defect};

/// `backup.selection`
pub struct SelectionKind(pub(crate) Clients);

type Inputs = Resolved<Selection>;

impl Kind for SelectionKind {
    type Definition = Selection;

    async fn find(&self, subject: &Subject, known: &Known<Selection>) -> Result<Option<Found>, ProviderError> {
        let Some(plan) = &known.plan_id else { return Ok(None) };
        let call =
            self.0.in_region(&subject.region).list_backup_selections().backup_plan_id(plan).into_paginator().items();
        let selections = call.send().collect::<Result<Vec<_>, _>>().await;
        let selections =
            none_if_missing(selections.map_err(api_error("backup:ListBackupSelections")))?.unwrap_or_default();
        let named = selections.into_iter().find(|s| s.selection_name.as_ref() == Some(&known.selection_name));
        Ok(named.and_then(|s| Some(Found::new(format!("{plan}:{}", s.selection_id?), Evidence::Ours))))
    }

    async fn read_one(&self, region: &Region, id: &str, _tags: KnownTags<'_>) -> Result<Option<Live>, ProviderError> {
        let (plan, selection) = ProviderError::split_identity(id, "plan:selection")?;
        let call = self.0.in_region(region).get_backup_selection().backup_plan_id(plan).selection_id(selection);
        let answer = none_if_missing(call.send().await.map_err(api_error("backup:GetBackupSelection")))?;
        Ok(answer.and_then(|answer| answer.backup_selection).map(|selection| {
            let condition = |c: Condition| TagCondition { key: c.condition_key, value: c.condition_value };
            // The conditions are immutable: without both members they are unknown, not empty.
            let has_conditions = selection.list_of_tags.is_some() || selection.conditions.is_some();
            let conditions = selection.list_of_tags.unwrap_or_default().into_iter().map(condition);
            let inputs = SelectionLive {
                plan_id: Some(plan.to_owned()),
                selection_name: Some(selection.selection_name),
                role_arn: Some(selection.iam_role_arn),
                tag_conditions: has_conditions.then(|| conditions.collect()),
            };
            Live::new(&inputs, attributes([("id", id)]))
        }))
    }

    async fn create(&self, subject: &Subject, inputs: &Inputs, _tags: &Tags) -> Result<Created, ProviderError> {
        let operation = "backup:CreateBackupSelection";
        let condition = |condition: &TagCondition| {
            let builder = Condition::builder().condition_type(ConditionType::Stringequals);
            builder.condition_key(&condition.key).condition_value(&condition.value).build()
        };
        let conditions =
            inputs.tag_conditions.iter().map(condition).collect::<Result<Vec<_>, _>>().map_err(defect(operation))?;
        let selection = BackupSelection::builder()
            .selection_name(&inputs.selection_name)
            .iam_role_arn(&inputs.role_arn)
            .set_list_of_tags(Some(conditions))
            .build()
            .map_err(defect(operation))?;
        let call = self.0.in_region(&subject.region).create_backup_selection().backup_plan_id(&inputs.plan_id);
        let call = call.backup_selection(selection).creator_request_id(&subject.token);
        let answer = call.send().await.map_err(api_error_eventual(operation))?;
        let selection = answer.selection_id.ok_or_else(|| ProviderError::incomplete(operation, "SelectionId"))?;
        let id = format!("{}:{selection}", inputs.plan_id);
        Ok(Created::new(&id, [("id", &id)]))
    }

    async fn update(&self, _subject: &Subject, id: &str, _update: &Update<Inputs>) -> Result<(), ProviderError> {
        // Every input requires replacement, so the planner never plans an update.
        Err(ProviderError::new(
            ErrorKind::Invalid,
            "backup:UpdateBackupSelection",
            format!("AWS cannot change {id} in place"),
        ))
    }

    async fn delete(&self, region: &Region, id: &str, _how: Deletion) -> Result<(), ProviderError> {
        let (plan, selection) = ProviderError::split_identity(id, "plan:selection")?;
        let result = self
            .0
            .in_region(region)
            .delete_backup_selection()
            .backup_plan_id(plan)
            .selection_id(selection)
            .send()
            .await;
        none_if_missing(result.map_err(api_error("backup:DeleteBackupSelection"))).map(|_| ())
    }
}
