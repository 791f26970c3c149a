//! The values that the stacks give to inputs, and their comparison with the limits of CloudFormation.

use ohinfra_core::Inputs;
use ohinfra_core::inputs::resolve_all;
use ohinfra_openhands::sandbox_policy::SandboxPolicy;
use ohinfra_openhands::{Configuration, Environment, Sources, build_graph};
use serde_json::{Value, json};

/// A resource of a graph, without references.
pub(crate) struct Resource {
    pub(crate) address: String,
    pub(crate) kind: String,
    /// The inputs. A value that only AWS knows is null; within a text, it is the word `null`.
    pub(crate) inputs: Inputs,
}

/// Required keys, for the shortest configuration.
const REQUIRED: &str = r#"
vpc_id = "vpc-0123456789abcdef0"
hosted_zone_id = "Z0123456789ABCDEFGHIJ"
domain_name = "example.com"
"#;

/// Every option that adds a resource or a value, and the longest names that the validators accept.
const EVERYTHING: &str = include_str!("everything.toml");

/// Returns the resources of all configurations.
pub(crate) fn resources() -> Vec<Resource> {
    [REQUIRED, EVERYTHING].into_iter().flat_map(of_configuration).collect()
}

fn of_configuration(text: &str) -> Vec<Resource> {
    let file = Some(("ohinfra.toml".to_owned(), text.to_owned()));
    let configuration = Configuration::load(&Sources { file, ..Sources::default() });
    let (configuration, _) = configuration.unwrap_or_else(|problems| panic!("{problems:?}"));
    let mut environment = Environment::placeholder(&configuration);
    environment.private_subnets = vec!["subnet-00000001".to_owned(), "subnet-00000002".to_owned()];
    let graph = build_graph(&configuration, &environment, &SandboxPolicy::default()).unwrap();
    let resource = |resource: &ohinfra_plan::graph::Resource| Resource {
        address: resource.address.to_string(),
        kind: resource.kind.to_owned(),
        inputs: resolve_all(&resource.inputs, &|_| Some(Value::Null)),
    };
    graph.resources().map(resource).collect()
}

/// Returns the known values at a path of names and `*`, joined by dots.
pub(crate) fn at<'a>(inputs: &'a Inputs, path: &str) -> Vec<&'a Value> {
    let mut names = path.split('.');
    let mut found: Vec<&Value> = names.next().and_then(|name| inputs.get(name)).into_iter().collect();
    for name in names {
        found = found
            .into_iter()
            .flat_map(|value| match (name, value) {
                ("*", Value::Array(items)) => items.iter().collect::<Vec<_>>(),
                ("*", Value::Object(members)) => members.values().collect(),
                (name, value) => value.get(name).into_iter().collect(),
            })
            .collect();
    }
    found
}

/// Returns tags in the form of a type: a list of keys and values, or a map.
pub(crate) fn tags(tags: &Value, limits: &Value) -> Value {
    if limits["type"] != "array" {
        return tags.clone();
    }
    let members = tags.as_object().unwrap().iter();
    members.map(|(key, value)| json!({ "Key": key, "Value": value })).collect()
}

/// Returns the limits that a value violates. Null, a value that only AWS knows, violates none.
pub(crate) fn violations(limits: &Value, value: &Value) -> Option<String> {
    let (mut limits, mut value) = (limits.clone(), converted(limits, value));
    match &mut value {
        Value::Null => return None,
        Value::Array(items) => {
            // One by one, because an item can be null.
            let of_items = limits.as_object_mut().and_then(|limits| limits.remove("items")).unwrap_or(json!({}));
            let found = items.iter().find_map(|item| violations(&of_items, item));
            if found.is_some() {
                return found;
            }
        }
        Value::Object(members) => members.retain(|_, member| !member.is_null()),
        _ => {}
    }
    let validator = jsonschema::validator_for(&limits).unwrap();
    let found: Vec<String> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
    (!found.is_empty()).then(|| found.join("; "))
}

/// Converts a value as CloudFormation does: a number or a flag to a string, and the text of a document to an object.
fn converted(limits: &Value, value: &Value) -> Value {
    let is_type = |name: &str| match &limits["type"] {
        Value::String(one) => one == name,
        Value::Array(several) => several.iter().any(|one| one == name),
        _ => true,
    };
    match value {
        Value::Number(_) if !is_type("number") && !is_type("integer") && is_type("string") => json!(value.to_string()),
        Value::Bool(_) if !is_type("boolean") && is_type("string") => json!(value.to_string()),
        Value::String(text) if !is_type("string") && is_type("object") => {
            serde_json::from_str(text).unwrap_or(json!(text))
        }
        _ => value.clone(),
    }
}

#[test]
fn values_are_compared_with_their_limits_at_every_depth() {
    let limits = json!({
        "type": "array", "maxItems": 2,
        "items": { "type": "object", "properties": { "Key": { "type": "string", "pattern": "^[a-z]+$", "maxLength": 3 } } },
    });
    let of = |items: Value| violations(&limits, &items);
    assert_eq!(of(json!([{ "Key": "abc" }, null])), None);
    for invalid in [json!([{ "Key": "A" }]), json!([null, { "Key": "abcd" }]), json!([null, null, null]), json!({})] {
        assert!(of(invalid.clone()).is_some(), "{invalid}");
    }
    let text = json!({ "type": "string", "enum": ["1", "true"] });
    assert_eq!([violations(&text, &json!(1)), violations(&text, &json!(true))], [None, None]);
    assert!(violations(&text, &json!(2)).is_some());
    let document = json!({ "type": "object", "patternProperties": { "^a$": { "type": "string" } }, "additionalProperties": false });
    assert_eq!(
        [violations(&document, &json!("{\"a\":\"\"}")), violations(&document, &json!({ "a": null }))],
        [None, None]
    );
    assert!(violations(&document, &json!("{\"b\":\"\"}")).is_some());
    assert!(violations(&document, &json!("text")).is_some());
}

#[test]
fn values_are_found_in_lists_and_maps() {
    let inputs = json!({ "rules": [{ "days": 1 }, { "days": 2 }, {}], "tags": { "a": "b" }, "name": null });
    let found = |path: &str| at(inputs.as_object().unwrap(), path).into_iter().cloned().collect::<Value>();
    assert_eq!(found("rules.*.days"), json!([1, 2]));
    assert_eq!([found("tags.*"), found("tags.a"), found("tags.*.b")], [json!(["b"]), json!(["b"]), json!([])]);
}
