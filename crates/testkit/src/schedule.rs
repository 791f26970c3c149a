//! How long an apply of everything takes, in virtual time, with the durations that AWS usually takes.

use std::collections::BTreeMap;
use std::time::Duration;

use ohinfra_core::Address;
use ohinfra_openhands::sandbox_policy::SandboxPolicy;
use ohinfra_openhands::{Configuration, Environment, Sources, build_graph};
use ohinfra_plan::Graph;
use ohinfra_plan::graph::{Need, Resource};

use crate::cloud::{Cloud, Latency};
use crate::harness::Harness;
use crate::kind;

/// From the start of a create call until its answer.
const ANSWER: Duration = Duration::from_secs(1);

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// How long the apply took.
    pub took: Duration,
    /// How long it must take: the longest path through the graph.
    pub critical_path: Duration,
    /// How long the same takes when the stacks are deployed one after another.
    pub one_after_another: Duration,
    /// The number of stacks.
    pub stacks: usize,
    /// The number of resources.
    pub resources: usize,
}

/// The whole graph of a configuration, on made-up answers of look-ups.
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

fn usual(graph: &Graph, resource: &Resource) -> Duration {
    graph.schema(resource.kind).map_or(ANSWER, |schema| schema.usual.max(ANSWER))
}

/// The longest path through the resources that are looked at; what they need of others is there already.
fn longest(graph: &Graph, is_looked_at: impl Fn(&Address) -> bool) -> Duration {
    let mut known: BTreeMap<&Address, (Duration, Duration)> = BTreeMap::new();
    for resource in graph.in_order().filter(|resource| is_looked_at(&resource.address)) {
        let free = resource.needs.iter().filter_map(|(need, how)| {
            let (identified, ready) = known.get(need)?;
            Some(if *how == Need::Early { *identified } else { *ready })
        });
        let begun = free.max().unwrap_or_default();
        known.insert(&resource.address, (begun + ANSWER, begun + usual(graph, resource)));
    }
    known.values().map(|(_, ready)| *ready).max().unwrap_or_default()
}

/// Applies the whole of a configuration in virtual time. Must be called in a runtime whose time is paused.
pub async fn apply_everything(configuration: &str) -> Schedule {
    let graph = graph(configuration);
    let cloud = Cloud::default();
    for schema in ohinfra_kinds::schemas() {
        let ready = schema.usual.saturating_sub(ANSWER);
        cloud.set_latency(schema.kind, Latency { create: ANSWER, ready, update: ANSWER, delete: ANSWER });
    }
    let harness = Harness::new(kind::provider(&cloud, ohinfra_kinds::schemas()));
    let began = cloud.now();
    let report = harness.apply(&graph).await;
    assert!(report.as_ref().is_ok_and(ohinfra_engine::Report::is_success), "{report:?}");
    let stacks = graph.stacks();
    let one_after_another = stacks.iter().map(|stack| longest(&graph, |address| address.stack() == *stack)).sum();
    Schedule {
        took: cloud.now().saturating_sub(began),
        critical_path: longest(&graph, |_| true),
        one_after_another,
        stacks: stacks.len(),
        resources: graph.len(),
    }
}
