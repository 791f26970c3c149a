//! Tests of targeting: which resources a run selects, and what it keeps for the others.

use super::*;
use crate::selection::{Direction, Selection};

#[test]
fn a_selection_includes_dependencies_or_for_a_destroy_dependents() {
    let graph = graph(&[
        ("a/one", json!({})),
        ("b/two", json!({ "peer": reference("a/one", "id") })),
        ("b/three", json!({ "peer": reference("b/two", "id") })),
        ("c/four", json!({})),
    ])
    .unwrap();
    let selected = |selection: &Selection, direction| -> Vec<String> {
        let chosen = selection.resolve(&graph, &BTreeMap::new(), direction).unwrap().unwrap();
        chosen.iter().map(ToString::to_string).collect()
    };
    let two = Selection { targets: vec![address("b/two")], ..Selection::default() };
    assert_eq!(selected(&two, Direction::Dependencies), ["a/one", "b/two"]);
    assert_eq!(selected(&two, Direction::Dependents), ["b/three", "b/two"]);
    let only = Selection { exclusively: true, ..two };
    assert_eq!(selected(&only, Direction::Dependencies), ["b/two"]);
    let stack = Selection { stacks: vec!["b".to_owned()], ..Selection::default() };
    assert_eq!(selected(&stack, Direction::Dependencies), ["a/one", "b/three", "b/two"]);
}

/// Returns the graph of a bundle, a template that refers to it, and a group that refers to the template.
fn chain(schema: &Schema, shape: u8) -> Graph {
    let mut builder = GraphBuilder::new("test", BTreeMap::new());
    for (name, value) in [
        ("a/bundle", json!({ "shape": shape })),
        ("a/template", json!({ "peer": reference("a/bundle", "id") })),
        ("a/group", json!({ "peer": reference("a/template", "id") })),
    ] {
        builder.add_raw(schema.clone(), address(name), &Region::us_east_1(), inputs(&value), Options::default());
    }
    builder.build().unwrap()
}

fn selecting(plan_input: &PlanInput<'_>, selected: &[&str]) -> Plan {
    let selected = selected.iter().map(|name| address(name)).collect();
    plan(&PlanInput { selected: Some(&selected), ..*plan_input })
}

fn deletions(plan: &Plan) -> Vec<Address> {
    let steps = steps(plan);
    assert!(is_walkable(&steps));
    let deletions = steps.into_keys().filter(|step| step.operation == Operation::Delete);
    deletions.map(|step| step.address).collect()
}

#[test]
fn a_replaced_resource_stays_while_an_unselected_resource_may_use_it() {
    let (mut prior, live) = applied(&chain(&schema(), 1));
    let (after, none) = (chain(&schema(), 2), BTreeSet::new());
    let all = planned(&after, &prior, &live, Mode::Apply);
    assert_eq!(deletions(&all), [address("a/bundle")], "everything is selected");
    let partly = selecting(&input(&after, &prior, &live, Mode::Apply, &none), &["a/bundle", "a/template"]);
    assert_eq!(deletions(&partly), []);
    let change = &partly.changes[&address("a/bundle")];
    assert_eq!(change.action, Action::Replace(Replacement::CreateFirst));
    insta::assert_snapshot!(change.reasons[1], @"the old resource (id-bundle) stays while unselected resources may use it: a/group");

    // A run with the same selection has nothing to do; a full one deletes the old resource.
    let after = chain(&schema(), 1);
    prior.get_mut(&address("a/bundle")).unwrap().deposed = vec!["id-old".to_owned()];
    let again = selecting(&input(&after, &prior, &live, Mode::Apply, &none), &["a/bundle", "a/template"]);
    assert!(again.is_empty(), "{:?}", again.changes);
    assert_eq!(deletions(&planned(&after, &prior, &live, Mode::Apply)), [address("a/bundle")]);

    // An unselected resource that does not exist uses nothing.
    prior.remove(&address("a/group"));
    let created_later = selecting(&input(&after, &prior, &live, Mode::Apply, &none), &["a/bundle", "a/template"]);
    assert_eq!(deletions(&created_later), [address("a/bundle")]);
}

#[test]
fn a_removed_resource_stays_while_an_unselected_resource_may_use_it() {
    let (prior, live) = applied(&chain(&schema(), 1));
    let after = graph(&[
        ("a/template", json!({ "peer": "other" })),
        ("a/group", json!({ "peer": reference("a/template", "id") })),
    ])
    .unwrap();
    let none = BTreeSet::new();
    let partly = selecting(&input(&after, &prior, &live, Mode::Apply, &none), &["a/bundle", "a/template"]);
    assert_eq!(deletions(&partly), []);
    assert!(!partly.has_errors());
    insta::assert_snapshot!(partly.diagnostics[0], @"a/bundle: s.thing `id-bundle` is not deleted while unselected resources may use it: a/group");
    assert_eq!(partly.diagnostics[0].help.as_deref(), Some("add `--target a/group` to delete it"));
    assert_eq!(deletions(&planned(&after, &prior, &live, Mode::Apply)), [address("a/bundle")]);
}

#[test]
fn a_replacement_that_deletes_first_is_refused_while_an_unselected_resource_uses_it() {
    let exclusive = schema().exclusive();
    let (prior, live) = applied(&chain(&exclusive, 1));
    let (after, none) = (chain(&exclusive, 2), BTreeSet::new());
    let schemas = schemas_of(exclusive);
    let input = PlanInput { schemas: &schemas, ..input(&after, &prior, &live, Mode::Apply, &none) };
    let planned = |selected: &[&str]| selecting(&input, selected);
    let partly = planned(&["a/bundle"]);
    insta::assert_snapshot!(partly.diagnostics[0], @"a/bundle: s.thing `id-bundle` cannot be replaced while unselected resources use it: a/template");
    assert_eq!(partly.diagnostics[0].help.as_deref(), Some("add `--target a/template`"));
    assert!(!planned(&["a/bundle", "a/template"]).has_errors());
}

#[test]
fn old_entries_stay_while_an_unselected_resource_may_use_an_old_dependent() {
    let (prior, live) = applied(&site(&["old"], 1));
    let (after, none) = (site(&["new"], 2), BTreeSet::new());
    let selected = ["a/client", "a/version", "a/site"];
    let plan = selecting(&input(&after, &prior, &live, Mode::Apply, &none), &selected);
    assert_eq!(plan.changes[&address("a/client")].overlap["urls"], json!(["new", "old"]));
    assert!(steps(&plan).keys().all(|step| !matches!(step.operation, Operation::Trim | Operation::Delete)));
}
