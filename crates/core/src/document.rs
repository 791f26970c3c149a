//! JSON documents (policies, dashboards) compared by meaning.

use serde_json::Value;

/// The normal form of a document, or none if the text is not JSON.
///
/// IAM's rules of equality: one value or a list of one are the same; the order of a list of values and of statements
/// means nothing; `{"AWS": "*"}` and `"*"` are the same principal.
pub fn normal_form(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok().map(|value| normalise(&value, None))
}

fn normalise(value: &Value, key: Option<&str>) -> Value {
    match value {
        Value::Object(fields) => {
            if key == Some("Principal") && fields.len() == 1 && fields.get("AWS").and_then(Value::as_str) == Some("*") {
                return Value::String("*".to_owned());
            }
            Value::Object(fields.iter().map(|(name, field)| (name.clone(), normalise(field, Some(name)))).collect())
        }
        Value::Array(items) => {
            let mut items: Vec<Value> = items.iter().map(|item| normalise(item, None)).collect();
            // Only lists of texts and a policy's statements are sets; the order of anything else (widgets) matters.
            if items.iter().all(Value::is_string) || key == Some("Statement") {
                items.sort_by_cached_key(Value::to_string);
                items.dedup();
            }
            match items.as_slice() {
                [only] if only.is_string() || key == Some("Statement") => only.clone(),
                _ => Value::Array(items),
            }
        }
        // IAM stores conditions' booleans and numbers as text.
        Value::Bool(flag) => Value::String(flag.to_string()),
        Value::Number(number) => Value::String(number.to_string()),
        Value::Null | Value::String(_) => value.clone(),
    }
}

/// Whether two documents mean the same. Texts that are not JSON are compared as they are.
pub fn same_meaning(one: &str, other: &str) -> bool {
    match (normal_form(one), normal_form(other)) {
        (Some(one), Some(other)) => one == other,
        _ => one == other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_value_and_a_list_of_it_mean_the_same_and_order_does_not_matter() {
        assert!(same_meaning(
            r#"{"Statement":[{"Action":["b","a"],"Resource":["x"],"Condition":{"Bool":{"k":"true"}}}]}"#,
            r#"{"Statement":{"Resource":"x","Action":["a","b"],"Condition":{"Bool":{"k":true}}}}"#,
        ));
        assert!(same_meaning(
            r#"{"Statement":[{"Sid":"a"},{"Sid":"b"}]}"#,
            r#"{"Statement":[{"Sid":"b"},{"Sid":"a"}]}"#
        ));
        assert!(same_meaning(r#"{"Principal":{"AWS":"*"}}"#, r#"{"Principal":"*"}"#));
    }

    #[test]
    fn different_statements_and_reordered_widgets_differ() {
        assert!(!same_meaning(r#"{"Action":"a"}"#, r#"{"Action":["a","b"]}"#));
        assert!(!same_meaning(r#"{"widgets":[{"x":1},{"x":2}]}"#, r#"{"widgets":[{"x":2},{"x":1}]}"#));
        assert!(!same_meaning("not json", "not json either"));
    }
}
