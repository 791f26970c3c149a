//! The IAM policy file of sandboxes: permissions of agents in AWS, validated before planning.

use ohinfra_core::diagnostic::Diagnostic;
use serde_json::Value;

/// A parsed policy file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SandboxPolicy {
    /// The policy statements.
    pub statements: Vec<Value>,
    /// Warnings, reported in every plan.
    pub warnings: Vec<Diagnostic>,
}

/// Parses a policy document; errors include the line.
pub fn parse(text: &str, place: &str) -> Result<SandboxPolicy, Vec<Diagnostic>> {
    let document: Value = serde_json::from_str(text).map_err(|error| {
        let at = format!("{place}:{}:{}", error.line(), error.column());
        vec![Diagnostic::error(at, format!("not JSON: {error}"))]
    })?;
    let line = |word: &str| text.lines().position(|line| line.contains(word)).map_or(1, |n| n + 1);
    let refuse = |word: &str, message: String| {
        Diagnostic::error(format!("{place}:{}", line(word)), message)
            .help("an IAM policy document: `{\"Version\": \"2012-10-17\", \"Statement\": […]}`")
    };
    if document.get("Version").and_then(Value::as_str) != Some("2012-10-17") {
        return Err(vec![refuse("Version", "`Version` must be \"2012-10-17\"".to_owned())]);
    }
    let statements = match document.get("Statement") {
        Some(Value::Array(list)) if !list.is_empty() => list.clone(),
        Some(one @ Value::Object(_)) => vec![one.clone()],
        _ => return Err(vec![refuse("Statement", "`Statement` must be a statement or a list of them".to_owned())]),
    };
    let mut policy = SandboxPolicy::default();
    let mut errors = Vec::new();
    for (n, statement) in statements.iter().enumerate() {
        let name = statement
            .get("Sid")
            .and_then(Value::as_str)
            .map_or_else(|| format!("statement {}", n + 1), |sid| format!("statement `{sid}`"));
        let word = statement.get("Sid").and_then(Value::as_str).unwrap_or("Statement");
        let effect = statement.get("Effect").and_then(Value::as_str);
        if !matches!(effect, Some("Allow" | "Deny")) {
            errors.push(refuse(word, format!("{name}: `Effect` must be \"Allow\" or \"Deny\"")));
        }
        for (one, other) in [("Action", "NotAction"), ("Resource", "NotResource")] {
            if statement.get(one).is_some() == statement.get(other).is_some() {
                errors.push(refuse(word, format!("{name}: set either `{one}` or `{other}`")));
            }
        }
        if statement.get("Principal").is_some() {
            errors.push(refuse(word, format!("{name}: `Principal` is not allowed in a role policy")));
        }
        if effect == Some("Allow") && holds_star(statement.get("Action")) && holds_star(statement.get("Resource")) {
            policy.warnings.push(
                Diagnostic::warning(
                    format!("{place}:{}", line(word)),
                    format!("{name} grants agents full access to this account"),
                )
                .help("restrict it to the actions and resources that agents need"),
            );
        }
    }
    policy.statements = statements;
    if errors.is_empty() { Ok(policy) } else { Err(errors) }
}

fn holds_star(value: Option<&Value>) -> bool {
    match value {
        Some(Value::String(text)) => text == "*",
        Some(Value::Array(items)) => items.iter().any(|item| item == "*"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_with_full_access_is_accepted_with_a_warning() {
        let text = "{\"Version\": \"2012-10-17\",\n\"Statement\": [\n{\"Sid\": \"All\", \"Effect\": \"Allow\", \"Action\": [\"*\"], \"Resource\": \"*\"}]}";
        let policy = parse(text, "p.json").unwrap();
        assert_eq!(
            policy.warnings[0].to_string(),
            "p.json:3: statement `All` grants agents full access to this account"
        );
    }

    #[test]
    fn an_invalid_policy_is_rejected_with_its_line() {
        let error = |text: &str| parse(text, "p.json").unwrap_err()[0].to_string();
        assert!(error("{\n \"Version\": }").starts_with("p.json:2:13: not JSON"), "{}", error("{\n \"Version\": }"));
        assert_eq!(error("{}"), "p.json:1: `Version` must be \"2012-10-17\"");
        assert_eq!(
            error(
                "{\"Version\": \"2012-10-17\",\n\"Statement\": {\"Effect\": \"allow\", \"Action\": \"a\", \"Resource\": \"*\"}}"
            ),
            "p.json:2: statement 1: `Effect` must be \"Allow\" or \"Deny\""
        );
        let many = "{\"Version\": \"2012-10-17\", \"Statement\": {\"Effect\": \"Allow\", \"Principal\": \"*\"}}";
        assert_eq!(parse(many, "p.json").unwrap_err().len(), 3, "every problem is reported");
    }
}
