//! Template rendering. An undefined variable and an unused value are errors, because both indicate a mistake.

use std::collections::{BTreeMap, BTreeSet};

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use ohinfra_core::Text;
use ohinfra_core::text::Part;
use serde::Serialize;
use serde_json::Value;

/// An error in rendering the payload.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PayloadError {
    /// A template or its values are invalid.
    #[error("{name}: {reason}")]
    Template {
        /// The template name.
        name: String,
        /// The problem and its location.
        reason: String,
    },
    /// A payload exceeds an AWS limit.
    #[error("{name} has {bytes} bytes, which exceeds the AWS limit of {limit}")]
    TooLarge {
        /// The payload name.
        name: String,
        /// The size.
        bytes: usize,
        /// The AWS limit.
        limit: usize,
    },
    /// An invalid identifier.
    #[error("`{name}` is not a valid name; {rule}")]
    BadName {
        /// The name.
        name: String,
        /// The rule for valid names.
        rule: &'static str,
    },
}

/// Quotes a value for the shell.
fn shell(value: &str) -> String {
    format!("'{}'", value.replace('\'', "'\\''"))
}

/// Renders a template. HTML templates escape values; other templates select a filter (`tojson`, `shell`).
pub fn render(name: &str, source: &str, values: &impl Serialize) -> Result<String, PayloadError> {
    let failed = |reason: String| PayloadError::Template { name: name.to_owned(), reason };
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let syntax = SyntaxConfig::builder().keep_trailing_newline(true).trim_blocks(true).lstrip_blocks(true).build();
    environment.set_syntax(syntax.map_err(|error| failed(error.to_string()))?);
    environment.add_filter("shell", |value: &str| shell(value));
    environment.set_auto_escape_callback(|name| {
        if name.ends_with(".html.tmpl") { AutoEscape::Html } else { AutoEscape::None }
    });
    environment.add_template(name, source).map_err(|error| failed(format!("{error:#}")))?;
    let template = environment.get_template(name).map_err(|error| failed(error.to_string()))?;
    let values = serde_json::to_value(values).map_err(|error| failed(error.to_string()))?;
    let used: BTreeSet<String> = template.undeclared_variables(false).into_iter().collect();
    let given: BTreeSet<String> = match &values {
        Value::Object(fields) => fields.keys().cloned().collect(),
        _ => BTreeSet::new(),
    };
    if let Some(unused) = given.difference(&used).next() {
        return Err(failed(format!("unused value `{unused}`")));
    }
    template.render(Serde(&values)).map_err(|error| failed(format!("{error:#}")))
}

/// Renders a shell script whose values can reference resources. Its only tags are `{{ name | shell }}`; the values that
/// references resolve to (ARNs, names) contain no quotes.
pub(super) fn script(name: &str, source: &str, values: &BTreeMap<&str, Text>) -> Result<Text, PayloadError> {
    let failed = |reason: String| PayloadError::Template { name: name.to_owned(), reason };
    let mut unused: BTreeSet<&str> = values.keys().copied().collect();
    let mut pieces = source.split("{{");
    let mut script = Text::from(pieces.next().unwrap_or_default());
    for piece in pieces {
        let (tag, after) = piece.split_once("}}").ok_or_else(|| failed("unclosed tag".to_owned()))?;
        let (value, filter) =
            tag.split_once('|').map_or((tag.trim(), ""), |(value, filter)| (value.trim(), filter.trim()));
        if filter != "shell" {
            return Err(failed(format!("`{value}` needs the filter `shell`")));
        }
        let text = values.get(value).ok_or_else(|| failed(format!("undefined value `{value}`")))?;
        unused.remove(value);
        script = script + "'";
        for part in text.parts() {
            script = match part {
                Part::Literal(literal) => script + literal.replace('\'', "'\\''"),
                Part::Reference(reference) => script + reference.clone(),
            };
        }
        script = script + "'" + after;
    }
    match unused.first() {
        Some(unused) => Err(failed(format!("unused value `{unused}`"))),
        None => Ok(script),
    }
}

/// Returns a text in which each reference is written as `stack/name.attribute`.
pub(super) fn with_names(text: &Text) -> String {
    let part = |part: &Part| match part {
        Part::Literal(literal) => literal.clone(),
        Part::Reference(reference) => reference.to_string(),
    };
    text.parts().iter().map(part).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn undefined_variables_and_unused_values_are_errors() {
        let reason = |source: &str, values: Value| render("x.tmpl", source, &values).unwrap_err().to_string();
        let missing = reason("a {{ b }}", json!({}));
        assert!(missing.starts_with("x.tmpl: undefined value"), "{missing}");
        assert_eq!(reason("a", json!({ "b": 1 })), "x.tmpl: unused value `b`");
        let nested = reason("{{ a.c }}", json!({ "a": { "b": 1 } }));
        assert!(nested.starts_with("x.tmpl: undefined value"), "{nested}");
        assert!(reason("{% if %}", json!({})).starts_with("x.tmpl: syntax error"));
    }

    #[test]
    fn scripts_keep_references_and_quote_literals() {
        let reference = ohinfra_core::Reference { resource: "a/b".parse().unwrap(), attribute: "id".to_owned() };
        let values = BTreeMap::from([("one", Text::from("it's ") + reference.clone()), ("two", Text::from("2"))]);
        let source = "x={{ one | shell }}\ny={{ two | shell }}\nz={{ one | shell }}\n";
        let text = script("x", source, &values).unwrap();
        let expected = Text::from("x='it'\\''s ") + reference.clone() + "'\ny='2'\nz='it'\\''s " + reference + "'\n";
        assert_eq!(text, expected);
        let plain = BTreeMap::from([("one", Text::from("it's $1")), ("two", Text::from("2"))]);
        let rendered = render("x", source, &json!({ "one": "it's $1", "two": "2" })).unwrap();
        assert_eq!(script("x", source, &plain).unwrap(), Text::from(rendered), "both renderers agree");
        let reason = |source: &str| script("x", source, &values).unwrap_err().to_string();
        assert_eq!(reason("{{ one | shell }}"), "x: unused value `two`");
        assert_eq!(reason("{{ three | shell }}"), "x: undefined value `three`");
        assert_eq!(reason("{{ one }}"), "x: `one` needs the filter `shell`");
    }

    #[test]
    fn values_are_escaped_for_their_language() {
        let value = json!({ "v": "a'b\"<c>\n$d" });
        let rendered = |name: &str, source: &str| render(name, source, &value).unwrap();
        assert_eq!(rendered("x.html.tmpl", "{{ v }}"), "a&#x27;b&quot;&lt;c&gt;\n$d");
        assert_eq!(rendered("x.sh.tmpl", "{{ v | shell }}"), "'a'\\''b\"<c>\n$d'");
        assert_eq!(
            serde_json::from_str::<String>(&rendered("x.json.tmpl", "{{ v | tojson }}")).unwrap(),
            "a'b\"<c>\n$d"
        );
    }
}
