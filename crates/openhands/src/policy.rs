//! IAM policy documents with references to resources in ARNs.

use std::collections::BTreeMap;

use ohinfra_core::Text;
use ohinfra_core::text::Part;
use serde_json::{Value, json};

/// A policy statement.
#[derive(Clone, Debug, Default)]
pub struct Statement {
    sid: String,
    effect: &'static str,
    principal: Option<(String, Vec<Text>)>,
    actions: Vec<String>,
    resources: Vec<Text>,
    conditions: BTreeMap<String, BTreeMap<String, Value>>,
}

impl Statement {
    /// Returns a statement that allows these actions.
    pub fn allow(sid: &str, actions: &[&str]) -> Self {
        Self {
            sid: sid.to_owned(),
            effect: "Allow",
            actions: actions.iter().map(|action| (*action).to_owned()).collect(),
            ..Self::default()
        }
    }

    /// Returns a statement that denies these actions.
    pub fn deny(sid: &str, actions: &[&str]) -> Self {
        Self { effect: "Deny", ..Self::allow(sid, actions) }
    }

    /// Sets the resources.
    pub fn on(mut self, resources: impl IntoIterator<Item = impl Into<Text>>) -> Self {
        self.resources = resources.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the principal, a service, an account or a role; `kind` is `Service` or `AWS`.
    pub fn principal(mut self, kind: &str, id: impl Into<Text>) -> Self {
        self.principal = Some((kind.to_owned(), vec![id.into()]));
        self
    }

    /// Sets several principals of one kind.
    pub fn principals(mut self, kind: &str, ids: impl IntoIterator<Item = impl Into<Text>>) -> Self {
        self.principal = Some((kind.to_owned(), ids.into_iter().map(Into::into).collect()));
        self
    }

    /// Adds a condition on `key`.
    pub fn when(mut self, operator: &str, key: &str, value: impl Into<Value>) -> Self {
        self.conditions.entry(operator.to_owned()).or_default().insert(key.to_owned(), value.into());
        self
    }

    fn render(&self) -> Value {
        let one_or_many = |values: Vec<Value>| match <[Value; 1]>::try_from(values) {
            Ok([only]) => only,
            Err(values) => Value::Array(values),
        };
        let mut statement = json!({
            "Sid": self.sid,
            "Effect": self.effect,
            "Action": one_or_many(self.actions.iter().map(|a| json!(a)).collect()),
        });
        let texts = |list: &[Text]| one_or_many(list.iter().map(|text| json!(text)).collect());
        if let Some((kind, ids)) = &self.principal {
            let is_wildcard = ids.iter().any(|id| id.known() == Some("*"));
            statement["Principal"] = if is_wildcard { json!("*") } else { json!({ kind: texts(ids) }) };
        }
        if !self.resources.is_empty() {
            statement["Resource"] = texts(&self.resources);
        }
        if !self.conditions.is_empty() {
            statement["Condition"] = json!(self.conditions);
        }
        statement
    }
}

/// Returns the policy document of these statements, followed by statements given as JSON.
pub fn document(statements: impl IntoIterator<Item = Statement>, more: &[Value]) -> Text {
    let statements: Vec<Value> = statements.into_iter().map(|s| s.render()).chain(more.iter().cloned()).collect();
    json_text(&json!({ "Version": "2012-10-17", "Statement": statements }))
}

/// Returns a trust policy for an AWS service.
pub fn trust_service(service: &str) -> Text {
    document([Statement::allow("AssumeRole", &["sts:AssumeRole"]).principal("Service", service)], &[])
}

/// Serializes a value with references in its strings. Referenced values (ARNs, names) need no escaping.
pub fn json_text(value: &Value) -> Text {
    if let Some(text) = ohinfra_core::inputs::as_text(value) {
        let mut result = Text::from("\"");
        for part in text.parts() {
            result = match part {
                Part::Literal(literal) => {
                    let quoted = Value::from(literal.as_str()).to_string();
                    result + quoted.strip_prefix('"').and_then(|q| q.strip_suffix('"')).unwrap_or_default()
                }
                Part::Reference(reference) => result + reference.clone(),
            };
        }
        return result + "\"";
    }
    let join = |parts: Vec<Text>, open: &str, close: &str| {
        let mut result = Text::from(open);
        for (n, part) in parts.into_iter().enumerate() {
            result = if n == 0 { result + part } else { result + "," + part };
        }
        result + close
    };
    match value {
        Value::Array(items) => join(items.iter().map(json_text).collect(), "[", "]"),
        Value::Object(fields) => join(
            fields
                .iter()
                .map(|(name, field)| Text::from(format!("{}:", Value::from(name.as_str()))) + json_text(field))
                .collect(),
            "{",
            "}",
        ),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Text::from(value.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resolved_document_is_valid_json() {
        let reference = ohinfra_core::Reference { resource: "a/b".parse().unwrap(), attribute: "arn".into() };
        let text = document(
            [Statement::allow("Read", &["s3:GetObject"]).on([Text::from(reference) + "/*"]).when(
                "Bool",
                "aws:SecureTransport",
                "true",
            )],
            &[],
        );
        let known = |_: &ohinfra_core::Reference| Some(json!("arn:aws:s3:::bucket"));
        let resolved = ohinfra_core::inputs::resolve(&json!(text), &known);
        let parsed: Value = serde_json::from_str(resolved.as_str().unwrap()).unwrap();
        assert_eq!(
            parsed,
            json!({"Version": "2012-10-17", "Statement": [{
                "Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::bucket/*",
                "Condition": {"Bool": {"aws:SecureTransport": "true"}},
            }]})
        );
    }
}
