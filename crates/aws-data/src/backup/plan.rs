//! Implementation of `backup.plan`.

use aws_sdk_backup::types::builders::BackupRuleInputBuilder;
use aws_sdk_backup::types::{BackupPlan, BackupPlanInput, BackupRule, BackupRuleInput, Lifecycle};
use futures::future::{try_join, try_join_all};
use ohinfra_aws_core::{api_error, none_if_missing};
use ohinfra_core::contract::{
    Created, Deletion, Evidence, Found, Kind, Known, Live, Resolved, Subject, Update, attributes,
};
use ohinfra_core::tag_index::KnownTags;
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::backup::{Plan, PlanLive, PlanRule};

use super::{Clients, arn, defect, remove_tags, set_tags, tags_of, to_tags};

/// `backup.plan`
pub struct PlanKind(pub(crate) Clients);

type Inputs = Resolved<Plan>;

/// Minimum number of days in cold storage: "Backups transitioned to cold storage must be stored in cold storage for a minimum of
/// 90 days" (AWS Backup API, Lifecycle).
const COLD_STORAGE_DAYS: i64 = 90;

/// Builds the request. An update replaces the whole plan, so live settings that are not inputs (copies to other regions, cold
/// storage, a time zone) are kept.
fn to_aws(
    inputs: &Inputs,
    live: Option<BackupPlan>,
    operation: &'static str,
) -> Result<BackupPlanInput, ProviderError> {
    let (rules, advanced, scan) =
        live.map(|live| (live.rules, live.advanced_backup_settings, live.scan_settings)).unwrap_or_default();
    let rule = |rule: &PlanRule| {
        let live = rules.iter().find(|live| live.rule_name == rule.rule_name).cloned();
        let input = match live {
            Some(live) => kept(live),
            None => BackupRuleInput::builder(),
        };
        let mut lifecycle = input.get_lifecycle().clone().unwrap_or_else(|| Lifecycle::builder().build());
        lifecycle.delete_after_days = Some(rule.delete_after_days);
        // AWS refuses a recovery point that would be deleted earlier than this after its move to cold storage.
        let earliest = |moved: i64| moved.saturating_add(COLD_STORAGE_DAYS);
        if lifecycle.move_to_cold_storage_after_days.is_some_and(|moved| earliest(moved) > rule.delete_after_days) {
            lifecycle.move_to_cold_storage_after_days = None;
            lifecycle.opt_in_to_archive_for_supported_resources = None;
        }
        input
            .rule_name(&rule.rule_name)
            .target_backup_vault_name(&rule.vault_name)
            .schedule_expression(&rule.schedule)
            .start_window_minutes(rule.start_window_minutes)
            .completion_window_minutes(rule.completion_window_minutes)
            .lifecycle(lifecycle)
            .build()
            .map_err(defect(operation))
    };
    let rules = inputs.rules.iter().map(rule).collect::<Result<Vec<_>, _>>()?;
    BackupPlanInput::builder()
        .backup_plan_name(&inputs.plan_name)
        .set_rules(Some(rules))
        .set_advanced_backup_settings(advanced)
        .set_scan_settings(scan)
        .build()
        .map_err(defect(operation))
}

/// Copies all settings of a live rule that an update accepts.
fn kept(live: BackupRule) -> BackupRuleInputBuilder {
    BackupRuleInput::builder()
        .set_target_logically_air_gapped_backup_vault_arn(live.target_logically_air_gapped_backup_vault_arn)
        .set_lifecycle(live.lifecycle)
        .set_recovery_point_tags(live.recovery_point_tags)
        .set_copy_actions(live.copy_actions)
        .set_enable_continuous_backup(live.enable_continuous_backup)
        .set_schedule_expression_timezone(live.schedule_expression_timezone)
        .set_index_actions(live.index_actions)
        .set_scan_actions(live.scan_actions)
}

fn from_aws(rule: BackupRule) -> PlanRule {
    PlanRule {
        rule_name: rule.rule_name,
        vault_name: rule.target_backup_vault_name,
        schedule: rule.schedule_expression.unwrap_or_default(),
        start_window_minutes: rule.start_window_minutes.unwrap_or_default(),
        completion_window_minutes: rule.completion_window_minutes.unwrap_or_default(),
        delete_after_days: rule.lifecycle.and_then(|lifecycle| lifecycle.delete_after_days).unwrap_or_default(),
    }
}

impl PlanKind {
    async fn arn(&self, region: &Region, id: &str) -> Result<String, ProviderError> {
        arn(&self.0, region, &format!("backup-plan:{id}")).await
    }

    async fn plan(&self, region: &Region, id: &str) -> Result<Option<BackupPlan>, ProviderError> {
        let result = self.0.in_region(region).get_backup_plan().backup_plan_id(id).send().await;
        // AWS still returns a deleted plan, with its deletion date.
        let answer = none_if_missing(result.map_err(api_error("backup:GetBackupPlan")))?;
        Ok(answer.filter(|answer| answer.deletion_date.is_none()).and_then(|answer| answer.backup_plan))
    }
}

impl Kind for PlanKind {
    type Definition = Plan;

    async fn find(&self, subject: &Subject, known: &Known<Plan>) -> Result<Option<Found>, ProviderError> {
        let operation = "backup:ListBackupPlans";
        let call = self.0.in_region(&subject.region).list_backup_plans().into_paginator().items();
        let plans = call.send().collect::<Result<Vec<_>, _>>().await.map_err(api_error(operation))?;
        // Names are not unique; the tags identify the plan.
        let named = plans.into_iter().filter(|plan| {
            plan.backup_plan_name.as_ref() == Some(&known.plan_name)
                && plan.backup_plan_id().is_some_and(|id| subject.seeks(id))
        });
        let tagged = try_join_all(named.map(|plan| async move {
            let arn = plan.backup_plan_arn.ok_or_else(|| ProviderError::incomplete(operation, "BackupPlanArn"))?;
            let tags = tags_of(&self.0, &subject.region, &arn, KnownTags::NONE).await?;
            Ok::<_, ProviderError>((plan.backup_plan_id, tags))
        }))
        .await?;
        let ours = tagged.into_iter().find(|(_, tags)| subject.ownership.matches(tags));
        Ok(ours.and_then(|(id, tags)| Some(Found::new(id?, Evidence::Tags(tags)))))
    }

    async fn read_one(&self, region: &Region, id: &str, tags: KnownTags<'_>) -> Result<Option<Live>, ProviderError> {
        let plan = self.plan(region, id);
        let arn = self.arn(region, id).await?;
        let tags = async { none_if_missing(tags_of(&self.0, region, &arn, tags).await) };
        let (plan, tags) = try_join(plan, tags).await?;
        Ok(plan.map(|plan| {
            let rules = plan.rules.into_iter().map(from_aws).collect();
            let inputs = PlanLive { plan_name: Some(plan.backup_plan_name), rules: Some(rules) };
            Live::new(&inputs, attributes([("id", id), ("arn", &arn)])).tagged(tags.unwrap_or_default())
        }))
    }

    async fn create(&self, subject: &Subject, inputs: &Inputs, tags: &Tags) -> Result<Created, ProviderError> {
        let operation = "backup:CreateBackupPlan";
        let call = self.0.in_region(&subject.region).create_backup_plan().backup_plan(to_aws(inputs, None, operation)?);
        let call = call.set_backup_plan_tags(Some(to_tags(tags))).creator_request_id(&subject.token);
        let answer = call.send().await.map_err(api_error(operation))?;
        let id = answer.backup_plan_id.ok_or_else(|| ProviderError::incomplete(operation, "BackupPlanId"))?;
        let arn = self.arn(&subject.region, &id).await?;
        Ok(Created::new(&id, [("id", &id), ("arn", &arn)]))
    }

    async fn update(&self, subject: &Subject, id: &str, update: &Update<Inputs>) -> Result<(), ProviderError> {
        if !update.changed.is_empty() {
            let operation = "backup:UpdateBackupPlan";
            let live = self.plan(&subject.region, id).await?;
            let plan = to_aws(&update.desired, live, operation)?;
            let call = self.0.in_region(&subject.region).update_backup_plan().backup_plan_id(id).backup_plan(plan);
            call.send().await.map_err(api_error(operation))?;
        }
        Ok(())
    }

    async fn set_tags(&self, region: &Region, id: &str, tags: &Tags) -> Result<(), ProviderError> {
        set_tags(&self.0.in_region(region), &self.arn(region, id).await?, tags).await
    }

    async fn remove_tags(&self, region: &Region, id: &str, keys: &[String]) -> Result<(), ProviderError> {
        remove_tags(&self.0.in_region(region), &self.arn(region, id).await?, keys).await
    }

    async fn delete(&self, region: &Region, id: &str, _how: Deletion) -> Result<(), ProviderError> {
        let result = self.0.in_region(region).delete_backup_plan().backup_plan_id(id).send().await;
        none_if_missing(result.map_err(api_error("backup:DeleteBackupPlan"))).map(|_| ())
    }
}
