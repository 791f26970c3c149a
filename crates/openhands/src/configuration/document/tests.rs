//! Tests that the table of keys and the fields of the document agree.

use std::collections::BTreeSet;

use serde_json::Map;

use super::*;

fn is_table(key: &Key) -> bool {
    matches!(key.holds, ValueType::TextTable | ValueType::FlagTable(_))
}

/// Returns a document with a value for every key.
fn complete(value: impl Fn(&Key) -> Value) -> Value {
    let mut root = json!({ "edge": [{}] });
    for key in KEYS {
        set(&mut root, &key.path.replace('*', "0"), value(key));
    }
    root
}

fn sample(key: &Key) -> Value {
    match key.holds {
        _ if key.path.ends_with("region") => json!("us-east-1"),
        ValueType::Text if key.default.is_empty() => json!("text"),
        _ => default(key),
    }
}

/// Adds the path of every field; list items count once, and tables of the user are one field.
fn fields(path: &str, value: &Value, found: &mut BTreeSet<String>) {
    let join = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    let is_key = KEYS.iter().any(|key| key.path == path && is_table(key));
    match value {
        Value::Object(entries) if !is_key => entries.iter().for_each(|(name, entry)| fields(&join(name), entry, found)),
        Value::Array(items) if path == "edge" => items.iter().for_each(|item| fields("edge.*", item, found)),
        _ => found.extend([path.to_owned()]),
    }
}

#[test]
fn every_key_has_a_field_and_every_field_has_a_key() {
    // The document rejects unknown fields, so every key has one.
    let document: Document = serde_json::from_value(complete(sample)).unwrap();
    let mut found = BTreeSet::new();
    fields("", &serde_json::to_value(document).unwrap(), &mut found);
    assert_eq!(found, KEYS.iter().map(|key| key.path.to_owned()).collect());
}

#[test]
fn every_field_holds_every_value_that_its_key_allows() {
    for choose in [0, 1] {
        let value = |key: &Key| match key.holds {
            ValueType::Integer(min, max) => json!([min, max][choose]),
            ValueType::Number(min, max) => json!([min, max][choose]),
            ValueType::Choice(choices) => json!([choices.first(), choices.last()][choose]),
            ValueType::FlagTable(names) => names.iter().map(|name| ((*name).to_owned(), json!(false))).collect(),
            _ => sample(key),
        };
        let given = complete(value);
        let document: Document = serde_json::from_value(given.clone()).unwrap();
        let read = serde_json::to_value(document).unwrap();
        for key in KEYS {
            let pointer = format!("/{}", key.path.replace('*', "0").replace('.', "/"));
            assert_eq!(read.pointer(&pointer), given.pointer(&pointer), "{}", key.path);
        }
    }
}

#[test]
fn every_default_is_valid_and_satisfies_its_rules() {
    for key in KEYS {
        assert!(key.help.ends_with('.'), "{}", key.path);
        let default = keys::default(key.path);
        assert_eq!(default.is_some(), !key.default.is_empty(), "{}", key.path);
        let texts =
            default.iter().flat_map(|value| value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice));
        for text in texts.filter_map(Value::as_str) {
            assert!(key.rules.iter().all(|rule| (rule.is_met)(text)), "{}: {text}", key.path);
        }
    }
}

#[test]
fn names_in_tables_may_contain_dots() {
    let mut root = Value::Object(Map::new());
    set(&mut root, "tags.a.b/c", json!("x"));
    set(&mut root, "network.endpoints.ecr-api", json!(false));
    assert_eq!(root, json!({ "tags": { "a.b/c": "x" }, "network": { "endpoints": { "ecr-api": false } } }));
}
