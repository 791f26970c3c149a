//! Random graphs, random changes to them, and the properties that must hold after a run.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use ohinfra_core::{Address, Region};
use ohinfra_plan::graph::{GraphBuilder, Handle, Options};
use ohinfra_plan::{Graph, Mode};
use ohinfra_testkit::{Cloud, Harness, Latency, kind, schemas};
use proptest::prelude::*;
use serde_json::json;

/// A resource of a random graph.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    kind: usize,
    size: u8,
    shape: u8,
    /// Selects one of two natural names, if the kind has one.
    name: u8,
    retain: bool,
    /// Earlier nodes that it references, modulo its own number; `true` for an early attribute.
    links: Vec<(usize, bool)>,
}

pub(crate) fn node() -> impl Strategy<Value = Node> {
    let links = proptest::collection::vec((any::<usize>(), any::<bool>()), 0..4);
    (0..4usize, 0..3u8, 0..2u8, proptest::bool::weighted(0.15), links)
        .prop_map(|(kind, size, shape, retain, links)| Node { kind, size, shape, name: 0, retain, links })
}

pub(crate) fn nodes(limit: usize) -> impl Strategy<Value = Vec<Node>> {
    proptest::collection::vec(node(), 1..limit)
}

pub(crate) fn region() -> Region {
    Region::us_east_1()
}

pub(crate) fn address(n: usize) -> Address {
    format!("stack-{}/node-{n}", n % 3).parse().unwrap()
}

/// Returns the retained nodes. They have no references, because a retained resource would block the deletion of its dependencies.
pub(crate) fn retained(nodes: &[Node]) -> BTreeSet<Address> {
    (0..nodes.len()).filter(|n| nodes[*n].retain && (*n == 0 || nodes[*n].links.is_empty())).map(address).collect()
}

pub(crate) fn graph(nodes: &[Node]) -> Graph {
    let mut builder = GraphBuilder::new("test", BTreeMap::new());
    let mut handles: Vec<Handle> = Vec::new();
    let kept = retained(nodes);
    for (n, node) in nodes.iter().enumerate() {
        let links: Vec<_> = node
            .links
            .iter()
            .filter(|_| n > 0)
            .map(|(target, early)| json!(handles[target % n].attribute(if *early { "id" } else { "arn" })))
            .collect();
        let members = [node.size, node.size.wrapping_add(1)];
        let mut inputs = json!({ "size": node.size, "shape": node.shape, "links": links, "members": members });
        if [1, 3].contains(&node.kind) {
            inputs["name"] = json!(format!("name-{n}-{}", node.name));
        }
        let options = Options { retain: kept.contains(&address(n)), ..Options::default() };
        let schema = schemas::all().swap_remove(node.kind);
        handles.push(builder.add_raw(schema, address(n), &region(), inputs.as_object().unwrap().clone(), options));
    }
    builder.build().unwrap()
}

pub(crate) fn changed(nodes: &[Node], changes: &[(usize, u8)]) -> Vec<Node> {
    let mut nodes = nodes.to_vec();
    let kept = retained(&nodes);
    for (n, change) in changes {
        let n = n % nodes.len();
        match change % 5 {
            0 => nodes[n].size = nodes[n].size.wrapping_add(1),
            // Resources that hold data are not replaced: the predecessor would be retained.
            1 if !kept.contains(&address(n)) => nodes[n].shape = 1 - nodes[n].shape.min(1),
            2 if !kept.contains(&address(n)) => nodes[n].links.push((n.wrapping_mul(7), n.is_multiple_of(2))),
            3 if !kept.contains(&address(n)) => nodes[n].name = 1 - nodes[n].name,
            _ => {
                if nodes.len() > 1 && !kept.contains(&address(nodes.len() - 1)) {
                    nodes.pop();
                }
            }
        }
    }
    nodes
}

pub(crate) fn latencies(cloud: &Cloud, seeds: &[u16; 12]) {
    let duration = |n: u16| Duration::from_millis(u64::from(n) % 40_000);
    for (n, schema) in schemas::all().iter().enumerate() {
        let [create, ready, update] = [seeds[n * 3], seeds[n * 3 + 1], seeds[n * 3 + 2]].map(duration);
        cloud.set_latency(schema.kind, Latency { create, ready, update, delete: update / 2 });
    }
}

pub(crate) fn harness(seeds: &[u16; 12]) -> (Cloud, Harness) {
    let cloud = Cloud::default();
    latencies(&cloud, seeds);
    let harness = Harness::new(kind::provider(&cloud, schemas::all()));
    (cloud, harness)
}

/// Runs on virtual time: hours pass in milliseconds.
pub(crate) fn in_virtual_time<F: Future>(test: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(test)
}

pub(crate) fn addresses(cloud: &Cloud) -> Vec<Address> {
    let mut found: Vec<Address> = cloud.objects().iter().filter_map(ohinfra_testkit::cloud::Object::address).collect();
    found.sort();
    found
}

pub(crate) fn all(nodes: &[Node]) -> Vec<Address> {
    let mut all: Vec<Address> = (0..nodes.len()).map(address).collect();
    all.sort();
    all
}

pub(crate) async fn must_converge(harness: &Harness, cloud: &Cloud, nodes: &[Node]) -> Result<(), TestCaseError> {
    let graph = graph(nodes);
    let report = harness.apply(&graph).await.unwrap();
    prop_assert!(report.is_success(), "{:?}", report);
    let plan = harness.plan(&graph, Mode::Apply).await.unwrap();
    prop_assert!(plan.is_empty() && plan.drift.is_empty(), "{:?}", plan);
    prop_assert_eq!(addresses(cloud), all(nodes), "exactly the desired resources exist, without duplicates");
    prop_assert!(harness.document().resources.keys().eq(all(nodes).iter()));
    Ok(())
}

pub(crate) async fn must_go(harness: &Harness, cloud: &Cloud, nodes: &[Node]) -> Result<(), TestCaseError> {
    let graph = graph(nodes);
    let report = harness.run(&graph, Mode::Destroy).await.unwrap();
    prop_assert!(report.is_success(), "{:?}", report);
    prop_assert_eq!(addresses(cloud), retained(nodes).into_iter().collect::<Vec<_>>());
    prop_assert!(harness.document().resources.is_empty());
    Ok(())
}
