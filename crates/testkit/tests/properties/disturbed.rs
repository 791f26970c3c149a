//! Convergence: after any failure, the same command reaches the state of an undisturbed run.

use ohinfra_core::error::ErrorKind;
use ohinfra_engine::{Interrupt, Report};
use ohinfra_plan::{Graph, Mode};
use ohinfra_testkit::store::WriteFault;
use ohinfra_testkit::{Cloud, Fault, Harness};
use proptest::prelude::*;
use serde_json::json;

use crate::graphs::{
    Node, address, addresses, changed, graph, harness, in_virtual_time, must_converge, must_go, nodes, retained,
};

/// Disturbances of a run.
#[derive(Clone, Debug, Default)]
struct Disturbance {
    /// Calls that fail, by index, each with its fault.
    calls: Vec<(usize, Fault)>,
    /// The state write that fails, by index, with its fault.
    write: Option<(u64, WriteFault)>,
    /// The call at which the user interrupts; `true` for two interrupts.
    interrupt: Option<(usize, bool)>,
    /// Resources deleted (`true`) or changed outside ohinfra before the run.
    outside: Vec<(usize, bool)>,
}

impl Disturbance {
    /// Returns `true` if a resource is deleted outside ohinfra.
    fn deletes(&self) -> bool {
        self.outside.iter().any(|(_, removed)| *removed) || self.calls.iter().any(|(_, fault)| *fault == Fault::Vanish)
    }
}

fn disturbance() -> impl Strategy<Value = Disturbance> {
    let fault = prop_oneof![
        3 => Just(Fault::Refuse(ErrorKind::Throttled)),
        3 => Just(Fault::Refuse(ErrorKind::Unavailable)),
        2 => Just(Fault::Refuse(ErrorKind::NotYetVisible)),
        2 => Just(Fault::Refuse(ErrorKind::Dependency)),
        2 => Just(Fault::Refuse(ErrorKind::Denied)),
        4 => Just(Fault::LoseAnswer),
        2 => Just(Fault::Vanish),
        1 => Just(Fault::CrashBefore),
        1 => Just(Fault::CrashAfter),
    ];
    let write = prop_oneof![
        Just(WriteFault::Refuse),
        Just(WriteFault::LoseAnswer),
        Just(WriteFault::Overtaken),
        Just(WriteFault::LockTaken),
        Just(WriteFault::CrashBefore),
        Just(WriteFault::CrashAfter),
    ];
    (
        proptest::collection::vec((0..300usize, fault), 0..10),
        proptest::option::of((0..20u64, write)),
        proptest::option::weighted(0.2, (0..300usize, any::<bool>())),
        proptest::collection::vec((any::<usize>(), any::<bool>()), 0..4),
    )
        .prop_map(|(calls, write, interrupt, outside)| Disturbance { calls, write, interrupt, outside })
}

/// Runs with disturbances. Returns the report; `None` if the run crashed or the planning failed. The lock holder is then dead.
async fn run_disturbed(
    harness: &Harness,
    cloud: &Cloud,
    graph: &Graph,
    mode: Mode,
    disturbance: &Disturbance,
    nodes: usize,
) -> Option<Report> {
    for (n, removed) in &disturbance.outside {
        let address = address(n % nodes).to_string();
        if *removed {
            cloud.remove(&address);
        } else if cloud.object(&address).is_some() {
            cloud.edit(&address, |inputs| {
                inputs.insert("size".into(), json!(77));
            });
        }
    }
    let mut harness = harness.clone();
    harness.engine.interrupt = Interrupt::default();
    let (calls, interrupt, base) = (disturbance.calls.clone(), disturbance.interrupt, cloud.calls().len());
    let user = harness.engine.interrupt.clone();
    cloud.set_faults(move |call| {
        let n = call.index - base;
        if interrupt.is_some_and(|(at, _)| at == n) {
            user.stop.cancel();
        }
        if interrupt.is_some_and(|(at, twice)| twice && at + 1 == n) {
            user.abandon.cancel();
        }
        calls.iter().find(|(at, _)| *at == n).map(|(_, fault)| fault.clone())
    });
    if let Some((at, fault)) = disturbance.write.clone() {
        harness.store.set_faults(move |n| (n == at).then(|| fault.clone()));
    }
    let report = tokio::select! {
        report = harness.run(graph, mode) => report.ok(),
        () = cloud.crashed.notified() => None,
        () = harness.store.crashed.notified() => None,
    };
    cloud.clear_faults();
    harness.store.clear_faults();
    harness.store.holder_died();
    report
}

/// Generates mostly small graphs, for small counterexamples, and some larger than any deployment.
fn graphs() -> impl Strategy<Value = Vec<Node>> {
    prop_oneof![6 => nodes(12), 3 => nodes(40), 1 => nodes(200)]
}

proptest! {
    #[test]
    fn the_same_command_converges_after_any_failure(
        nodes in graphs(),
        changes in proptest::collection::vec(any::<(usize, u8)>(), 0..8),
        disturbances in proptest::array::uniform3(disturbance()),
        other_next: bool,
        seeds: [u16; 12],
    ) {
        in_virtual_time(async {
            let (cloud, harness) = harness(&seeds);
            let [first, second, third] = disturbances;
            run_disturbed(&harness, &cloud, &graph(&nodes), Mode::Apply, &first, nodes.len()).await;
            // The next run may have another configuration, regardless of the result of this one.
            if !other_next {
                must_converge(&harness, &cloud, &nodes).await?;
            }

            let before = nodes.clone();
            let nodes = changed(&nodes, &changes);
            run_disturbed(&harness, &cloud, &graph(&nodes), Mode::Apply, &second, nodes.len()).await;
            if other_next {
                must_converge(&harness, &cloud, &before).await?;
            }
            must_converge(&harness, &cloud, &nodes).await?;

            let report = run_disturbed(&harness, &cloud, &graph(&nodes), Mode::Destroy, &third, nodes.len()).await;
            let done = report.is_some_and(|report| report.is_success());
            prop_assert!(!done || harness.document().resources.is_empty(), "a successful destroy empties the state");
            if !third.deletes() {
                return must_go(&harness, &cloud, &nodes).await;
            }
            // A resource deleted outside ohinfra cannot be retained.
            let report = harness.run(&graph(&nodes), Mode::Destroy).await.unwrap();
            prop_assert!(report.is_success(), "{:?}", report);
            prop_assert!(addresses(&cloud).iter().all(|address| retained(&nodes).contains(address)));
            prop_assert!(harness.document().resources.is_empty());
            Ok(())
        })?;
    }

    #[test]
    fn a_purge_deletes_everything_after_a_disturbed_apply(
        nodes in graphs(), disturbances in proptest::array::uniform2(disturbance()), seeds: [u16; 12],
    ) {
        in_virtual_time(async {
            let (cloud, harness) = harness(&seeds);
            let [first, second] = disturbances;
            let graph = graph(&nodes);
            run_disturbed(&harness, &cloud, &graph, Mode::Apply, &first, nodes.len()).await;
            run_disturbed(&harness, &cloud, &graph, Mode::Purge, &second, nodes.len()).await;
            let report = harness.run(&graph, Mode::Purge).await.unwrap();
            prop_assert!(report.is_success(), "{:?}", report);
            prop_assert!(cloud.objects().is_empty(), "{:?}", cloud.objects());
            prop_assert!(harness.document().resources.is_empty());
            Ok(())
        })?;
    }
}
