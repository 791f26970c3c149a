//! Planner and executor on random graphs in the in-memory cloud, in virtual time.

#![expect(clippy::unwrap_used, reason = "a panic fails the test")]

mod disturbed;
mod graphs;
mod operators;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use ohinfra_core::Address;
use ohinfra_plan::steps::{is_walkable, steps};
use ohinfra_plan::{Graph, Mode};
use ohinfra_testkit::Cloud;
use proptest::prelude::*;
use serde_json::json;

use graphs::{address, all, changed, graph, harness, in_virtual_time, must_converge, must_go, nodes, retained};

/// Returns the time until the executor detects readiness after `latency`: its backoff grows by half, from 0.5 s to 15 s.
fn seen_ready(latency: Duration) -> Duration {
    let (mut at, mut pause) = (Duration::ZERO, Duration::from_millis(500));
    while at < latency {
        // The timer has millisecond resolution.
        at += Duration::from_millis(u64::try_from(pause.as_micros().div_ceil(1000)).unwrap());
        pause = (pause * 3 / 2).min(Duration::from_secs(15));
    }
    at
}

/// Returns the duration of the critical path.
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
    fn an_apply_takes_as_long_as_the_critical_path_and_leaves_an_empty_plan(
        nodes in nodes(40), seeds: [u16; 12],
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
    fn any_changes_converge_in_one_apply_and_destroy_keeps_only_retained_resources(
        nodes in nodes(40), changes in proptest::collection::vec(any::<(usize, u8)>(), 0..12), seeds: [u16; 12],
    ) {
        in_virtual_time(async {
            let (cloud, harness) = harness(&seeds);
            must_converge(&harness, &cloud, &nodes).await?;
            let nodes = changed(&nodes, &changes);
            let plan = harness.plan(&graph(&nodes), Mode::Apply).await.unwrap();
            prop_assert!(is_walkable(&steps(&plan)));
            must_converge(&harness, &cloud, &nodes).await?;
            must_go(&harness, &cloud, &nodes).await?;
            // Retained resources are adopted, not created again.
            cloud.forget_calls();
            must_converge(&harness, &cloud, &nodes).await?;
            let created = cloud.calls().iter().filter(|call| call.operation == "create").count();
            prop_assert_eq!(created, nodes.len() - retained(&nodes).len());
            Ok(())
        })?;
    }

    #[test]
    fn changes_made_outside_ohinfra_are_reported_as_drift_and_repaired(
        nodes in nodes(25), edits in proptest::collection::vec((any::<usize>(), any::<bool>()), 1..6), seeds: [u16; 12],
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
