//! The conformance suite for all kinds, for the in-memory cloud and for a real one.

use std::time::Duration;

use ohinfra_core::contract::{ADOPTED, Deletion};
use ohinfra_core::inputs::Inputs;
use ohinfra_core::schema::{REPLACE, Schema, WRITE_ONLY};
use ohinfra_core::tag_index::KnownTags;
use ohinfra_core::tags::Tags;
use ohinfra_core::{Address, Region};
use ohinfra_engine::waiting::retrying;
use ohinfra_plan::graph::{GraphBuilder, Options};
use ohinfra_plan::{Action, Graph, Mode, Plan};
use serde_json::Value;

use crate::harness::Harness;
use crate::lossy::{Armed, Loss};

/// A test case for a kind.
#[derive(Clone, Debug)]
pub struct Case {
    /// The kind.
    pub schema: Schema,
    /// The region.
    pub region: Region,
    /// Valid inputs. Referenced resources must exist.
    pub inputs: Value,
    /// The changes to apply in sequence: a field and its new value.
    pub changes: Vec<(&'static str, Value)>,
}

fn address() -> Address {
    "conformance/subject".parse().unwrap_or_else(|_| unreachable!("BUG: not an address"))
}

fn inputs_of(value: &Value) -> Inputs {
    value.as_object().cloned().unwrap_or_default()
}

fn graph_of(harness: &Harness, case: &Case, inputs: &Inputs, tags: Tags) -> Graph {
    let mut builder = GraphBuilder::new(&harness.deployment, tags);
    builder.add_raw(case.schema.clone(), address(), &case.region, inputs.clone(), Options::default());
    builder.build().unwrap_or_else(|errors| unreachable!("BUG: {errors:?}"))
}

async fn plan(harness: &Harness, graph: &Graph, step: &str) -> Result<Plan, String> {
    harness.plan(graph, Mode::Apply).await.map_err(|error| format!("{step}: {error}: {error:?}"))
}

async fn apply(harness: &Harness, graph: &Graph, step: &str) -> Result<(), String> {
    let report = harness.apply(graph).await.map_err(|error| format!("{step}: {error}: {error:?}"))?;
    match report.failed.first() {
        Some(failure) => Err(format!("{step}: {}", failure.error)),
        None if report.is_success() => Ok(()),
        None => Err(format!("{step}: {report:?}")),
    }
}

async fn must_be_empty(harness: &Harness, graph: &Graph, step: &str) -> Result<Plan, String> {
    let plan = plan(harness, graph, step).await?;
    if plan.is_empty() && plan.drift.is_empty() {
        return Ok(plan);
    }
    let fields: Vec<_> = plan.changes.values().flat_map(|change| change.fields.clone()).collect();
    Err(format!("{step}: the plan is not empty: {fields:?}; drift: {:?}", plan.drift))
}

/// Checks that a read returns every configured input, because the planner compares only those. An input that AWS never returns
/// needs `unreported`.
fn must_return(plan: &Plan, case: &Case) -> Result<(), String> {
    let live = plan.live.get(&address()).map(|live| &live.inputs);
    let is_returned = |path: &str| {
        let mut parts = path.split('.');
        let first = parts.next().and_then(|field| live?.get(field));
        parts.try_fold(first, |value, field| Some(value?.get(field))).flatten().is_some()
    };
    let is_configured = |path: &&str| case.inputs.get(path.split('.').next().unwrap_or_default()).is_some();
    let inputs = case.schema.inputs().iter().filter(|input| !input.traits.has(WRITE_ONLY) && !case.schema.step);
    let missing: Vec<&str> =
        inputs.map(|input| input.path.as_str()).filter(is_configured).filter(|path| !is_returned(path)).collect();
    if missing.is_empty() { Ok(()) } else { Err(format!("after the create: a read does not return {missing:?}")) }
}

async fn must_act(harness: &Harness, graph: &Graph, expected: &str, step: &str) -> Result<Plan, String> {
    let plan = plan(harness, graph, step).await?;
    let action = plan.changes.get(&address()).map_or(Action::None, |change| change.action);
    if action.word() == expected {
        Ok(plan)
    } else {
        Err(format!("{step}: the planned action is {}, expected {expected}: {plan:?}", action.word()))
    }
}

/// Runs the suite. The error names the failed step and expectation.
pub async fn check(harness: &Harness, case: &Case) -> Result<(), String> {
    let first = graph_of(harness, case, &inputs_of(&case.inputs), Tags::new());
    must_act(harness, &first, "create", "before the first apply").await?;
    apply(harness, &first, "create").await?;
    must_return(&must_be_empty(harness, &first, "after the create").await?, case)?;

    let mut inputs = inputs_of(&case.inputs);
    for (field, value) in &case.changes {
        let step = format!("change of `{field}`");
        inputs.insert((*field).to_owned(), value.clone());
        let graph = graph_of(harness, case, &inputs, Tags::new());
        let replaces = case.schema.traits(field).has(REPLACE);
        let plan = must_act(harness, &graph, if replaces { "replace" } else { "update" }, &step).await?;
        let others: Vec<String> = plan
            .changes
            .values()
            .flat_map(|change| &change.fields)
            .filter(|f| f.path != *field && !f.path.starts_with(&format!("{field}.")))
            .map(|f| f.path.clone())
            .collect();
        if !others.is_empty() {
            return Err(format!("{step}: the plan also changes {others:?}"));
        }
        apply(harness, &graph, &step).await?;
        must_be_empty(harness, &graph, &format!("after the {step}")).await?;
    }
    if case.schema.taggable {
        let tags = |value: &str| Tags::from([("Team".to_owned(), value.to_owned())]);
        for (step, tags) in
            [("a tag is added", tags("a")), ("a tag is changed", tags("b")), ("a tag is removed", Tags::new())]
        {
            let graph = graph_of(harness, case, &inputs, tags);
            must_act(harness, &graph, "update", step).await?;
            apply(harness, &graph, step).await?;
            must_be_empty(harness, &graph, &format!("after {step}")).await?;
        }
    }
    let graph = graph_of(harness, case, &inputs, Tags::new());

    // The state is lost: the existing resource is found by its name or its tags, and matches the desired inputs.
    let document = harness.document();
    harness.store.set(Some(ohinfra_state::StateDocument { resources: std::collections::BTreeMap::new(), ..document }));
    let plan = must_act(harness, &graph, if case.schema.step { "create" } else { "adopt" }, "without a state").await?;
    let fields: Vec<_> = plan.changes.values().flat_map(|change| &change.fields).map(|field| &field.path).collect();
    if !fields.is_empty() && !case.schema.step {
        return Err(format!("without a state: the plan changes {fields:?}"));
    }
    apply(harness, &graph, "adopt").await?;
    must_be_empty(harness, &graph, "after the adoption").await?;

    // The resource is deleted outside ohinfra, twice.
    let id = harness.document().resources.get(&address()).map(|resource| resource.id.clone()).unwrap_or_default();
    let (_, kind) = harness.engine.provider.find_kind(case.schema.kind).map_err(|error| error.to_string())?;
    if let Some(own) = id.strip_prefix(ADOPTED) {
        // Without a state, the creator is unknown, so the resource is never deleted.
        let report = harness.run(&graph, Mode::Purge).await.map_err(|error| format!("purge: {error}"))?;
        let ids = [own.to_owned()];
        let live = kind.read(&case.region, &ids, KnownTags::NONE).await.map_err(|error| error.to_string())?;
        if !report.is_success() || !harness.document().resources.is_empty() || live.iter().any(Option::is_none) {
            return Err(format!("purge of the adopted resource: {report:?}"));
        }
        return kind.delete(&case.region, own, Deletion::Purge).await.map_err(|error| error.to_string());
    }
    for time in ["first", "second"] {
        let delete = || kind.delete(&case.region, &id, Deletion::Purge);
        let deleted = retrying(Duration::from_secs(60), |_| {}, delete).await;
        deleted.map_err(|error| format!("{time} delete: {error}"))?;
    }
    apply(harness, &graph, "after the deletion outside ohinfra").await?;
    must_be_empty(harness, &graph, "after it was created again").await?;

    let report = harness.run(&graph, Mode::Purge).await.map_err(|error| format!("purge: {error}"))?;
    if !report.is_success() || !harness.document().resources.is_empty() {
        return Err(format!("purge: {report:?}"));
    }
    Ok(())
}

/// Runs the fault suite: every mutating call is lost once, before and after it takes effect. The same run or a repeated run
/// converges, without duplicate or leftover resources. `harness` must use a provider from [`lossy`](crate::lossy::lossy) with
/// `armed`.
pub async fn check_faults(harness: &Harness, armed: &Armed, case: &Case) -> Result<(), String> {
    let losses = ["create", "update", "delete"]
        .into_iter()
        .flat_map(|operation| [false, true].map(|after| Loss { operation, after }));
    for loss in losses {
        let step =
            format!("{} lost {}", loss.operation, if loss.after { "after its effect" } else { "before its effect" });
        armed.set(Some(loss));
        let graph = graph_of(harness, case, &inputs_of(&case.inputs), Tags::new());
        apply(harness, &graph, &step).await?;
        must_be_empty(harness, &graph, &format!("{step}: after the create")).await?;
        let in_place = case.changes.iter().find(|(field, _)| !case.schema.traits(field).has(REPLACE));
        if let Some((field, value)) = in_place {
            let mut inputs = inputs_of(&case.inputs);
            inputs.insert((*field).to_owned(), value.clone());
            let graph = graph_of(harness, case, &inputs, Tags::new());
            apply(harness, &graph, &step).await?;
            must_be_empty(harness, &graph, &format!("{step}: after the update")).await?;
        }
        let report = harness.run(&graph, Mode::Purge).await.map_err(|error| format!("{step}: purge: {error}"))?;
        armed.set(None);
        let remaining = harness.plan(&graph, Mode::Purge).await.map_err(|error| format!("{step}: {error}"))?;
        if !report.is_success() || !remaining.is_empty() {
            return Err(format!("{step}: purge: {report:?}; remaining: {remaining:?}"));
        }
    }
    Ok(())
}

/// Changes the inputs of a resource outside ohinfra, one at a time: the plan shows exactly this input as drift, and an apply
/// restores exactly this input. `mutate` changes a path and returns `false` if the resource has no such value. Returns the
/// changed paths.
pub async fn check_drift(
    harness: &Harness,
    case: &Case,
    paths: &[(String, u64)],
    mutate: impl Fn(&str, u64, &Value) -> Result<bool, String>,
) -> Result<Vec<String>, Vec<String>> {
    let graph = graph_of(harness, case, &inputs_of(&case.inputs), Tags::new());
    apply(harness, &graph, "create").await.map_err(|error| vec![error])?;
    must_be_empty(harness, &graph, "after the create").await.map_err(|error| vec![error])?;
    let (mut changed, mut failures) = (Vec::new(), Vec::new());
    for (path, number) in paths {
        let document = harness.document();
        let resource = document.resources.get(&address()).map(serde_json::to_value).and_then(Result::ok);
        match mutate(path, *number, &resource.unwrap_or_default()) {
            Ok(false) => continue,
            Ok(true) => changed.extend(path.split('+').map(str::to_owned)),
            Err(error) => {
                failures.push(format!("`{path}` ({number}): {error}"));
                continue;
            }
        }
        let step = format!("`{path}` ({number}) changed outside ohinfra");
        if let Err(error) = restored(harness, &graph, path, &step).await {
            failures.push(error);
        }
    }
    harness.run(&graph, Mode::Purge).await.map_err(|error| vec![format!("purge: {error}")])?;
    if failures.is_empty() { Ok(changed) } else { Err(failures) }
}

async fn restored(harness: &Harness, graph: &Graph, path: &str, step: &str) -> Result<(), String> {
    let plan = plan(harness, graph, step).await?;
    let is_it = |other: &String| path.split('+').any(|path| other == path || other.starts_with(&format!("{path}.")));
    let drift: Vec<&String> = plan.drift.iter().flat_map(|drift| &drift.fields).map(|field| &field.path).collect();
    let changes: Vec<&String> =
        plan.changes.values().flat_map(|change| &change.fields).map(|field| &field.path).collect();
    apply(harness, graph, step).await?;
    for (what, fields) in [("drift", drift), ("the change", changes)] {
        if fields.is_empty() || !fields.iter().all(|field| is_it(field)) {
            return Err(format!("{step}: {what} shows {fields:?}"));
        }
    }
    must_be_empty(harness, graph, &format!("{step}: after the apply")).await.map(|_| ())
}
