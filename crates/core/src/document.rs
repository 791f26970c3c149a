//! Semantic comparison of JSON documents (policies, dashboards).

use serde_json::Value;

/// Returns the normal form of a document; `None` if the text is not JSON.
///
/// Follows the equality rules of IAM: a value equals a list of only that value; the order of values in a list and of
/// statements is irrelevant; `{"AWS": "*"}` and `"*"` are the same principal.
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
            // Only lists of strings and a policy's statements are sets; in any other list (widgets) the order matters.
            if items.iter().all(Value::is_string) || key == Some("Statement") {
                items.sort_by_cached_key(Value::to_string);
                items.dedup();
            }
            match items.as_slice() {
                [only] if only.is_string() || key == Some("Statement") => only.clone(),
                _ => Value::Array(items),
            }
        }
        // IAM stores the booleans and numbers of conditions as strings.
        Value::Bool(flag) => Value::String(flag.to_string()),
        Value::Number(number) => Value::String(number.to_string()),
        Value::Null | Value::String(_) => value.clone(),
    }
}

/// Returns `true` if two documents are equivalent. Text that is not JSON is compared verbatim.
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
    fn a_value_equals_a_list_of_one_and_order_is_ignored() {
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
