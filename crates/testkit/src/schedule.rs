//! The duration of a full apply in virtual time, based on the usual durations in AWS.

use std::collections::BTreeMap;
use std::time::Duration;

use ohinfra_core::Address;
use ohinfra_core::provider::Schemas;
use ohinfra_openhands::sandbox_policy::SandboxPolicy;
use ohinfra_openhands::{Configuration, Environment, Sources, build_graph};
use ohinfra_plan::Graph;
use ohinfra_plan::graph::{Need, Resource};

use crate::cloud::{Cloud, Latency};
use crate::harness::Harness;
use crate::kind;

/// The duration of a call.
const ANSWER: Duration = Duration::from_secs(1);

/// The measured schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// The duration of the apply.
    pub took: Duration,
    /// The minimum duration: the longest path through the graph.
    pub critical_path: Duration,
    /// The duration if the stacks are deployed sequentially.
    pub one_after_another: Duration,
    /// The number of stacks.
    pub stacks: usize,
    /// The number of resources.
    pub resources: usize,
}

/// Builds the full graph of a configuration with placeholder lookup results.
fn graph(configuration: &str) -> Graph {
    let file = Some(("ohinfra.toml".to_owned(), configuration.to_owned()));
    let loaded = Configuration::load(&Sources { file, ..Sources::default() });
    let Ok((configuration, _)) = loaded else { unreachable!("BUG: the example is not valid") };
    let environment = Environment::placeholder(&configuration);
    match build_graph(&configuration, &environment, &SandboxPolicy::default()) {
        Ok(graph) => graph,
        Err(errors) => unreachable!("BUG: {errors:?}"),
    }
}

fn usual(schemas: &Schemas, resource: &Resource) -> Duration {
    schemas.get(resource.kind).map_or(ANSWER, |schema| schema.usual.max(ANSWER))
}

/// Returns the longest path through the included resources. Dependencies on other resources are assumed to be ready.
fn longest(schemas: &Schemas, graph: &Graph, is_included: impl Fn(&Address) -> bool) -> Duration {
    let mut known: BTreeMap<&Address, (Duration, Duration)> = BTreeMap::new();
    for resource in graph.in_order().filter(|resource| is_included(&resource.address)) {
        let starts = resource.needs.iter().filter_map(|(need, how)| {
            let (identified, ready) = known.get(need)?;
            Some(if *how == Need::Early { *identified } else { *ready })
        });
        let start = starts.max().unwrap_or_default();
        known.insert(&resource.address, (start + ANSWER, start + usual(schemas, resource)));
    }
    known.values().map(|(_, ready)| *ready).max().unwrap_or_default()
}

/// Applies a configuration in virtual time. Must be called in a runtime with paused time.
pub async fn apply_everything(configuration: &str) -> Schedule {
    let graph = graph(configuration);
    let cloud = Cloud::default();
    for schema in ohinfra_kinds::schemas() {
        let ready = schema.usual.saturating_sub(ANSWER);
        cloud.set_latency(schema.kind, Latency { create: ANSWER, ready, update: ANSWER, delete: ANSWER });
    }
    let harness = Harness::new(kind::provider(&cloud, ohinfra_kinds::schemas()));
    let start = cloud.now();
    let report = harness.apply(&graph).await;
    assert!(report.as_ref().is_ok_and(ohinfra_engine::Report::is_success), "{report:?}");
    let schemas = harness.engine.provider.schemas();
    let stacks = graph.stacks();
    let one_after_another =
        stacks.iter().map(|stack| longest(schemas, &graph, |address| address.stack() == *stack)).sum();
    Schedule {
        took: cloud.now().saturating_sub(start),
        critical_path: longest(schemas, &graph, |_| true),
        one_after_another,
        stacks: stacks.len(),
        resources: graph.len(),
    }
}
