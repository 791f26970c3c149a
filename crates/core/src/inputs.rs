//! Inputs as the planner sees them: a JSON object in which some texts may still refer to other resources.

use serde_json::{Map, Value};

use crate::text::{Part, Reference, Text};

/// The inputs of one resource: field name to value. Sorted by name.
pub type Inputs = Map<String, Value>;

/// The attributes of one live resource: name to value. Sorted by name.
pub type Attributes = Map<String, Value>;

/// The text with references that a JSON value stands for, if it is one.
pub fn as_text(value: &Value) -> Option<Text> {
    let object = value.as_object()?;
    (object.len() == 1 && object.get("$text").is_some_and(Value::is_array))
        .then(|| serde_json::from_value(value.clone()).ok())
        .flatten()
}

/// What stands in the state for an input of an imported resource that no read returns: whatever is configured counts as applied.
pub fn imported() -> Value {
    serde_json::json!({ "$imported": true })
}

/// Whether a value is [`imported`].
pub fn is_imported(value: &Value) -> bool {
    value.as_object().is_some_and(|object| object.len() == 1 && object.contains_key("$imported"))
}

/// Every reference within a value, in the order in which they stand.
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

/// Replaces every reference whose value `known` supplies. What remains is [unknown](is_unknown).
///
/// A text that is nothing but one reference takes the attribute's own type; in a longer text the attribute is spliced in.
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

/// [`resolve`] for all inputs of a resource.
pub fn resolve_all(inputs: &Inputs, known: &dyn Fn(&Reference) -> Option<Value>) -> Inputs {
    inputs.iter().map(|(name, value)| (name.clone(), resolve(value, known))).collect()
}

/// Whether a reference remains anywhere within the value.
pub fn is_unknown(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(is_unknown),
        Value::Object(fields) => as_text(value).is_some() || fields.values().any(is_unknown),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// The same inputs with every text that is still unknown set to null: what `find` may look at before an apply.
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
    fn a_lone_reference_takes_the_attributes_type_and_a_longer_text_splices_it() {
        let lone = json!({"$text": [{"resource": "a/b", "attribute": "port"}]});
        let spliced = json!({"$text": ["p=", {"resource": "a/b", "attribute": "port"}]});
        let known = |_: &Reference| Some(json!(80));
        assert_eq!(resolve(&lone, &known), json!(80));
        assert_eq!(resolve(&spliced, &known), json!("p=80"));
    }

    #[test]
    fn what_is_not_known_stays_unknown_and_is_hidden_from_find() {
        let value = json!([{"x": {"$text": ["p=", {"resource": "a/b", "attribute": "c"}]}}, "known"]);
        let resolved = resolve(&value, &|_| None);
        assert_eq!(resolved, value);
        assert!(is_unknown(&resolved));
        let inputs: Inputs = [("list".to_owned(), value)].into_iter().collect();
        assert_eq!(Value::Object(without_unknowns(&inputs)), json!({"list": [{"x": null}, "known"]}));
    }

    #[test]
    fn a_users_object_that_looks_similar_is_not_a_reference() {
        assert!(!is_unknown(&json!({"$text": "plain"})));
        assert!(!is_unknown(&json!({"$text": [{"no": "reference"}]})));
    }
}
