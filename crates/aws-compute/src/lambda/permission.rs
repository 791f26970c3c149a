//! Implementation of `lambda.permission`: one statement of a function's policy.

use futures::future::try_join_all;
use ohinfra_aws_core::{failed, is_missing, referring};
use ohinfra_core::contract::{
    Created, Deletion, Evidence, Found, Kind, Known, Live, Resolved, Subject, Update, attributes,
};
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::lambda::{Permission, PermissionInputs};
use serde_json::Value;

use super::Clients;

/// `lambda.permission`
pub struct PermissionKind(pub(crate) Clients);

type Inputs = Resolved<Permission>;

impl PermissionKind {
    async fn statement(&self, region: &Region, function: &str, sid: &str) -> Result<Option<Value>, ProviderError> {
        let result = self.0.at(region).get_policy().function_name(function).send().await;
        let policy = is_missing(result.map_err(failed("lambda:GetPolicy")))?.and_then(|answer| answer.policy);
        let policy: Value = policy.and_then(|policy| serde_json::from_str(&policy).ok()).unwrap_or_default();
        let statements = policy.get("Statement").and_then(Value::as_array).cloned().unwrap_or_default();
        Ok(statements.into_iter().find(|statement| statement["Sid"] == sid))
    }

    async fn read_one(&self, region: &Region, id: &str) -> Result<Option<Live>, ProviderError> {
        let (function, sid) = ProviderError::split_identity(id, "function:statement")?;
        let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok(self.statement(region, function, sid).await?.map(|statement| {
            let inputs = PermissionInputs {
                function_name: function.to_owned(),
                statement_id: sid.to_owned(),
                principal: text(statement.pointer("/Principal/Service")),
                source_arn: text(statement.pointer("/Condition/ArnLike/AWS:SourceArn")),
            };
            Live::new(&inputs, attributes([("id", id)]))
        }))
    }
}

impl Kind for PermissionKind {
    type Definition = Permission;

    async fn find(&self, subject: &Subject, known: &Known<Permission>) -> Result<Option<Found>, ProviderError> {
        let Some(function) = &known.function_name else { return Ok(None) };
        let statement = self.statement(&subject.region, function, &known.statement_id).await?;
        Ok(statement.map(|_| Found::new(format!("{function}:{}", known.statement_id), Evidence::Ours)))
    }

    async fn read(&self, region: &Region, ids: &[String]) -> Result<Vec<Option<Live>>, ProviderError> {
        try_join_all(ids.iter().map(|id| self.read_one(region, id))).await
    }

    async fn create(&self, subject: &Subject, inputs: &Inputs, _tags: &Tags) -> Result<Created, ProviderError> {
        let call = self.0.at(&subject.region).add_permission().function_name(&inputs.function_name);
        let call = call.statement_id(&inputs.statement_id).action("lambda:InvokeFunction");
        let call = call.principal(&inputs.principal).source_arn(&inputs.source_arn);
        call.send().await.map_err(referring("lambda:AddPermission"))?;
        let id = format!("{}:{}", inputs.function_name, inputs.statement_id);
        Ok(Created::new(&id, [("id", &id)]))
    }

    /// Does nothing: every change replaces the permission.
    async fn update(&self, _subject: &Subject, _id: &str, _update: &Update<Inputs>) -> Result<(), ProviderError> {
        Ok(())
    }

    async fn delete(&self, region: &Region, id: &str, _how: Deletion) -> Result<(), ProviderError> {
        let (function, sid) = ProviderError::split_identity(id, "function:statement")?;
        let call = self.0.at(region).remove_permission().function_name(function).statement_id(sid);
        is_missing(call.send().await.map_err(failed("lambda:RemovePermission"))).map(|_| ())
    }
}
