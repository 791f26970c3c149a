//! Field values on one line.

use ohinfra_core::inputs::{as_text, is_unknown};
use ohinfra_core::text::Part;
use serde_json::Value;

/// The placeholder for a value that is known only after other resources are created.
pub(crate) const UNKNOWN: &str = "(known after apply)";
/// The placeholder for a secret.
pub(crate) const SENSITIVE: &str = "(sensitive)";
/// The placeholder for an absent value.
pub(crate) const NOTHING: &str = "(none)";

/// Renders a value on one line.
pub(crate) fn one_line(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => NOTHING.to_owned(),
        Some(value) if as_text(value).is_some() => with_references(value),
        Some(Value::Array(items)) if items.is_empty() => "[]".to_owned(),
        Some(Value::Array(items)) => {
            format!("[{}]", items.iter().map(|item| one_line(Some(item))).collect::<Vec<_>>().join(", "))
        }
        Some(Value::Object(fields)) => {
            let field = |(name, value): (&String, &Value)| format!("{name} = {}", one_line(Some(value)));
            format!("{{ {} }}", fields.iter().map(field).collect::<Vec<_>>().join(", "))
        }
        Some(value) => shortened(&value.to_string()),
    }
}

/// Maximum length of a value, in characters. Longer values are truncated.
const LONGEST: usize = 160;

fn shortened(text: &str) -> String {
    let length = text.chars().count();
    if length <= LONGEST {
        return text.to_owned();
    }
    format!("{}… ({length} characters)", text.chars().take(LONGEST).collect::<String>())
}

/// Renders a text with unknown parts, each as the reference that it comes from.
fn with_references(value: &Value) -> String {
    let Some(text) = as_text(value) else { return UNKNOWN.to_owned() };
    match text.parts() {
        [Part::Reference(_)] => UNKNOWN.to_owned(),
        parts => {
            let part = |part: &Part| match part {
                Part::Literal(literal) => literal.clone(),
                Part::Reference(reference) => format!("${{{reference}}}"),
            };
            format!("{} {UNKNOWN}", shortened(&format!("{:?}", parts.iter().map(part).collect::<String>())))
        }
    }
}

/// Returns a JSON object as indented text, with unknown parts as `${stack/name.attribute}`; `None` for any other value.
pub(crate) fn document_text(value: Option<&Value>) -> Option<String> {
    let value = value?;
    let text = match as_text(value) {
        Some(text) => text
            .parts()
            .iter()
            .map(|part| match part {
                Part::Literal(literal) => literal.clone(),
                Part::Reference(reference) => format!("${{{reference}}}"),
            })
            .collect(),
        None => value.as_str()?.to_owned(),
    };
    let parsed: Value = serde_json::from_str(&text).ok().filter(|parsed: &Value| parsed.is_object())?;
    serde_json::to_string_pretty(&parsed).ok()
}

/// Returns `true` if any part of the value is unknown.
pub(crate) fn has_unknown(value: Option<&Value>) -> bool {
    value.is_some_and(is_unknown)
}
