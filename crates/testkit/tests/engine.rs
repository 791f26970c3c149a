//! Failures, interrupts, crashes and lost locks during a run, in virtual time.

#![expect(clippy::unwrap_used, reason = "a panic fails the test")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ohinfra_core::Region;
use ohinfra_core::error::ErrorKind;
use ohinfra_engine::events::Event;
use ohinfra_engine::writer::StateWriter;
use ohinfra_engine::{Limits, Observer};
use ohinfra_plan::graph::{GraphBuilder, Options};
use ohinfra_plan::{Graph, Mode};
use ohinfra_state::{StateDocument, StateError};
use ohinfra_testkit::harness::VirtualClock;
use ohinfra_testkit::store::MemoryStore;
use ohinfra_testkit::{Call, Cloud, Fault, Harness, Latency, kind, schemas};
use serde_json::json;

/// Returns a graph: `a/first` … `a/fourth` depend on `a/base`; `b/alone` is independent.
fn graph() -> Graph {
    let mut builder = GraphBuilder::new("test", BTreeMap::new());
    let mut add = |address: &str, inputs: serde_json::Value| {
        let inputs = inputs.as_object().unwrap().clone();
        builder.add_raw(schemas::tagged(), address.parse().unwrap(), &Region::us_east_1(), inputs, Options::default())
    };
    let base = add("a/base", json!({ "size": 1 }));
    for name in ["first", "second", "third", "fourth"] {
        add(&format!("a/{name}"), json!({ "links": [base.attribute("arn")] }));
    }
    add("b/alone", json!({ "size": 1 }));
    builder.build().unwrap()
}

fn cloud() -> (Cloud, Harness) {
    let cloud = Cloud::default();
    let second = Duration::from_secs(1);
    cloud.set_default_latency(Latency { create: second, ready: second, update: second, delete: second });
    let harness = Harness::new(kind::provider(&cloud, schemas::all()));
    (cloud, harness)
}

fn of(call: &Call, operation: &str, about: &str) -> bool {
    call.operation == operation && call.about == about
}

/// Records all events.
#[derive(Default)]
struct Recorder(Mutex<Vec<Event>>);

impl Observer for Recorder {
    fn on(&self, event: &Event) {
        self.0.lock().unwrap().push(event.clone());
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_skips_only_dependents_and_is_reported_as_the_cause() {
    let (cloud, harness) = cloud();
    cloud.set_faults(|call| of(call, "create", "a/base").then_some(Fault::Refuse(ErrorKind::Denied)));
    let report = harness.apply(&graph()).await.unwrap();
    let failed: Vec<String> = report.failed.iter().map(|failure| failure.step.address.to_string()).collect();
    assert_eq!(failed, ["a/base"]);
    assert!(report.skipped.iter().all(|(_, because)| because.to_string() == "a/base"));
    assert_eq!((report.skipped.len(), report.done.len()), (4, 1));
    assert!(cloud.object("b/alone").is_some());
}

#[tokio::test(start_paused = true)]
async fn transient_errors_are_retried_and_reported_and_permanent_ones_fail() {
    for (kind, waits) in [
        (ErrorKind::Throttled, true),
        (ErrorKind::Dependency, true),
        (ErrorKind::NotYetVisible, true),
        (ErrorKind::Unavailable, true),
        (ErrorKind::Denied, false),
        (ErrorKind::Invalid, false),
        (ErrorKind::Limit, false),
        (ErrorKind::Credentials, false),
    ] {
        let (cloud, mut harness) = cloud();
        let recorder = Arc::new(Recorder::default());
        harness.engine.observer = recorder.clone();
        let mut times = 3;
        cloud.set_faults(move |call| {
            let fails = of(call, "create", "b/alone") && times > 0;
            times -= i32::from(fails);
            fails.then_some(Fault::Refuse(kind))
        });
        let report = harness.apply(&graph()).await.unwrap();
        assert_eq!(report.is_success(), waits, "{kind:?}");
        let progress = recorder
            .0
            .lock()
            .unwrap()
            .iter()
            .filter(|e| matches!(e, Event::Progress { status, .. } if status.starts_with("waiting: ")))
            .count();
        // The first refusal is retried without an event.
        assert_eq!(progress, if waits { 2 } else { 0 }, "{kind:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn every_wait_has_a_timeout_that_reports_the_last_status() {
    let (cloud, harness) = cloud();
    cloud.set_default_latency(Latency { ready: Duration::from_secs(100_000), ..Latency::default() });
    let began = cloud.now();
    let report = harness.apply(&graph()).await.unwrap();
    assert!(cloud.now() - began < Duration::from_secs(700));
    let error = report.failed.first().unwrap().error.to_string();
    assert_eq!(error, "fake.tagged: timed out after 600 s; last status: creating");
}

#[tokio::test(start_paused = true)]
async fn the_first_interrupt_drains_and_the_second_leaves_with_the_state_written() {
    for twice in [false, true] {
        let (cloud, mut harness) = cloud();
        let recorder = Arc::new(Recorder::default());
        harness.engine.observer = Arc::clone(&recorder) as Arc<dyn Observer>;
        cloud.set_default_latency(Latency { create: Duration::from_secs(100), ..Latency::default() });
        let interrupt = harness.engine.interrupt.clone();
        let graph = graph();
        let (report, ()) = tokio::join!(harness.apply(&graph), async {
            tokio::time::sleep(Duration::from_secs(50)).await;
            interrupt.stop.cancel();
            tokio::time::sleep(Duration::from_secs(10)).await;
            if twice {
                interrupt.abandon.cancel();
            }
        });
        let report = report.unwrap();
        assert!(report.interrupted);
        let notices = recorder
            .0
            .lock()
            .unwrap()
            .iter()
            .filter(
                |event| matches!(event, Event::Notice { message } if message.contains("waiting for a/base, b/alone")),
            )
            .count();
        assert_eq!(notices, 1, "one notice lists the running steps");
        let state = harness.document();
        if twice {
            assert_eq!(report.abandoned.len(), 2, "{report:?}");
            assert_eq!(cloud.now(), Duration::from_secs(60));
        } else {
            assert_eq!((report.done.len(), report.not_started.len()), (2, 4), "{report:?}");
            assert_eq!(state.resources.len(), 2);
        }
        // The same command completes the run.
        let again = Harness {
            engine: ohinfra_engine::Engine { interrupt: Default::default(), ..harness.engine.clone() },
            ..harness
        };
        assert!(again.apply(&graph).await.unwrap().is_success());
        assert_eq!(cloud.objects().len(), 6);
    }
}

#[tokio::test(start_paused = true)]
async fn a_failed_state_write_stops_the_run_and_created_resources_are_found() {
    let (cloud, harness) = cloud();
    harness.store.set(Some(harness.document()));
    harness.store.refuse_writes(Some(StateError::Changed { place: "memory".to_owned() }));
    let report = harness.apply(&graph()).await.unwrap();
    assert!(matches!(report.state_error, Some(StateError::Changed { .. })));
    assert!(!report.not_started.is_empty(), "no further steps are started");
    harness.store.refuse_writes(None);
    assert!(harness.apply(&graph()).await.unwrap().is_success());
    assert_eq!(cloud.objects().len(), 6, "no duplicates");
}

#[tokio::test(start_paused = true)]
async fn an_identity_is_in_the_state_before_the_resource_is_ready() {
    let (cloud, harness) = cloud();
    cloud.set_default_latency(Latency { ready: Duration::from_secs(60), ..Latency::default() });
    let graph = graph();
    tokio::select! {
        _ = harness.apply(&graph) => unreachable!("the apply takes 60 s"),
        () = tokio::time::sleep(Duration::from_secs(30)) => {}
    }
    let state = harness.document();
    let base = state.resources.get(&"a/base".parse().unwrap()).unwrap();
    assert_eq!(base.status, ohinfra_state::Status::Creating);
    assert_eq!(base.id, cloud.object("a/base").unwrap().id);
}

#[tokio::test(start_paused = true)]
async fn calls_to_one_service_are_bounded_and_parallelism_bounds_them_all() {
    let own = BTreeMap::from([("fake", 4)]);
    for (limits, parallelism, limit) in [(BTreeMap::new(), None, 6), (own.clone(), None, 4), (own, Some(2), 2)] {
        let (cloud, mut harness) = cloud();
        harness.engine.limits = Arc::new(Limits::new(limits, parallelism));
        let mut builder = GraphBuilder::new("test", BTreeMap::new());
        for n in 0..20 {
            let address = format!("a/n{n}").parse().unwrap();
            builder.add_raw(schemas::tagged(), address, &Region::us_east_1(), Default::default(), Options::default());
        }
        assert!(harness.apply(&builder.build().unwrap()).await.unwrap().is_success());
        let creates: Vec<Duration> =
            cloud.calls().iter().filter(|c| c.operation == "create").map(|c| c.started).collect();
        let concurrent = creates.iter().map(|at| creates.iter().filter(|other| *other == at).count()).max().unwrap();
        assert_eq!(concurrent, limit);
    }
}

#[tokio::test(start_paused = true)]
async fn of_two_concurrent_runs_one_reports_the_lock_holder() {
    let (cloud, harness) = cloud();
    let graph = graph();
    let (first, second) = tokio::join!(harness.apply(&graph), harness.apply(&graph));
    let errors: Vec<StateError> = [first.unwrap(), second.unwrap()].into_iter().filter_map(|r| r.state_error).collect();
    assert!(matches!(errors.as_slice(), [StateError::Locked { .. }]), "{errors:?}");
    assert_eq!(cloud.objects().len(), 6);
    let plan = harness.plan(&graph, Mode::Apply).await.unwrap();
    assert!(plan.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_run_that_lost_its_lock_starts_no_further_steps() {
    let (cloud, mut harness) = cloud();
    cloud.set_default_latency(Latency { create: Duration::from_secs(100), ..Latency::default() });
    let recorder = Arc::new(Recorder::default());
    harness.engine.observer = recorder.clone();
    let (graph, store) = (graph(), harness.store.clone());
    let (report, ()) = tokio::join!(harness.apply(&graph), async {
        tokio::time::sleep(Duration::from_secs(10)).await;
        store.holder_died();
    });
    let report = report.unwrap();
    assert_eq!((report.done.len(), report.not_started.len()), (2, 4), "{report:?}");
    let notified = recorder.0.lock().unwrap().iter().any(
        |event| matches!(event, Event::Notice { message } if message == "lost the lock on memory; no further changes will be started"),
    );
    assert!(notified);
}

#[tokio::test(start_paused = true)]
async fn orphan_from_crash_is_deleted_even_if_no_longer_configured() {
    let (cloud, harness) = cloud();
    cloud.set_faults(|call| of(call, "create", "b/alone").then_some(Fault::CrashAfter));
    let graph = graph();
    tokio::select! {
        _ = harness.apply(&graph) => unreachable!("the apply crashes"),
        () = cloud.crashed.notified() => {}
    }
    harness.store.holder_died();
    cloud.clear_faults();
    assert!(
        cloud.object("b/alone").is_some() && !harness.document().resources.contains_key(&"b/alone".parse().unwrap())
    );
    let empty = GraphBuilder::new("test", BTreeMap::new()).build().unwrap();
    let plan = harness.plan(&empty, Mode::Apply).await.unwrap();
    assert!(plan.changes.contains_key(&"b/alone".parse().unwrap()), "{plan:?}");
    assert!(harness.apply(&empty).await.unwrap().is_success());
    assert!(cloud.objects().is_empty(), "{:?}", cloud.objects());
    assert!(harness.document().pending.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_replacement_killed_after_its_create_call_is_completed_by_the_same_command() {
    let (cloud, mut harness) = cloud();
    let graph = graph();
    assert!(harness.apply(&graph).await.unwrap().is_success());
    harness.replace.insert("b/alone".parse().unwrap());
    cloud.set_faults(|call| of(call, "create", "b/alone").then_some(Fault::CrashAfter));
    tokio::select! {
        _ = harness.apply(&graph) => unreachable!("the apply crashes"),
        () = cloud.crashed.notified() => {}
    }
    harness.store.holder_died();
    cloud.clear_faults();
    let report = harness.apply(&graph).await.unwrap();
    assert!(report.is_success(), "{report:?}");
    let address = "b/alone".parse().unwrap();
    assert_eq!(cloud.objects().iter().filter(|object| object.address().as_ref() == Some(&address)).count(), 1);
}

/// Returns a graph of one resource, whose shape cannot be changed in place.
fn shaped(shape: u8) -> Graph {
    let mut builder = GraphBuilder::new("test", BTreeMap::new());
    let inputs = json!({ "shape": shape }).as_object().unwrap().clone();
    builder.add_raw(schemas::tagged(), "a/one".parse().unwrap(), &Region::us_east_1(), inputs, Options::default());
    builder.build().unwrap()
}

async fn crash_after_the_create_call(cloud: &Cloud, harness: &Harness, graph: &Graph) {
    cloud.set_faults(|call| (call.operation == "create").then_some(Fault::CrashAfter));
    tokio::select! {
        _ = harness.apply(graph) => unreachable!("the apply crashes"),
        () = cloud.crashed.notified() => {}
    }
    harness.store.holder_died();
    cloud.clear_faults();
}

#[tokio::test(start_paused = true)]
async fn all_objects_of_repeated_crashes_are_found_whatever_the_configuration_is_next() {
    // The state knows nothing, or a first object.
    for is_deployed in [false, true] {
        for next in 0..=3 {
            let (cloud, harness) = cloud();
            if is_deployed {
                assert!(harness.apply(&shaped(0)).await.unwrap().is_success());
            }
            // Every run creates another object, because the configuration differs.
            crash_after_the_create_call(&cloud, &harness, &shaped(1)).await;
            crash_after_the_create_call(&cloud, &harness, &shaped(2)).await;
            assert_eq!(cloud.objects().len(), 2 + usize::from(is_deployed));
            let report = harness.apply(&shaped(next)).await.unwrap();
            assert!(report.is_success(), "{report:?}");
            let shapes: Vec<_> = cloud.objects().iter().map(|object| object.inputs["shape"].clone()).collect();
            assert_eq!(shapes, [json!(next)], "deployed: {is_deployed}");
            assert!(harness.plan(&shaped(next), Mode::Apply).await.unwrap().is_empty());
        }
    }
}

/// Returns a graph of one retained resource.
fn retained(shape: u8) -> Graph {
    let mut builder = GraphBuilder::new("test", BTreeMap::new());
    let options = Options { retain: true, ..Options::default() };
    let inputs = json!({ "shape": shape }).as_object().unwrap().clone();
    builder.add_raw(schemas::tagged(), "a/data".parse().unwrap(), &Region::us_east_1(), inputs, options);
    builder.build().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_retained_predecessor_is_not_mistaken_for_an_orphan() {
    let (cloud, mut harness) = cloud();
    // After a replacement, the first resource stays in the cloud with its data and the same tags.
    assert!(harness.apply(&retained(0)).await.unwrap().is_success());
    harness.replace.insert("a/data".parse().unwrap());
    assert!(harness.apply(&retained(1)).await.unwrap().is_success());
    assert_eq!(cloud.objects().len(), 2);
    // The process dies before it creates a third resource, which is then no longer configured.
    cloud.set_faults(|call| of(call, "find", "a/data").then_some(Fault::CrashBefore));
    let third = retained(2);
    tokio::select! {
        _ = harness.apply(&third) => unreachable!("the apply crashes"),
        () = cloud.crashed.notified() => {}
    }
    harness.store.holder_died();
    cloud.clear_faults();
    assert!(harness.document().pending.contains_key(&"a/data".parse().unwrap()));
    harness.replace.clear();
    assert!(harness.apply(&retained(1)).await.unwrap().is_success());
    assert_eq!(cloud.objects().len(), 2, "no resource that holds data was deleted");
}

#[tokio::test(start_paused = true)]
async fn a_retained_resource_is_replaced_only_on_request() {
    let (cloud, mut harness) = cloud();
    assert!(harness.apply(&retained(0)).await.unwrap().is_success());
    let plan = harness.plan(&retained(1), Mode::Apply).await.unwrap();
    let errors: Vec<String> = plan.diagnostics.iter().map(|problem| problem.message.clone()).collect();
    assert_eq!(errors, ["`shape` is `0` in AWS but `1` in the configuration, and AWS cannot change it in place"]);
    // The same applies if the state is lost and the resource is found by its tags.
    harness.store.set(None);
    assert!(harness.plan(&retained(1), Mode::Apply).await.unwrap().has_errors());
    harness.replace.insert("a/data".parse().unwrap());
    let plan = harness.plan(&retained(1), Mode::Apply).await.unwrap();
    assert_eq!((plan.has_errors(), plan.summary().replace, plan.data_at_stake().count()), (false, 1, 1));
    assert!(harness.apply(&retained(1)).await.unwrap().is_success());
    assert_eq!(cloud.objects().len(), 2, "the old resource is retained");
}

#[tokio::test(start_paused = true)]
async fn an_unselected_orphan_is_kept_for_a_later_run() {
    let (cloud, mut harness) = cloud();
    cloud.set_faults(|call| of(call, "create", "b/alone").then_some(Fault::CrashAfter));
    let graph = graph();
    tokio::select! {
        _ = harness.apply(&graph) => unreachable!("the apply crashes"),
        () = cloud.crashed.notified() => {}
    }
    harness.store.holder_died();
    cloud.clear_faults();
    let mut builder = GraphBuilder::new("test", BTreeMap::new());
    let address = "c/other".parse().unwrap();
    builder.add_raw(schemas::tagged(), address, &Region::us_east_1(), Default::default(), Options::default());
    let other = builder.build().unwrap();
    harness.selection.targets = vec!["c/other".parse().unwrap()];
    assert!(harness.apply(&other).await.unwrap().is_success());
    assert!(cloud.object("b/alone").is_some(), "not selected");
    harness.selection.targets.clear();
    assert!(harness.apply(&other).await.unwrap().is_success());
    assert!(cloud.object("b/alone").is_none());
}

/// Runs an apply in which every create takes 150 s and the lock cannot be reached from 10 s on: for the given duration, or forever.
async fn out_of_contact(duration: Option<Duration>) -> (ohinfra_engine::Report, Vec<Duration>) {
    let (cloud, mut harness) = cloud();
    cloud.set_default_latency(Latency { create: Duration::from_secs(150), ..Latency::default() });
    harness.engine.clock = Arc::new(VirtualClock(cloud.clone()));
    let mut builder = GraphBuilder::new("test", BTreeMap::new());
    let mut before: Option<ohinfra_plan::graph::Handle> = None;
    for n in 0..4 {
        let links: Vec<_> = before.iter().map(|handle| json!(handle.attribute("arn"))).collect();
        let inputs = json!({ "links": links }).as_object().unwrap().clone();
        let address = format!("a/n{n}").parse().unwrap();
        before = Some(builder.add_raw(schemas::tagged(), address, &Region::us_east_1(), inputs, Options::default()));
    }
    let (graph, store) = (builder.build().unwrap(), harness.store.clone());
    let (report, ()) = tokio::join!(harness.apply(&graph), async {
        tokio::time::sleep(Duration::from_secs(10)).await;
        store.lose_lock_contact(true);
        if let Some(duration) = duration {
            tokio::time::sleep(duration).await;
            store.lose_lock_contact(false);
        }
    });
    let creates = cloud.calls().iter().filter(|call| call.operation == "create").map(|call| call.started).collect();
    (report.unwrap(), creates)
}

#[tokio::test(start_paused = true)]
async fn no_step_starts_after_the_lock_may_have_expired() {
    let (report, creates) = out_of_contact(None).await;
    // The lock expires 300 s after the last heartbeat, which was its acquisition.
    assert!(creates.iter().all(|at| *at < Duration::from_secs(300)), "{creates:?}");
    assert_eq!((report.done.len(), report.not_started.len()), (2, 2), "{report:?}");

    // A later successful heartbeat renews the lock.
    let (report, creates) = out_of_contact(Some(Duration::from_secs(200))).await;
    assert!(report.is_success(), "{report:?}");
    assert_eq!(creates.len(), 4);
}

#[tokio::test(start_paused = true)]
async fn retries_end_after_their_timeout_with_a_message() {
    let (cloud, harness) = cloud();
    for (kind, seconds) in [(ErrorKind::NotYetVisible, 120), (ErrorKind::Throttled, 300), (ErrorKind::Unavailable, 60)]
    {
        cloud.set_faults(move |call| of(call, "create", "b/alone").then_some(Fault::Refuse(kind)));
        let began = cloud.now();
        let report = harness.apply(&graph()).await.unwrap();
        let error = report.failed[0].error.to_string();
        assert!(error.contains(&format!("(gave up after {seconds} s)")), "{error}");
        let took = (cloud.now() - began).as_secs();
        assert!((seconds..seconds + 30).contains(&took), "{kind:?} took {took} s");
    }
    for kind in [ErrorKind::Denied, ErrorKind::Invalid, ErrorKind::Limit, ErrorKind::Credentials] {
        cloud.set_faults(move |call| of(call, "create", "b/alone").then_some(Fault::Refuse(kind)));
        let began = cloud.calls().len();
        assert_eq!(harness.apply(&graph()).await.unwrap().failed.len(), 1);
        let tries = cloud.calls()[began..].iter().filter(|call| of(call, "create", "b/alone")).count();
        assert_eq!(tries, 1, "{kind:?} is not retried");
    }
}

#[tokio::test(start_paused = true)]
async fn a_plan_retries_throttled_reads_and_fails_immediately_without_network() {
    let (cloud, mut harness) = cloud();
    let graph = graph();
    assert!(harness.apply(&graph).await.unwrap().is_success());
    let recorder = Arc::new(Recorder::default());
    harness.engine.observer = recorder.clone();
    let mut left = 3;
    cloud.set_faults(move |call| {
        let refused = call.operation == "read" && left > 0;
        left -= i32::from(refused);
        refused.then_some(Fault::Refuse(ErrorKind::Throttled))
    });
    assert!(harness.plan(&graph, Mode::Apply).await.unwrap().is_empty());
    let is_waiting = |event: &Event| matches!(event, Event::Notice { message } if message.contains("waiting: "));
    assert!(recorder.0.lock().unwrap().iter().any(is_waiting));

    cloud.set_faults(|call| (call.operation == "read").then_some(Fault::Refuse(ErrorKind::Unavailable)));
    let began = cloud.now();
    assert!(harness.plan(&graph, Mode::Apply).await.is_err());
    assert_eq!(cloud.now(), began);
}

#[tokio::test]
async fn combined_changes_are_written_once() {
    let store = MemoryStore::default();
    let document = StateDocument::new("test", "test");
    let writer = StateWriter::start(Arc::new(store.clone()), document, None, Arc::new(Recorder::default()));
    // Both changes arrive before the waiting writer wakes up, so one write contains both.
    tokio::task::yield_now().await;
    writer.change(|document| document.tool_version = "first".to_owned());
    writer.change(|document| document.tool_version = "second".to_owned());
    writer.flush().await.unwrap();
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    assert_eq!((store.writes(), store.document().unwrap().tool_version.as_str()), (1, "second"));
}

#[tokio::test(start_paused = true)]
async fn a_found_resource_resolves_the_names_of_its_dependents_before_any_change() {
    let (cloud, harness) = cloud();
    let mut builder = GraphBuilder::new("test", BTreeMap::new());
    let mut add = |schema, address: &str, inputs: serde_json::Value| {
        let inputs = inputs.as_object().unwrap().clone();
        builder.add_raw(schema, address.parse().unwrap(), &Region::us_east_1(), inputs, Options::default())
    };
    let base = add(schemas::tagged(), "a/base", json!({ "size": 1 }));
    add(schemas::named(), "a/named", json!({ "name": base.attribute("arn") }));
    let graph = builder.build().unwrap();
    assert!(harness.apply(&graph).await.unwrap().is_success());

    // The state is lost, and the resource with that name is now foreign.
    harness.store.set(None);
    cloud.edit("a/named", |inputs| drop(inputs.remove("tags")));
    let plan = harness.plan(&graph, Mode::Apply).await.unwrap();
    let errors: Vec<&str> = plan.diagnostics.iter().filter(|d| d.is_error()).map(|d| d.message.as_str()).collect();
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert!(errors[0].contains("is not managed by this deployment"), "{errors:?}");
}

/// Returns a graph: `a/site` depends on `a/client`, which has members. A change of its shape replaces the site.
fn site(members: &[&str], shape: u8) -> Graph {
    let mut builder = GraphBuilder::new("test", BTreeMap::new());
    let mut add = |address: &str, inputs: serde_json::Value| {
        let inputs = inputs.as_object().unwrap().clone();
        builder.add_raw(schemas::tagged(), address.parse().unwrap(), &Region::us_east_1(), inputs, Options::default())
    };
    let client = add("a/client", json!({ "members": members }));
    add("a/site", json!({ "shape": shape, "links": [client.attribute("id")] }));
    builder.build().unwrap()
}

#[tokio::test(start_paused = true)]
async fn old_list_entries_stay_until_the_old_dependent_is_deleted() {
    let (cloud, harness) = cloud();
    let members = |cloud: &Cloud| cloud.object("a/client").unwrap().inputs["members"].clone();
    harness.apply(&site(&["old"], 0)).await.unwrap();
    cloud.set_faults(|call| (call.operation == "delete").then_some(Fault::Refuse(ErrorKind::Denied)));
    let report = harness.apply(&site(&["new"], 1)).await.unwrap();
    assert_eq!((report.failed.len(), report.skipped.len()), (1, 1));
    assert_eq!(members(&cloud), json!(["new", "old"]), "the old site still works");

    cloud.set_faults(|_| None);
    assert!(harness.apply(&site(&["new"], 1)).await.unwrap().is_success());
    assert_eq!(members(&cloud), json!(["new"]));
    let plan = harness.plan(&site(&["new"], 1), Mode::Apply).await.unwrap();
    assert!(plan.is_empty(), "{:#?}", plan.changes);
}

/// Returns the graph of a bundle, a template that refers to it, and a group that refers to the template.
fn boots(shape: u8) -> Graph {
    let mut builder = GraphBuilder::new("test", BTreeMap::new());
    let mut add = |address: &str, inputs: serde_json::Value| {
        let inputs = inputs.as_object().unwrap().clone();
        builder.add_raw(schemas::tagged(), address.parse().unwrap(), &Region::us_east_1(), inputs, Options::default())
    };
    let bundle = add("a/bundle", json!({ "shape": shape }));
    let template = add("a/template", json!({ "links": [bundle.attribute("arn")] }));
    add("a/group", json!({ "links": [template.attribute("arn")] }));
    builder.build().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_replaced_resource_is_deleted_by_the_first_run_that_selects_its_dependents() {
    let (cloud, mut harness) = cloud();
    assert!(harness.apply(&boots(0)).await.unwrap().is_success());
    harness.selection.targets = vec!["a/template".parse().unwrap()];
    for _ in 0..2 {
        assert!(harness.apply(&boots(1)).await.unwrap().is_success());
        assert_eq!(cloud.objects().len(), 4, "the group may use the old bundle");
    }
    harness.selection.targets.clear();
    assert!(harness.apply(&boots(1)).await.unwrap().is_success());
    assert_eq!(cloud.objects().len(), 3);
    assert!(harness.plan(&boots(1), Mode::Apply).await.unwrap().is_empty());
}
