//! Two operators of one deployment; the process of one dies at an arbitrary moment.

use std::sync::Arc;
use std::time::Duration;

use ohinfra_plan::Mode;
use ohinfra_state::{LockInfo, StateError};
use ohinfra_testkit::Fault;
use ohinfra_testkit::harness::VirtualClock;
use ohinfra_testkit::store::WriteFault;
use proptest::prelude::*;

use crate::graphs::{changed, graph, harness, in_virtual_time, must_converge, nodes};

/// Interval between attempts of the second operator.
const INTERVAL: Duration = Duration::from_secs(10);

proptest! {
    #[test]
    fn a_dead_operator_blocks_others_only_until_its_lock_expires(
        nodes in nodes(40),
        changes in proptest::collection::vec(any::<(usize, u8)>(), 0..8),
        crash in (0..200usize, any::<bool>()),
        write_crash in proptest::option::of((0..10u64, any::<bool>())),
        seeds: [u16; 12],
    ) {
        in_virtual_time(async {
            let (cloud, mut ada) = harness(&seeds);
            ada.engine.clock = Arc::new(VirtualClock(cloud.clone()));
            let mut grace = ada.clone();
            grace.operator = "grace".to_owned();
            must_converge(&ada, &cloud, &nodes).await?;
            let nodes = changed(&nodes, &changes);
            let graph = graph(&nodes);

            // Ada's process dies, and her lock remains.
            let (at, after) = crash;
            let base = cloud.calls().len();
            cloud.set_faults(move |call| {
                (call.index - base == at).then_some(if after { Fault::CrashAfter } else { Fault::CrashBefore })
            });
            if let Some((at, after)) = write_crash {
                let fault = if after { WriteFault::CrashAfter } else { WriteFault::CrashBefore };
                ada.store.set_faults(move |n| (n == at).then(|| fault.clone()));
            }
            tokio::select! {
                _ = ada.run(&graph, Mode::Apply) => {}
                () = cloud.crashed.notified() => {}
                () = ada.store.crashed.notified() => {}
            }
            cloud.clear_faults();
            ada.store.clear_faults();

            let died = cloud.now();
            loop {
                let report = grace.run(&graph, Mode::Apply).await.unwrap();
                let Some(StateError::Locked { holder, .. }) = &report.state_error else {
                    prop_assert!(report.is_success(), "{:?}", report);
                    break;
                };
                prop_assert_eq!(&holder.who, "ada");
                let waited = cloud.now().saturating_sub(died);
                prop_assert!(waited <= LockInfo::EXPIRY + INTERVAL, "still locked after {:?}", waited);
                tokio::time::sleep(INTERVAL).await;
            }
            must_converge(&grace, &cloud, &nodes).await
        })?;
    }
}
