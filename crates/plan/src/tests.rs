//! Tests of the graph, the difference, the order of steps and targeting.

#![expect(clippy::indexing_slicing, reason = "a panic fails the test")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use ohinfra_core::contract::Live;
use ohinfra_core::inputs::Inputs;
use ohinfra_core::provider::Schemas;
use ohinfra_core::schema::{
    Availability, CASELESS, DEFAULTED, DOCUMENT, EXACT, FLOOR, OVERLAP, RECORDED, REPLACE, REPLACE_IF_DISJOINT,
    Replacement, SENSITIVE, SHARED, UNORDERED, WRITE_ONLY,
};
use ohinfra_core::text::{Reference, Text};
use ohinfra_core::{Address, Region, Schema};
use ohinfra_state::{ResourceState, Status};
use serde_json::{Value, json};

use crate::difference::{Compared, difference, drift};
use crate::graph::{Graph, GraphBuilder, Need, Options};
use crate::input::{Discovered, Mode, PlanInput};
use crate::plan::{Action, FieldChange, Plan};
use crate::planner::plan;
use crate::steps::{Operation, Step, is_walkable, steps};

mod targeting;

fn schema() -> Schema {
    Schema::new("s.thing", "A thing")
        .plain("size")
        .plain("peer")
        .input("shape", REPLACE)
        .input("members", UNORDERED)
        .input("urls", UNORDERED | OVERLAP)
        .input("document", DOCUMENT)
        .input("password", SENSITIVE)
        .input("content", WRITE_ONLY)
        .input("zone", DEFAULTED)
        .input("guests", UNORDERED | SHARED)
        .input("host", CASELESS)
        .input("version", FLOOR)
        .input("token", RECORDED | SENSITIVE)
        .input("names", UNORDERED | REPLACE_IF_DISJOINT)
        .input("variables", EXACT)
        .attribute("id", Availability::Early)
        .attribute("arn", Availability::Ready)
}

fn address(text: &str) -> Address {
    text.parse().unwrap()
}

fn reference(to: &str, attribute: &str) -> Text {
    Text::from(Reference { resource: address(to), attribute: attribute.to_owned() })
}

fn inputs(value: &Value) -> Inputs {
    value.as_object().unwrap().clone()
}

/// Builds a graph of resources with these inputs.
fn graph(resources: &[(&str, Value)]) -> Result<Graph, String> {
    let mut builder = GraphBuilder::new("test", BTreeMap::new());
    for (name, value) in resources {
        builder.add_raw(schema(), address(name), &Region::us_east_1(), inputs(value), Options::default());
    }
    builder.build().map_err(|errors| errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
}

#[test]
fn a_dependency_cycle_is_reported_with_its_path() {
    let error = graph(&[
        ("a/one", json!({ "peer": reference("a/three", "id") })),
        ("a/two", json!({ "peer": reference("a/one", "id") })),
        ("a/three", json!({ "peer": reference("a/two", "id") })),
        ("a/outside", json!({ "peer": reference("a/one", "id") })),
    ])
    .unwrap_err();
    insta::assert_snapshot!(error, @"dependency cycle: a/one → a/two → a/three → a/one");
    let itself = graph(&[("a/one", json!({ "peer": reference("a/one", "id") }))]).unwrap_err();
    insta::assert_snapshot!(itself, @"dependency cycle: a/one → a/one");
}

#[test]
fn all_errors_of_a_graph_are_reported() {
    let error = graph(&[
        ("a/one", json!({ "peer": reference("a/two", "color") })),
        ("a/two", json!({ "peer": reference("a/nothing", "id") })),
        ("a/two", json!({})),
    ])
    .unwrap_err();
    insta::assert_snapshot!(error, @"
    a/two is defined twice
    a/one references the unknown attribute a/two.color; attributes of s.thing: id, arn
    ");
}

#[test]
fn a_reference_to_an_early_attribute_needs_only_the_identity() {
    let graph = graph(&[
        ("a/one", json!({})),
        ("a/early", json!({ "peer": reference("a/one", "id") })),
        ("a/ready", json!({ "peer": Text::from("x-") + reference("a/one", "id") + reference("a/one", "arn") })),
    ])
    .unwrap();
    let need = |name: &str| graph.get(&address(name)).unwrap().needs[&address("a/one")];
    assert_eq!((need("a/early"), need("a/ready")), (Need::Early, Need::Ready));
    let order: Vec<String> = graph.in_order().map(|resource| resource.address.to_string()).collect();
    assert_eq!(order, ["a/one", "a/early", "a/ready"]);
}

#[expect(clippy::needless_pass_by_value, reason = "callers build them on the spot")]
fn changed(desired: Value, applied: Option<Value>, live: Value) -> Vec<FieldChange> {
    let (desired, live) = (inputs(&desired), inputs(&live));
    let applied = applied.map(|value| inputs(&value));
    difference(&Compared { schema: &schema(), lineage: "l", desired: &desired, applied: applied.as_ref(), live: &live })
}

fn paths(changes: &[FieldChange]) -> Vec<&str> {
    changes.iter().map(|change| change.path.as_str()).collect()
}

#[test]
fn a_version_below_the_minimum_is_a_change() {
    let change = changed(json!({ "version": "15.10" }), None, json!({ "version": "15.8" }));
    assert_eq!(paths(&change), ["version"]);
}

#[test]
fn fields_are_compared_according_to_the_schema() {
    let policy = |action: Value| json!({ "Statement": [{ "Action": action }] }).to_string();
    let equal = [
        (json!({ "members": ["a", "b"] }), json!({ "members": ["b", "a"] })),
        (json!({ "document": policy(json!("x")) }), json!({ "document": policy(json!(["x"])) })),
        (json!({ "host": "ABC" }), json!({ "host": "abc" })),
        (json!({ "version": "15.8" }), json!({ "version": "15.10" })),
        (json!({ "members": [] }), json!({})),
        (json!({ "size": 1 }), json!({ "size": 1, "zone": "filled in by the cloud" })),
        (json!({ "tags": { "a": "1" } }), json!({ "tags": { "a": "1", "aws:x": "theirs" } })),
    ];
    for (desired, live) in equal {
        assert_eq!(changed(desired.clone(), None, live.clone()), [], "{desired} and {live}");
    }
    let different = [
        (json!({ "size": 1 }), json!({ "size": 2 }), "size"),
        (json!({ "members": ["a"] }), json!({ "members": ["a", "a"] }), "members"),
        (json!({ "document": policy(json!("x")) }), json!({ "document": policy(json!("y")) }), "document"),
        (json!({ "tags": { "a": "1" } }), json!({ "tags": {} }), "tags.a"),
        (json!({ "peer": reference("a/b", "id") }), json!({ "peer": "known" }), "peer"),
    ];
    for (desired, live, path) in different {
        assert_eq!(paths(&changed(desired.clone(), None, live.clone())), [path], "{desired} and {live}");
    }
}

#[test]
fn desired_vs_live_is_a_change_and_applied_vs_live_is_drift() {
    let ours = changed(json!({ "size": 2 }), Some(json!({ "size": 1 })), json!({ "size": 1 }));
    assert_eq!((paths(&ours), ours[0].drift), (vec!["size"], false), "the configuration changed");
    let theirs = changed(json!({ "size": 1 }), Some(json!({ "size": 1 })), json!({ "size": 9 }));
    assert_eq!((paths(&theirs), theirs[0].drift), (vec!["size"], true), "changed outside ohinfra");
    let same = changed(json!({ "size": 9 }), Some(json!({ "size": 1 })), json!({ "size": 9 }));
    assert_eq!(same, [], "both changed to the same value");
    let drifted = drift(&schema(), "l", &inputs(&json!({ "size": 1 })), &inputs(&json!({ "size": 9 })));
    assert_eq!((drifted[0].before.clone(), drifted[0].after.clone()), (Some(json!(1)), Some(json!(9))));
}

#[test]
fn a_field_that_is_no_longer_configured_is_removed() {
    let changes = changed(
        json!({}),
        Some(json!({ "tags": { "a": "1" }, "peer": "p" })),
        json!({ "tags": { "a": "1" }, "peer": "p" }),
    );
    assert_eq!(paths(&changes), ["peer", "tags"]);
    assert_eq!(changes[0].after, None);
}

#[test]
fn foreign_entries_of_a_shared_list_are_ignored() {
    let guests = |names: &[&str]| json!({ "guests": names });
    let theirs = guests(&["operator", "a"]);
    assert_eq!(changed(guests(&["a"]), Some(guests(&["a"])), theirs.clone()), [], "a foreign entry");
    assert_eq!(changed(guests(&["a"]), None, theirs.clone()), [], "a foreign entry of an adopted resource");
    assert_eq!(drift(&schema(), "l", &inputs(&guests(&["a"])), &inputs(&theirs)), []);
    let fewer = changed(guests(&[]), Some(guests(&["a"])), theirs.clone());
    assert_eq!((fewer[0].before.clone(), fewer[0].after.clone()), (Some(json!(["a"])), Some(json!([]))));
    let more = changed(guests(&["a", "b"]), Some(guests(&["a"])), theirs);
    assert_eq!(more[0].before, Some(json!(["a"])), "a foreign entry is neither displayed nor removed");
    let removed = drift(&schema(), "l", &inputs(&guests(&["a"])), &inputs(&guests(&["operator"])));
    assert_eq!(paths(&removed), ["guests"], "a managed entry was removed");
}

#[test]
fn a_foreign_entry_of_an_exact_map_is_drift_and_is_removed() {
    let variables = |value: Value| json!({ "variables": value });
    let (ours, theirs) = (json!({ "A": "1" }), json!({ "A": "1", "B": "theirs" }));
    for (configured, live) in [(ours, theirs), (json!({}), json!({ "B": "theirs" }))] {
        let (configured, live) = (variables(configured), variables(live));
        let added = changed(configured.clone(), Some(configured.clone()), live.clone());
        assert_eq!((paths(&added), added[0].drift), (vec!["variables.B"], true));
        assert_eq!((added[0].before.clone(), added[0].after.clone()), (Some(json!("theirs")), None));
        let drifted = drift(&schema(), "l", &inputs(&configured), &inputs(&live));
        assert_eq!((paths(&drifted), drifted[0].after.clone()), (vec!["variables.B"], Some(json!("theirs"))));
        let adopted = changed(configured, None, live);
        assert_eq!((paths(&adopted), adopted[0].drift), (vec!["variables.B"], false), "an adopted resource");
    }
    let removed = changed(variables(json!({})), Some(variables(json!({ "A": "1" }))), variables(json!({ "A": "1" })));
    assert_eq!((paths(&removed), removed[0].drift), (vec!["variables.A"], false), "the configuration changed");
    let unmanaged = changed(json!({}), Some(json!({})), variables(json!({ "B": "theirs" })));
    assert_eq!(unmanaged, [], "a map that is not configured");
}

#[test]
fn only_an_absent_value_of_an_immutable_field_counts_as_omitted() {
    let shape = |value: Value| json!({ "shape": value });
    for live in [json!({}), shape(Value::Null)] {
        assert_eq!(changed(shape(json!("round")), Some(shape(json!("round"))), live.clone()), []);
        assert_eq!(changed(shape(json!("round")), None, live.clone()), [], "an adopted resource");
        assert_eq!(drift(&schema(), "l", &inputs(&shape(json!("round"))), &inputs(&live)), []);
    }
    let emptied = changed(shape(json!("round")), Some(shape(json!("round"))), shape(json!("")));
    assert_eq!((paths(&emptied), emptied[0].drift, emptied[0].replace), (vec!["shape"], true, true));
}

#[test]
fn a_write_only_field_is_compared_with_the_applied_value() {
    let content = |text: &str| json!({ "content": text });
    assert_eq!(changed(content("a"), Some(content("a")), json!({})), []);
    assert_eq!(paths(&changed(content("b"), Some(content("a")), json!({}))), ["content"]);
    assert_eq!(changed(content("a"), None, json!({})), [], "the value of an adopted resource is accepted");
    assert_eq!(drift(&schema(), "l", &inputs(&content("a")), &Inputs::new()), []);
}

#[test]
fn a_value_that_aws_does_not_return_changes_nothing() {
    for field in ["size", "shape", "members", "document", "zone", "host"] {
        let value = |text: &str| json!({ field: text });
        assert_eq!(changed(value("a"), Some(value("a")), json!({})), [], "{field}");
        assert_eq!(changed(value("a"), None, json!({})), [], "{field} of an adopted resource");
        assert_eq!(drift(&schema(), "l", &inputs(&value("a")), &Inputs::new()), [], "{field}");
        // The applied value stands in for the live one.
        let new = changed(value("b"), Some(value("a")), json!({}));
        assert_eq!((paths(&new), new[0].before.clone()), (vec![field], Some(json!("a"))));
    }
}

#[test]
fn a_value_that_aws_reports_as_not_set_is_set_again() {
    let unset = changed(json!({ "size": 1 }), Some(json!({ "size": 1 })), json!({ "size": null }));
    assert_eq!(paths(&unset), ["size"]);
    assert!(unset[0].drift);
    // An immutable value cannot be set again without a replacement, which an absent value never causes.
    assert_eq!(changed(json!({ "shape": 1 }), Some(json!({ "shape": 1 })), json!({ "shape": null })), []);
    // An older state may lack an immutable input, and an import records only returned values.
    for live in [json!({}), json!({ "shape": null })] {
        assert_eq!(changed(json!({ "shape": 1 }), Some(json!({})), live.clone()), [], "{live}");
        assert_eq!(changed(json!({ "shape": 1 }), Some(json!({ "shape": null })), live.clone()), [], "{live}");
    }
    // An entry that a map lacks is missing.
    let map = json!({ "variables": { "A": "1", "B": "2" } });
    assert_eq!(paths(&changed(map.clone(), Some(map), json!({ "variables": { "A": "1" } }))), ["variables.B"]);
}

#[test]
fn a_secret_is_displayed_only_as_a_digest() {
    let changes = changed(json!({ "password": "hunter2" }), None, json!({ "password": "hunter1" }));
    assert!(changes[0].sensitive);
    assert!(!serde_json::to_string(&changes).unwrap().contains("hunter"));
}

#[test]
fn secret_and_write_only_structures_are_compared_as_a_whole() {
    let one = |field: &str, value: u8| json!({ field: { "a": 1, "b": value } });
    let secret = changed(one("password", 2), Some(one("password", 1)), one("password", 1));
    assert_eq!(paths(&secret), ["password"]);
    let write_only = changed(one("content", 2), Some(one("content", 1)), one("content", 1));
    assert_eq!(paths(&write_only), ["content"]);
    assert_eq!(paths(&changed(one("size", 2), Some(one("size", 1)), one("size", 1))), ["size.b"]);
}

#[test]
fn a_different_recorded_value_is_drift() {
    let token = |text: &str| json!({ "token": text });
    assert_eq!(changed(json!({}), Some(token("a")), token("a")), []);
    let changes = changed(json!({}), Some(token("a")), token("b"));
    assert_eq!((paths(&changes), changes[0].drift, changes[0].sensitive), (vec!["token"], true, true));
    assert_eq!(paths(&changed(json!({}), Some(token("a")), json!({ "token": null }))), ["token"], "removed in AWS");
    assert_eq!(changed(json!({}), Some(token("a")), json!({})), [], "not returned");
    assert_eq!(changed(json!({}), Some(json!({})), token("b")), [], "not recorded yet");
    assert_eq!(changed(json!({}), None, token("b")), [], "the value of an adopted resource is accepted");
}

#[test]
fn a_list_without_a_common_entry_requires_replacement() {
    let replaced = |desired: Value, live: Value| {
        let changes = changed(json!({ "names": desired }), None, json!({ "names": live }));
        changes.iter().map(|change| change.replace).collect::<Vec<_>>()
    };
    assert_eq!(replaced(json!(["a", "b"]), json!(["b", "a"])), Vec::<bool>::new());
    assert_eq!(replaced(json!(["a", "b"]), json!(["b", "c"])), [false]);
    assert_eq!(replaced(json!(["a", "b"]), json!(["c", "d"])), [true]);
    assert_eq!(replaced(json!(["a"]), json!([])), [false], "the live list is empty");
}

fn planned(
    graph: &Graph,
    prior: &BTreeMap<Address, ResourceState>,
    live: &BTreeMap<Address, Live>,
    mode: Mode,
) -> Plan {
    planned_with(graph, prior, live, mode, &BTreeSet::new())
}

fn planned_with(
    graph: &Graph,
    prior: &BTreeMap<Address, ResourceState>,
    live: &BTreeMap<Address, Live>,
    mode: Mode,
    replace: &BTreeSet<Address>,
) -> Plan {
    plan(&input(graph, prior, live, mode, replace))
}

fn input<'a>(
    graph: &'a Graph,
    prior: &'a BTreeMap<Address, ResourceState>,
    live: &'a BTreeMap<Address, Live>,
    mode: Mode,
    replace: &'a BTreeSet<Address>,
) -> PlanInput<'a> {
    PlanInput {
        deployment: "test",
        lineage: "l",
        serial: 1,
        configuration_digest: "",
        graph,
        prior,
        live,
        discovered: &NOTHING_FOUND,
        schemas: &SCHEMAS,
        selected: None,
        replace,
        rotate: &NOTHING_ROTATED,
        mode,
    }
}

static SCHEMAS: LazyLock<Schemas> = LazyLock::new(|| schemas_of(schema()));

fn schemas_of(schema: Schema) -> Schemas {
    Schemas::from([(schema.kind, Arc::new(schema))])
}

static NOTHING_FOUND: BTreeMap<Address, Discovered> = BTreeMap::new();
static NOTHING_ROTATED: BTreeSet<Address> = BTreeSet::new();

/// Returns the state and the live resources after an apply of the graph.
fn applied(graph: &Graph) -> (BTreeMap<Address, ResourceState>, BTreeMap<Address, Live>) {
    let mut prior = BTreeMap::new();
    let mut live: BTreeMap<Address, Live> = BTreeMap::new();
    for resource in graph.in_order() {
        let known = |r: &Reference| Some(live[&r.resource].attributes[&r.attribute].clone());
        let inputs = ohinfra_core::inputs::resolve_all(&resource.inputs, &known);
        let name = resource.address.name();
        let attributes = inputs_of(name);
        live.insert(
            resource.address.clone(),
            Live { inputs: inputs.clone(), attributes: attributes.clone(), ..Live::default() },
        );
        prior.insert(
            resource.address.clone(),
            ResourceState {
                inputs,
                attributes,
                depends_on: resource.needs.keys().cloned().collect(),
                retain: resource.retain,
                status: Status::Ready,
                ..ResourceState::found(resource.kind, &resource.region, &format!("id-{name}"))
            },
        );
    }
    (prior, live)
}

fn inputs_of(name: &str) -> Inputs {
    inputs(&json!({ "id": format!("id-{name}"), "arn": format!("arn-{name}") }))
}

#[test]
fn equal_inputs_give_equal_bytes() {
    let graph =
        graph(&[("a/one", json!({ "size": 1 })), ("a/two", json!({ "peer": reference("a/one", "arn") }))]).unwrap();
    let (prior, live) = applied(&graph);
    let bytes = || {
        let plan = planned(&graph, &prior, &live, Mode::Apply);
        serde_json::to_string(&crate::PlanDocument::new(&plan, "0", true)).unwrap()
    };
    assert_eq!(bytes(), bytes());
    assert!(planned(&graph, &prior, &live, Mode::Apply).is_empty());
}

#[test]
fn a_replacement_updates_dependents_before_it_deletes_the_old_resource() {
    let before =
        graph(&[("a/one", json!({ "shape": 1 })), ("a/two", json!({ "peer": reference("a/one", "id") }))]).unwrap();
    let (prior, live) = applied(&before);
    let after =
        graph(&[("a/one", json!({ "shape": 2 })), ("a/two", json!({ "peer": reference("a/one", "id") }))]).unwrap();
    let plan = planned(&after, &prior, &live, Mode::Apply);
    assert_eq!(plan.changes[&address("a/one")].action, Action::Replace(Replacement::CreateFirst));
    assert_eq!(plan.changes[&address("a/two")].action, Action::Update);
    assert!(plan.changes[&address("a/two")].fields[0].unknown);
    let steps = steps(&plan);
    assert!(is_walkable(&steps));
    let step = |name: &str, operation| Step { address: address(name), operation };
    let waits: Vec<&Step> = steps[&step("a/one", Operation::Delete)].keys().collect();
    assert_eq!(waits, [&step("a/one", Operation::Create), &step("a/two", Operation::Update)]);
}

/// Returns the action for a resource whose inputs change from `from` to `to`.
fn replacement_of(schema: &Schema, from: &Value, to: &Value) -> Action {
    let built = |value: &Value| {
        let mut builder = GraphBuilder::new("test", BTreeMap::new());
        builder.add_raw(schema.clone(), address("a/one"), &Region::us_east_1(), inputs(value), Options::default());
        builder.build().unwrap()
    };
    let (prior, live) = applied(&built(from));
    let (after, none, schemas) = (built(to), BTreeSet::new(), schemas_of(schema.clone()));
    let planned = plan(&PlanInput { schemas: &schemas, ..input(&after, &prior, &live, Mode::Apply, &none) });
    planned.changes[&address("a/one")].action
}

#[test]
fn a_replacement_deletes_first_only_if_both_resources_cannot_coexist() {
    let named = schema().input("name", REPLACE).named_by(&["name"]);
    let (one, renamed) = (json!({ "name": "a", "shape": 1 }), json!({ "name": "b", "shape": 1 }));
    let reshaped = json!({ "name": "a", "shape": 2 });
    let (first, last) = (Action::Replace(Replacement::DeleteFirst), Action::Replace(Replacement::CreateFirst));
    assert_eq!(replacement_of(&named, &one, &renamed), last, "a different name");
    assert_eq!(replacement_of(&named, &one, &reshaped), first, "the same name");
    assert_eq!(replacement_of(&named.exclusive(), &one, &renamed), first, "exclusive regardless of the name");
}

#[test]
fn an_impossible_replacement_is_refused_with_its_dependents() {
    let named = || schema().input("name", REPLACE).named_by(&["name"]).held();
    let built = |name: &str, shape: u8| {
        let mut builder = GraphBuilder::new("test", BTreeMap::new());
        let value = json!({ "name": name, "shape": shape });
        let held =
            builder.add_raw(named(), address("a/held"), &Region::us_east_1(), inputs(&value), Options::default());
        let user = inputs(&json!({ "peer": held.attribute("id") }));
        builder.add_raw(named(), address("a/user"), &Region::us_east_1(), user, Options::default());
        builder.build().unwrap()
    };
    let (prior, live) = applied(&built("a", 1));
    let planned = |graph: &Graph, replace: &[&str]| {
        let replace = replace.iter().map(|name| address(name)).collect();
        plan(&PlanInput { schemas: &schemas_of(named()), ..input(graph, &prior, &live, Mode::Apply, &replace) })
    };
    let errors = |plan: &Plan| plan.diagnostics.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    let reshaped = planned(&built("a", 2), &[]);
    insta::assert_snapshot!(errors(&reshaped), @"a/held: s.thing `id-held` cannot be replaced: its successor has the same name, and AWS refuses to delete it while a/user uses it");
    let help = reshaped.diagnostics[0].help.as_deref().unwrap();
    assert_eq!(help, "undo the change of `shape`, or destroy the deployment first");
    assert_eq!(errors(&planned(&built("a", 1), &["a/held"])), errors(&reshaped));
    assert!(planned(&built("b", 1), &[]).diagnostics.is_empty(), "with another name, both coexist");
}

#[test]
fn a_replaced_resource_is_deleted_after_its_transitive_dependents_are_updated() {
    let chain = |shape: u8, size: u8| {
        graph(&[
            ("a/bundle", json!({ "shape": shape })),
            ("a/template", json!({ "peer": reference("a/bundle", "id") })),
            ("a/group", json!({ "peer": reference("a/template", "id"), "size": size })),
            ("a/alarm", json!({ "peer": reference("a/group", "id") })),
        ])
        .unwrap()
    };
    let (prior, live) = applied(&chain(1, 1));
    let steps = steps(&planned(&chain(2, 2), &prior, &live, Mode::Apply));
    assert!(is_walkable(&steps));
    let step = |name: &str, operation| Step { address: address(name), operation };
    let waits: Vec<&Step> = steps[&step("a/bundle", Operation::Delete)].keys().collect();
    let expected = [
        step("a/bundle", Operation::Create),
        step("a/group", Operation::Update),
        step("a/template", Operation::Update),
    ];
    assert_eq!(waits, expected.iter().collect::<Vec<_>>());
}

/// Returns the graph of a client with URLs, a site that depends on it, and a name that depends on the site.
fn site(urls: &[&str], shape: u8) -> Graph {
    graph(&[
        ("a/client", json!({ "urls": urls })),
        ("a/version", json!({ "peer": reference("a/client", "id") })),
        ("a/site", json!({ "peer": reference("a/version", "id"), "shape": shape })),
        ("a/name", json!({ "peer": reference("a/site", "arn"), "shape": shape })),
    ])
    .unwrap()
}

#[test]
fn old_entries_stay_until_their_dependents_are_deleted() {
    let (prior, mut live) = applied(&site(&["old", "both"], 1));
    live.get_mut(&address("a/client")).unwrap().inputs["urls"] = json!(["old", "both", "foreign"]);
    let plan = planned(&site(&["both", "new"], 2), &prior, &live, Mode::Apply);
    let change = &plan.changes[&address("a/client")];
    assert_eq!(change.overlap["urls"], json!(["both", "new", "old"]), "without the foreign entry");
    assert!(change.reasons[0].starts_with("old entries of urls stay"));
    let steps = steps(&plan);
    assert!(is_walkable(&steps));
    let step = |name: &str, operation| Step { address: address(name), operation };
    let waits: Vec<&Step> = steps[&step("a/client", Operation::Trim)].keys().collect();
    let expected =
        [step("a/client", Operation::Update), step("a/name", Operation::Delete), step("a/site", Operation::Delete)];
    assert_eq!(waits, expected.iter().collect::<Vec<_>>());
    assert!(steps[&step("a/site", Operation::Create)].keys().all(|before| before.operation != Operation::Trim));
}

#[test]
fn old_entries_are_removed_immediately_if_no_dependent_is_deleted() {
    let (prior, live) = applied(&site(&["old"], 1));
    let plan = planned(&site(&["new"], 1), &prior, &live, Mode::Apply);
    assert!(plan.changes[&address("a/client")].overlap.is_empty());
    assert!(steps(&plan).keys().all(|step| step.operation != Operation::Trim));
}

#[test]
fn a_removed_resource_is_deleted_after_its_former_dependents_are_updated() {
    let before = graph(&[
        ("a/one", json!({})),
        ("a/two", json!({ "peer": reference("a/one", "id") })),
        ("a/three", json!({ "peer": reference("a/one", "id"), "shape": 1 })),
    ])
    .unwrap();
    let (prior, live) = applied(&before);
    let after = graph(&[("a/two", json!({ "peer": "other" })), ("a/three", json!({ "shape": 2 }))]).unwrap();
    let steps = steps(&planned(&after, &prior, &live, Mode::Apply));
    assert!(is_walkable(&steps));
    let step = |name: &str, operation| Step { address: address(name), operation };
    let waits: Vec<&Step> = steps[&step("a/one", Operation::Delete)].keys().collect();
    assert_eq!(waits, [&step("a/three", Operation::Delete), &step("a/two", Operation::Update)]);
}

#[test]
fn a_destroy_follows_the_dependencies_in_the_state_in_reverse() {
    let before = graph(&[("a/one", json!({})), ("a/two", json!({ "peer": reference("a/one", "id") }))]).unwrap();
    let (prior, live) = applied(&before);
    let plan = planned(&Graph::default(), &prior, &live, Mode::Destroy);
    let steps = steps(&plan);
    let step = |name: &str| Step { address: address(name), operation: Operation::Delete };
    assert_eq!(steps[&step("a/one")].keys().collect::<Vec<_>>(), [&step("a/two")]);
    assert!(steps[&step("a/two")].is_empty());
}

#[test]
fn only_a_purge_deletes_a_retained_resource() {
    let mut builder = GraphBuilder::new("test", BTreeMap::new());
    let retained = Options { retain: true, ..Options::default() };
    builder.add_raw(
        schema(),
        address("a/data"),
        &Region::us_east_1(),
        inputs(&json!({ "shape": 1 })),
        retained.clone(),
    );
    let (prior, live) = applied(&builder.build().unwrap());
    let action = |graph: &Graph, mode| planned(graph, &prior, &live, mode).changes[&address("a/data")].action;
    assert_eq!(action(&Graph::default(), Mode::Apply), Action::Retain, "removed from the configuration");
    assert_eq!(action(&Graph::default(), Mode::Destroy), Action::Retain);
    assert_eq!(action(&Graph::default(), Mode::Purge), Action::Delete);
    let mut builder = GraphBuilder::new("test", BTreeMap::new());
    builder.add_raw(schema(), address("a/data"), &Region::us_east_1(), inputs(&json!({ "shape": 2 })), retained);
    let graph = builder.build().unwrap();
    let plan = planned(&graph, &prior, &live, Mode::Apply);
    assert_eq!((plan.has_errors(), plan.summary().replace), (true, 0), "replaced only on request");
    let plan = planned_with(&graph, &prior, &live, Mode::Apply, &BTreeSet::from([address("a/data")]));
    let deletes = steps(&plan).keys().filter(|step| step.operation == Operation::Delete).count();
    assert_eq!((plan.summary().replace, deletes), (1, 0), "replaced, and the old resource is retained");
}
