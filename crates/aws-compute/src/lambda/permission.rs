//! Implementation of `lambda.permission`: one statement of a function's policy.

use ohinfra_aws_core::{api_error, api_error_eventual, none_if_missing};
use ohinfra_core::contract::{
    Created, Deletion, Evidence, Found, Kind, Known, Live, Resolved, Subject, Update, attributes,
};
use ohinfra_core::tag_index::KnownTags;
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::lambda::{Permission, PermissionLive};
use serde_json::{Value, json};

use super::Clients;

/// `lambda.permission`
pub struct PermissionKind(pub(crate) Clients);

type Inputs = Resolved<Permission>;

const ACTION: &str = "lambda:InvokeFunction";

/// Returns the service that may invoke the function. Any other form, such as `"*"`, is returned as written, so that it is a
/// difference.
fn principal(statement: &Value) -> String {
    let principal = &statement["Principal"];
    let service = principal.as_object().filter(|all| all.len() == 1).and_then(|all| all.get("Service")?.as_str());
    let is_ours = statement["Effect"] == "Allow" && statement["Action"] == ACTION;
    match service.filter(|_| is_ours) {
        Some(service) => service.to_owned(),
        None if is_ours => principal.to_string(),
        None => {
            json!({ "Effect": statement["Effect"], "Action": statement["Action"], "Principal": principal }).to_string()
        }
    }
}

/// Returns the ARN of the only condition. Any other form is returned as written, and a statement without conditions as `null`.
fn source_arn(statement: &Value) -> String {
    let condition = &statement["Condition"];
    let only = |value: &Value, name: &str| value.as_object().filter(|all| all.len() == 1)?.get(name).cloned();
    let arn = only(condition, "ArnLike").and_then(|arns| only(&arns, "AWS:SourceArn")?.as_str().map(str::to_owned));
    arn.unwrap_or_else(|| condition.to_string())
}

impl PermissionKind {
    async fn statement(&self, region: &Region, function: &str, sid: &str) -> Result<Option<Value>, ProviderError> {
        let result = self.0.in_region(region).get_policy().function_name(function).send().await;
        let policy = none_if_missing(result.map_err(api_error("lambda:GetPolicy")))?.and_then(|answer| answer.policy);
        let policy: Value = policy.and_then(|policy| serde_json::from_str(&policy).ok()).unwrap_or_default();
        let statements = policy.get("Statement").and_then(Value::as_array).cloned().unwrap_or_default();
        Ok(statements.into_iter().find(|statement| statement["Sid"] == sid))
    }
}

impl Kind for PermissionKind {
    type Definition = Permission;

    async fn find(&self, subject: &Subject, known: &Known<Permission>) -> Result<Option<Found>, ProviderError> {
        let Some(function) = &known.function_name else { return Ok(None) };
        let statement = self.statement(&subject.region, function, &known.statement_id).await?;
        Ok(statement.map(|_| Found::new(format!("{function}:{}", known.statement_id), Evidence::Ours)))
    }

    async fn read_one(&self, region: &Region, id: &str, _tags: KnownTags<'_>) -> Result<Option<Live>, ProviderError> {
        let (function, sid) = ProviderError::split_identity(id, "function:statement")?;
        Ok(self.statement(region, function, sid).await?.map(|statement| {
            let inputs = PermissionLive {
                function_name: Some(function.to_owned()),
                statement_id: Some(sid.to_owned()),
                principal: Some(principal(&statement)),
                source_arn: Some(source_arn(&statement)),
            };
            Live::new(&inputs, attributes([("id", id)]))
        }))
    }

    async fn create(&self, subject: &Subject, inputs: &Inputs, _tags: &Tags) -> Result<Created, ProviderError> {
        let call = self.0.in_region(&subject.region).add_permission().function_name(&inputs.function_name);
        let call = call.statement_id(&inputs.statement_id).action(ACTION);
        let call = call.principal(&inputs.principal).source_arn(&inputs.source_arn);
        call.send().await.map_err(api_error_eventual("lambda:AddPermission"))?;
        let id = format!("{}:{}", inputs.function_name, inputs.statement_id);
        Ok(Created::new(&id, [("id", &id)]))
    }

    /// Does nothing: every change replaces the permission.
    async fn update(&self, _subject: &Subject, _id: &str, _update: &Update<Inputs>) -> Result<(), ProviderError> {
        Ok(())
    }

    async fn delete(&self, region: &Region, id: &str, _how: Deletion) -> Result<(), ProviderError> {
        let (function, sid) = ProviderError::split_identity(id, "function:statement")?;
        let call = self.0.in_region(region).remove_permission().function_name(function).statement_id(sid);
        none_if_missing(call.send().await.map_err(api_error("lambda:RemovePermission"))).map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:elasticloadbalancing:us-west-2:111122223333:targetgroup/a/1";

    fn statement() -> Value {
        json!({
            "Sid": "LoadBalancer", "Effect": "Allow", "Principal": { "Service": "elasticloadbalancing.amazonaws.com" },
            "Action": "lambda:InvokeFunction", "Condition": { "ArnLike": { "AWS:SourceArn": ARN } },
        })
    }

    #[test]
    fn a_statement_is_read_as_written() {
        let read = |statement: &Value| (principal(statement), source_arn(statement));
        let service = "elasticloadbalancing.amazonaws.com".to_owned();
        assert_eq!(read(&statement()), (service.clone(), ARN.to_owned()));
        let mut public = statement();
        public["Principal"] = json!("*");
        public.as_object_mut().map(|fields| fields.remove("Condition"));
        assert_eq!(read(&public), ("\"*\"".to_owned(), "null".to_owned()));
        let others = [
            ("Principal", json!({ "AWS": "arn:aws:iam::444455556666:root" })),
            ("Principal", json!({ "Service": service, "AWS": "*" })),
            ("Principal", json!({ "Service": [service, "events.amazonaws.com"] })),
            ("Action", json!("lambda:*")),
            ("Condition", json!({ "ArnLike": { "AWS:SourceArn": [ARN, "*"] } })),
            ("Condition", json!({ "ArnNotLike": { "AWS:SourceArn": ARN } })),
        ];
        for (field, value) in others {
            let mut other = statement();
            other[field] = value;
            assert_ne!(read(&other), read(&statement()), "{other}");
        }
    }
}
