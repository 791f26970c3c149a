//! Planner and executor on random graphs in the in-memory cloud, in virtual time.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use ohinfra_core::error::ErrorKind;
use ohinfra_core::{Address, Region};
use ohinfra_engine::Report;
use ohinfra_plan::graph::{GraphBuilder, Handle, Options};
use ohinfra_plan::steps::{is_walkable, steps};
use ohinfra_plan::{Graph, Mode};
use ohinfra_testkit::{Cloud, Fault, Harness, Latency, kind, schemas};
use proptest::prelude::*;
use serde_json::json;

/// A resource of a random graph.
#[derive(Clone, Debug)]
struct Node {
    kind: usize,
    size: u8,
    shape: u8,
    retain: bool,
    /// Earlier nodes that it refers to (modulo its own number), and whether to an early attribute.
    links: Vec<(usize, bool)>,
}

fn node() -> impl Strategy<Value = Node> {
    let links = proptest::collection::vec((any::<usize>(), any::<bool>()), 0..4);
    (0..3usize, 0..3u8, 0..2u8, proptest::bool::weighted(0.15), links)
        .prop_map(|(kind, size, shape, retain, links)| Node { kind, size, shape, retain, links })
}

fn nodes(most: usize) -> impl Strategy<Value = Vec<Node>> {
    proptest::collection::vec(node(), 1..most)
}

fn region() -> Region {
    Region::us_east_1()
}

fn address(n: usize) -> Address {
    format!("stack-{}/node-{n}", n % 3).parse().unwrap()
}

/// The nodes that are retained: only such as refer to nothing, because what is left in a cloud holds on to what it refers to.
fn retained(nodes: &[Node]) -> BTreeSet<Address> {
    (0..nodes.len()).filter(|n| nodes[*n].retain && (*n == 0 || nodes[*n].links.is_empty())).map(address).collect()
}

fn graph(nodes: &[Node]) -> Graph {
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
        let mut inputs = json!({ "size": node.size, "shape": node.shape, "links": links });
        if node.kind == 1 {
            inputs["name"] = json!(format!("name-{n}"));
        }
        let options = Options { retain: kept.contains(&address(n)), ..Options::default() };
        let schema = schemas::all().swap_remove(node.kind);
        handles.push(builder.add_raw(schema, address(n), &region(), inputs.as_object().unwrap().clone(), options));
    }
    builder.build().unwrap()
}

fn changed(nodes: &[Node], changes: &[(usize, u8)]) -> Vec<Node> {
    let mut nodes = nodes.to_vec();
    let kept = retained(&nodes);
    for (n, change) in changes {
        let n = n % nodes.len();
        match change % 4 {
            0 => nodes[n].size = nodes[n].size.wrapping_add(1),
            // What holds data is never replaced here: its predecessor would stay.
            1 if !kept.contains(&address(n)) => nodes[n].shape = 1 - nodes[n].shape.min(1),
            2 if !kept.contains(&address(n)) => nodes[n].links.push((n.wrapping_mul(7), n.is_multiple_of(2))),
            _ => {
                if nodes.len() > 1 && !kept.contains(&address(nodes.len() - 1)) {
                    nodes.pop();
                }
            }
        }
    }
    nodes
}

fn latencies(cloud: &Cloud, seeds: &[u16; 9]) {
    let duration = |n: u16| Duration::from_millis(u64::from(n) % 40_000);
    for (n, schema) in schemas::all().iter().enumerate() {
        let [create, ready, update] = [seeds[n * 3], seeds[n * 3 + 1], seeds[n * 3 + 2]].map(duration);
        cloud.set_latency(schema.kind, Latency { create, ready, update, delete: update / 2 });
    }
}

fn harness(seeds: &[u16; 9]) -> (Cloud, Harness) {
    let cloud = Cloud::default();
    latencies(&cloud, seeds);
    let harness = Harness::new(kind::provider(&cloud, schemas::all()));
    (cloud, harness)
}

/// Runs on virtual time: hours pass in milliseconds.
fn in_virtual_time<F: Future>(test: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(test)
}

fn addresses(cloud: &Cloud) -> Vec<Address> {
    let mut found: Vec<Address> = cloud.objects().iter().filter_map(ohinfra_testkit::cloud::Object::address).collect();
    found.sort();
    found
}

fn all(nodes: &[Node]) -> Vec<Address> {
    let mut all: Vec<Address> = (0..nodes.len()).map(address).collect();
    all.sort();
    all
}

async fn must_converge(harness: &Harness, cloud: &Cloud, nodes: &[Node]) -> Result<(), TestCaseError> {
    let graph = graph(nodes);
    let report = harness.apply(&graph).await.unwrap();
    prop_assert!(report.is_success(), "{:?}", report);
    let plan = harness.plan(&graph, Mode::Apply).await.unwrap();
    prop_assert!(plan.is_empty() && plan.drift.is_empty(), "{:?}", plan);
    prop_assert_eq!(addresses(cloud), all(nodes), "exactly what is desired is there, nothing twice");
    prop_assert!(harness.document().resources.keys().eq(all(nodes).iter()));
    Ok(())
}

async fn must_go(harness: &Harness, cloud: &Cloud, nodes: &[Node]) -> Result<(), TestCaseError> {
    let graph = graph(nodes);
    let report = harness.run(&graph, Mode::Destroy).await.unwrap();
    prop_assert!(report.is_success(), "{:?}", report);
    prop_assert_eq!(addresses(cloud), retained(nodes).into_iter().collect::<Vec<_>>());
    prop_assert!(harness.document().resources.is_empty());
    Ok(())
}

/// The run, or nothing if a call crashed it.
async fn run_or_crash(harness: &Harness, cloud: &Cloud, graph: &Graph, mode: Mode) -> Option<Report> {
    let report = tokio::select! {
        report = harness.run(graph, mode) => report.ok(),
        () = cloud.crashed.notified() => None,
    };
    harness.store.holder_died();
    report
}

/// How long the executor needs to see that something is ready after `latency`: its pauses grow from 0.5 s by half to 15 s.
fn seen_ready(latency: Duration) -> Duration {
    let (mut at, mut pause) = (Duration::ZERO, Duration::from_millis(500));
    while at < latency {
        // The timer counts in whole milliseconds.
        at += Duration::from_millis(u64::try_from(pause.as_micros().div_ceil(1000)).unwrap());
        pause = (pause * 3 / 2).min(Duration::from_secs(15));
    }
    at
}

/// The time that the longest chain of what must follow one another takes.
fn critical_path(cloud: &Cloud, graph: &Graph) -> Duration {
    let mut known: BTreeMap<Address, (Duration, Duration)> = BTreeMap::new();
    for resource in graph.in_order() {
        let latency = cloud.latency(resource.kind);
        let after = |(address, need): (&Address, &ohinfra_plan::graph::Need)| match need {
            ohinfra_plan::graph::Need::Early => known[address].0,
            ohinfra_plan::graph::Need::Ready => known[address].1,
        };
        let start = resource.needs.iter().map(after).max().unwrap_or_default();
        let identified = start + latency.create;
        known.insert(resource.address.clone(), (identified, identified + seen_ready(latency.ready)));
    }
    known.values().map(|(_, ready)| *ready).max().unwrap_or_default()
}

proptest! {
    #[test]
    fn after_an_apply_the_plan_is_empty_nothing_ran_twice_and_it_took_no_longer_than_the_critical_path(
        nodes in nodes(40), seeds: [u16; 9],
    ) {
        in_virtual_time(async {
            let (cloud, harness) = harness(&seeds);
            let graph = graph(&nodes);
            let began = cloud.now();
            let report = harness.apply(&graph).await.unwrap();
            prop_assert!(report.is_success(), "{:?}", report);
            prop_assert_eq!(cloud.now().checked_sub(began).unwrap(), critical_path(&cloud, &graph));
            let mut created: Vec<String> =
                cloud.calls().into_iter().filter(|call| call.operation == "create").map(|call| call.about).collect();
            created.sort();
            prop_assert_eq!(created, all(&nodes).iter().map(ToString::to_string).collect::<Vec<_>>());
            must_converge(&harness, &cloud, &nodes).await
        })?;
    }

    #[test]
    fn any_set_of_changes_is_applied_in_one_go_and_destroy_leaves_only_what_is_retained(
        nodes in nodes(40), changes in proptest::collection::vec(any::<(usize, u8)>(), 0..12), seeds: [u16; 9],
    ) {
        in_virtual_time(async {
            let (cloud, harness) = harness(&seeds);
            must_converge(&harness, &cloud, &nodes).await?;
            let nodes = changed(&nodes, &changes);
            let plan = harness.plan(&graph(&nodes), Mode::Apply).await.unwrap();
            prop_assert!(is_walkable(&steps(&plan)));
            must_converge(&harness, &cloud, &nodes).await?;
            must_go(&harness, &cloud, &nodes).await?;
            // What was retained is found again: nothing of it is made a second time.
            cloud.forget_calls();
            must_converge(&harness, &cloud, &nodes).await?;
            let made = cloud.calls().iter().filter(|call| call.operation == "create").count();
            prop_assert_eq!(made, nodes.len() - retained(&nodes).len());
            Ok(())
        })?;
    }

    #[test]
    fn whatever_fails_or_crashes_the_same_command_again_ends_where_an_undisturbed_one_would_have(
        nodes in nodes(25),
        changes in proptest::collection::vec(any::<(usize, u8)>(), 0..8),
        faults in proptest::collection::vec((0..150usize, 0..6u8), 0..10),
        crash in proptest::option::of((0..150usize, any::<bool>())),
        seeds: [u16; 9],
    ) {
        in_virtual_time(async {
            let (cloud, harness) = harness(&seeds);
            let disturb = |cloud: &Cloud| {
                let (faults, crash, base) = (faults.clone(), crash, cloud.calls().len());
                cloud.set_faults(move |call| {
                    let n = call.index - base;
                    if let Some((_, after)) = crash.filter(|(at, _)| *at == n) {
                        return Some(if after { Fault::CrashAfter } else { Fault::CrashBefore });
                    }
                    let (_, what) = faults.iter().find(|(at, _)| *at == n)?;
                    Some(match what {
                        0 => Fault::Refuse(ErrorKind::Throttled),
                        1 => Fault::Refuse(ErrorKind::Unavailable),
                        2 => Fault::Refuse(ErrorKind::Denied),
                        3 => Fault::Refuse(ErrorKind::NotYetVisible),
                        _ => Fault::LoseAnswer,
                    })
                });
            };
            disturb(&cloud);
            run_or_crash(&harness, &cloud, &graph(&nodes), Mode::Apply).await;
            cloud.clear_faults();
            must_converge(&harness, &cloud, &nodes).await?;

            let nodes = changed(&nodes, &changes);
            disturb(&cloud);
            run_or_crash(&harness, &cloud, &graph(&nodes), Mode::Apply).await;
            cloud.clear_faults();
            must_converge(&harness, &cloud, &nodes).await?;

            disturb(&cloud);
            run_or_crash(&harness, &cloud, &graph(&nodes), Mode::Destroy).await;
            cloud.clear_faults();
            must_go(&harness, &cloud, &nodes).await
        })?;
    }

    #[test]
    fn what_changes_behind_our_back_is_shown_as_drift_and_repaired(
        nodes in nodes(25), edits in proptest::collection::vec((any::<usize>(), any::<bool>()), 1..6), seeds: [u16; 9],
    ) {
        in_virtual_time(async {
            let (cloud, harness) = harness(&seeds);
            must_converge(&harness, &cloud, &nodes).await?;
            let mut touched = BTreeSet::new();
            for (n, removed) in &edits {
                let address = address(n % nodes.len());
                if !touched.insert(address.clone()) {
                    continue;
                }
                if *removed {
                    cloud.remove(&address.to_string());
                } else {
                    cloud.edit(&address.to_string(), |inputs| { inputs.insert("size".into(), json!(99)); });
                }
            }
            let plan = harness.plan(&graph(&nodes), Mode::Apply).await.unwrap();
            let drifted: BTreeSet<Address> = plan.drift.iter().map(|drift| drift.address.clone()).collect();
            prop_assert_eq!(drifted, touched);
            must_converge(&harness, &cloud, &nodes).await
        })?;
    }
}
