//! Inputs as the planner sees them: a JSON object in which strings can reference other resources.

use serde_json::{Map, Value};

use crate::text::{Part, Reference, Text};

/// The inputs of one resource: field name to value, sorted by name.
pub type Inputs = Map<String, Value>;

/// The attributes of one live resource: name to value, sorted by name.
pub type Attributes = Map<String, Value>;

/// Returns the text with references that a JSON value encodes; `None` if it is any other value.
pub fn as_text(value: &Value) -> Option<Text> {
    let object = value.as_object()?;
    (object.len() == 1 && object.get("$text").is_some_and(Value::is_array))
        .then(|| serde_json::from_value(value.clone()).ok())
        .flatten()
}

/// Returns the placeholder that the state records for an input of an imported resource that cannot be read back. Any
/// configured value counts as applied.
pub fn imported() -> Value {
    serde_json::json!({ "$imported": true })
}

/// Returns `true` if a value is the placeholder [`imported`].
pub fn is_imported(value: &Value) -> bool {
    value.as_object().is_some_and(|object| object.len() == 1 && object.contains_key("$imported"))
}

/// Returns all references in a value, in order of occurrence.
pub fn references(value: &Value) -> Vec<Reference> {
    let mut found = Vec::new();
    collect(value, &mut found);
    found
}

fn collect(value: &Value, found: &mut Vec<Reference>) {
    if let Some(text) = as_text(value) {
        found.extend(text.parts().iter().filter_map(|part| match part {
            Part::Reference(reference) => Some(reference.clone()),
            Part::Literal(_) => None,
        }));
        return;
    }
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Object(fields) => fields.values().for_each(|field| collect(field, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Replaces every reference for which `known` returns a value. Remaining references are [unknown](is_unknown).
///
/// A text that consists of a single reference takes the attribute's type; in a longer text the attribute is interpolated.
pub fn resolve(value: &Value, known: &dyn Fn(&Reference) -> Option<Value>) -> Value {
    if let Some(text) = as_text(value) {
        return resolve_text(&text, known);
    }
    match value {
        Value::Array(items) => Value::Array(items.iter().map(|item| resolve(item, known)).collect()),
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(name, field)| (name.clone(), resolve(field, known))).collect())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

fn resolve_text(text: &Text, known: &dyn Fn(&Reference) -> Option<Value>) -> Value {
    if let [Part::Reference(only)] = text.parts()
        && let Some(value) = known(only)
    {
        return value;
    }
    let mut result = Text::default();
    for part in text.parts() {
        result = match part {
            Part::Literal(literal) => result + literal.as_str(),
            Part::Reference(reference) => match known(reference) {
                Some(Value::String(value)) => result + value,
                Some(value) => result + value.to_string(),
                None => result + reference.clone(),
            },
        };
    }
    serde_json::to_value(result).unwrap_or(Value::Null)
}

/// Applies [`resolve`] to all inputs of a resource.
pub fn resolve_all(inputs: &Inputs, known: &dyn Fn(&Reference) -> Option<Value>) -> Inputs {
    inputs.iter().map(|(name, value)| (name.clone(), resolve(value, known))).collect()
}

/// Returns `true` if the value still contains a reference.
pub fn is_unknown(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(is_unknown),
        Value::Object(fields) => as_text(value).is_some() || fields.values().any(is_unknown),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// Returns the inputs with every unknown text replaced by null, as passed to `find` before an apply.
pub fn without_unknowns(inputs: &Inputs) -> Inputs {
    fn strip(value: &Value) -> Value {
        if as_text(value).is_some() {
            return Value::Null;
        }
        match value {
            Value::Array(items) => Value::Array(items.iter().map(strip).collect()),
            Value::Object(fields) => Value::Object(fields.iter().map(|(n, v)| (n.clone(), strip(v))).collect()),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
        }
    }
    inputs.iter().map(|(name, value)| (name.clone(), strip(value))).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_single_reference_keeps_the_attribute_type_and_a_longer_text_interpolates() {
        let lone = json!({"$text": [{"resource": "a/b", "attribute": "port"}]});
        let spliced = json!({"$text": ["p=", {"resource": "a/b", "attribute": "port"}]});
        let known = |_: &Reference| Some(json!(80));
        assert_eq!(resolve(&lone, &known), json!(80));
        assert_eq!(resolve(&spliced, &known), json!("p=80"));
    }

    #[test]
    fn an_unresolved_reference_stays_unknown_and_is_null_for_find() {
        let value = json!([{"x": {"$text": ["p=", {"resource": "a/b", "attribute": "c"}]}}, "known"]);
        let resolved = resolve(&value, &|_| None);
        assert_eq!(resolved, value);
        assert!(is_unknown(&resolved));
        let inputs: Inputs = [("list".to_owned(), value)].into_iter().collect();
        assert_eq!(Value::Object(without_unknowns(&inputs)), json!({"list": [{"x": null}, "known"]}));
    }

    #[test]
    fn a_similar_object_is_not_a_reference() {
        assert!(!is_unknown(&json!({"$text": "plain"})));
        assert!(!is_unknown(&json!({"$text": [{"no": "reference"}]})));
    }
}
