//! Concurrent access to one state: locks, conditional writes and versions.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ohinfra_aws_data::s3_client;
use ohinfra_core::Region;
use ohinfra_state::{LockInfo, StateDocument, StateError, StateStore as _};
use ohinfra_state_s3::S3Store;
use ohinfra_tests::account::ended;
use ohinfra_tests::proxy::{Answer, Call, Rule, Trouble, Verdict};
use ohinfra_tests::{Account, Proxy};
use serde_json::{Value, json};

use super::conformance::connection;

const S3_STATE: &str = "[state]\nurl = \"s3://ohinfra-state-<account>-<region>/openhands.json\"\n";

fn lock_object(account: &Account) -> Value {
    let bucket = format!("ohinfra-state-{}-us-west-2", account.id);
    account.call("s3", "get_object", json!({ "Bucket": bucket, "Key": "openhands.json.lock" })).unwrap()
}

#[test]
fn a_concurrent_apply_is_refused_with_the_lock_holder() {
    let account = Account::new().unwrap();
    account.configure(S3_STATE).unwrap();
    account.succeed(&["bootstrap"]).unwrap();
    let start = |user: &str| account.command(&["apply", "--yes"]).unwrap().env("USER", user).spawn().unwrap();
    let (first, second) = (start("ada"), start("grace"));
    let runs = [first.wait_with_output().unwrap(), second.wait_with_output().unwrap()];
    let failed: Vec<String> = runs
        .iter()
        .filter(|run| !run.status.success())
        .map(|run| String::from_utf8_lossy(&run.stderr).into_owned())
        .collect();
    assert!(failed.len() <= 1, "{failed:#?}");
    for message in &failed {
        let names = message.contains("is locked by ada on laptop") || message.contains("is locked by grace on laptop");
        assert!(names && message.contains("ohinfra unlock "), "{message}");
    }
    assert_eq!(lock_object(&account)["error"], "NoSuchKey", "the lock was not released");
    assert_eq!(account.run(&["plan", "--detailed-exitcode"]).unwrap().code, Some(0));
}

#[test]
fn a_lock_of_a_killed_process_can_be_released() {
    let account = Account::new().unwrap();
    account.configure(S3_STATE).unwrap();
    account.succeed(&["bootstrap"]).unwrap();
    // Kill the process as soon as it holds the lock.
    let mut apply = account.command(&["apply", "--yes"]).unwrap().spawn().unwrap();
    let began = Instant::now();
    let holder = loop {
        let lock = lock_object(&account);
        if let Some(body) = lock["Body"].as_str() {
            break serde_json::from_str::<Value>(body).unwrap();
        }
        assert!(
            began.elapsed() < Duration::from_secs(60) && apply.try_wait().unwrap().is_none(),
            "no lock was created"
        );
    };
    apply.kill().unwrap();
    apply.wait().unwrap();
    let id = holder["id"].as_str().unwrap();
    let run = account.run(&["apply", "--yes"]).unwrap();
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.contains(&format!("`ohinfra unlock {id}`")), "{}", run.stderr);
    assert!(run.stderr.contains("is locked by ada on laptop (apply, process "), "{}", run.stderr);

    let unlock = account.run(&["unlock", id]).unwrap();
    assert_eq!(unlock.code, Some(1), "a lock with a recent heartbeat was released");
    assert!(unlock.stderr.contains("add `--force`"), "{}", unlock.stderr);
    account.succeed(&["unlock", id, "--force"]).unwrap();
    account.succeed(&["apply", "--yes"]).unwrap();
    assert_eq!(account.run(&["plan", "--detailed-exitcode"]).unwrap().code, Some(0));
}

#[test]
fn an_expired_lock_is_taken_over() {
    let mut account = Account::new().unwrap();
    account.configure(S3_STATE).unwrap();
    account.succeed(&["bootstrap"]).unwrap();
    let long_ago = "2020-01-01T00:00:00Z";
    let lock = json!({
        "id": "old", "operation": "apply", "who": "ada", "host": "laptop", "pid": 1,
        "created_at": long_ago, "heartbeat_at": long_ago, "tool_version": "0.1.0",
    });
    let bucket = format!("ohinfra-state-{}-us-west-2", account.id);
    account
        .call("s3", "put_object", json!({ "Bucket": bucket, "Key": "openhands.json.lock", "Body": lock.to_string() }))
        .unwrap();
    // The clock of S3 shows that the lock was just written, and then that it was written six minutes ago.
    let target = ["apply", "--yes", "--target", "network/endpoint-sg"];
    assert_eq!(account.run(&target).unwrap().code, Some(1), "a lock expired by the clock of its holder");
    let proxy = Proxy::start(&account.endpoint, Duration::ZERO, lock_aged_by(Duration::from_secs(360))).unwrap();
    account.endpoint.clone_from(&proxy.endpoint);
    account.succeed(&target).unwrap();
}

/// Returns a rule that increases the age of the lock by `time` in every read.
fn lock_aged_by(time: Duration) -> Rule {
    Box::new(move |call| {
        let is_read = call.operation.starts_with("GET ") && call.operation.contains(".lock");
        if is_read { Verdict::Later(time) } else { Verdict::Forward }
    })
}

#[test]
fn a_state_is_pulled_pushed_and_restored_from_an_older_version() {
    let account = Account::new().unwrap();
    account.configure(S3_STATE).unwrap();
    account.succeed(&["bootstrap"]).unwrap();
    account.succeed(&["apply", "--yes", "--stack", "network"]).unwrap();
    let pulled = account.succeed(&["state", "pull"]).unwrap().stdout;
    account.write("pulled.json", &pulled).unwrap();
    let run = account.run(&["state", "push", "pulled.json"]).unwrap();
    assert_eq!(run.code, Some(1), "a state with the same serial was written");
    assert!(run.stderr.contains("is not newer than serial"), "{}", run.stderr);

    // Remove a resource from the state by mistake, and restore an older version.
    account.succeed(&["state", "rm", "network/endpoint-sg"]).unwrap();
    let history = account.succeed(&["state", "history"]).unwrap().stdout;
    let older = history.lines().nth(1).unwrap().split_whitespace().next().unwrap();
    let restored = account.succeed(&["state", "pull", "--at", older]).unwrap().stdout;
    assert_eq!(restored, pulled);
    account.write("older.json", &restored).unwrap();
    account.succeed(&["state", "push", "older.json", "--force"]).unwrap();
    let run = account
        .command(&["plan", "--detailed-exitcode", "--stack", "network"])
        .map(|mut c| ended(&mut c))
        .unwrap()
        .unwrap();
    assert_eq!(run.code, Some(0), "{run:#?}");
}

/// Returns a rule that responds to every write of the state, but not of the lock.
fn state_writes(what: fn(&Call) -> Answer) -> Rule {
    Box::new(move |call| {
        let is_state = call.operation.starts_with("PUT ") && call.operation.contains("/openhands.json?");
        if is_state { Verdict::Answer(what(call)) } else { Verdict::Forward }
    })
}

#[test]
fn a_rejected_state_is_saved_locally_and_can_be_pushed() {
    let overtaken = |call: &Call| {
        Answer::refusal(call, 412, "PreconditionFailed", "At least one of the pre-conditions did not hold")
    };
    let down = |call: &Call| Answer::trouble(call, Trouble::Unavailable);
    for what in [overtaken, down] {
        let mut account = Account::new().unwrap();
        account.configure(S3_STATE).unwrap();
        account.succeed(&["bootstrap"]).unwrap();
        let upstream = account.endpoint.clone();
        let proxy = Proxy::start(&upstream, Duration::ZERO, state_writes(what)).unwrap();
        account.endpoint.clone_from(&proxy.endpoint);
        let run = account.run(&["apply", "--yes"]).unwrap();
        account.endpoint = upstream;
        assert_eq!(run.code, Some(1));
        assert!(run.stderr.contains("a copy was saved to openhands.errored.json"), "{}", run.stderr);
        assert!(run.stderr.contains("`ohinfra state push openhands.errored.json`"), "{}", run.stderr);
        account.succeed(&["state", "push", "openhands.errored.json"]).unwrap();
        account.succeed(&["apply", "--yes"]).unwrap();
        assert_eq!(account.run(&["plan", "--detailed-exitcode"]).unwrap().code, Some(0));
    }
}

/// Returns a rule that applies `verdict` to the first call whose operation starts with `prefix`, and forwards other calls.
fn once(prefix: &'static str, verdict: Verdict) -> Rule {
    let done = AtomicBool::new(false);
    Box::new(move |call| {
        let is_it = call.operation.starts_with(prefix) && !done.swap(true, Ordering::SeqCst);
        if is_it { verdict.clone() } else { Verdict::Forward }
    })
}

/// Creates a bucket, a proxy to S3, and a state store that uses the proxy.
fn store(rule: Rule) -> Stored {
    let mut account = Account::new().unwrap();
    account
        .call(
            "s3",
            "create_bucket",
            json!({ "Bucket": bucket(&account), "CreateBucketConfiguration": { "LocationConstraint": "us-west-2" } }),
        )
        .unwrap();
    let proxy = Proxy::start(&account.endpoint, Duration::ZERO, rule).unwrap();
    account.endpoint.clone_from(&proxy.endpoint);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let connection = runtime.block_on(connection(&account));
    let client = s3_client(&connection.config(&Region::new("us-west-2").unwrap()));
    let store = S3Store::new(client, &bucket(&account), "openhands.json");
    Stored { account, proxy, store, runtime }
}

/// A state store in a bucket behind a proxy, and the runtime for its calls.
struct Stored {
    account: Account,
    proxy: Proxy,
    store: S3Store,
    runtime: tokio::runtime::Runtime,
}

fn bucket(account: &Account) -> String {
    format!("ohinfra-state-{}-us-west-2", account.id)
}

fn holder(id: &str, at: jiff::Timestamp) -> LockInfo {
    LockInfo {
        id: id.to_owned(),
        operation: "apply".to_owned(),
        who: "ada".to_owned(),
        host: "laptop".to_owned(),
        pid: 1,
        created_at: at,
        heartbeat_at: at,
        tool_version: "0.1.0".to_owned(),
    }
}

#[test]
fn a_lock_is_released_after_a_heartbeat_without_response() {
    let withheld =
        |call: &Call| call.operation.starts_with("PUT ") && call.head.to_ascii_lowercase().contains("\nif-match:");
    let done = AtomicBool::new(false);
    let rule: Rule = Box::new(move |call| {
        let is_it = withheld(call) && !done.swap(true, Ordering::SeqCst);
        if is_it { Verdict::ForwardAndWithhold } else { Verdict::Forward }
    });
    let Stored { account, proxy, store, runtime } = store(rule);
    let now = jiff::Timestamp::UNIX_EPOCH;
    let lock = runtime.block_on(store.lock(&holder("mine", now))).unwrap();
    // Cancel the heartbeat after its write took effect, as at the end of a run.
    runtime.block_on(async {
        tokio::select! {
            result = lock.heartbeat(now + Duration::from_secs(30)) => panic!("unexpected response: {result:?}"),
            () = async { while !proxy.calls().iter().any(withheld) { tokio::task::yield_now().await } } => {}
        }
    });
    runtime.block_on(lock.release()).unwrap();
    assert_eq!(lock_object(&account)["error"], "NoSuchKey");
}

#[test]
fn a_lock_deletion_with_a_lost_response_is_a_release() {
    for release in [true, false] {
        let Stored { account, proxy: _proxy, store, runtime } = store(once("DELETE ", Verdict::ForwardAndCut));
        let lock = runtime.block_on(store.lock(&holder("mine", jiff::Timestamp::UNIX_EPOCH))).unwrap();
        if release {
            runtime.block_on(lock.release()).unwrap();
        } else {
            assert_eq!(runtime.block_on(store.unlock("mine")).unwrap().id, "mine");
        }
        assert_eq!(lock_object(&account)["error"], "NoSuchKey");
    }
}

#[test]
fn a_lock_held_by_another_process_is_never_released() {
    let Stored { account, proxy: _proxy, store, runtime } = store(Box::new(|_| Verdict::Forward));
    let lock = runtime.block_on(store.lock(&holder("mine", jiff::Timestamp::UNIX_EPOCH))).unwrap();
    runtime.block_on(store.unlock("mine")).unwrap();
    let _other = runtime.block_on(store.lock(&holder("other", jiff::Timestamp::UNIX_EPOCH))).unwrap();
    assert!(matches!(runtime.block_on(lock.release()), Err(StateError::LockLost { .. })));
    assert!(lock_object(&account)["Body"].as_str().unwrap().contains("other"));
}

#[test]
fn a_conditional_write_survives_a_lost_response_and_a_conflict() {
    let busy =
        |call: &Call| Answer::refusal(call, 409, "ConditionalRequestConflict", "a conflicting operation is running");
    let document = StateDocument::new("openhands", "0.1.0");
    for lost in [true, false] {
        let done = AtomicBool::new(false);
        let rule: Rule = Box::new(move |call| {
            let is_it = call.operation.starts_with("PUT ") && !done.swap(true, Ordering::SeqCst);
            match (is_it, lost) {
                (true, true) => Verdict::ForwardAndCut,
                (true, false) => Verdict::Answer(busy(call)),
                (false, _) => Verdict::Forward,
            }
        });
        let Stored { account: _account, proxy: _proxy, store, runtime } = store(rule);
        let version = runtime.block_on(store.write(&document, None)).unwrap();
        assert_eq!(runtime.block_on(store.read()).unwrap().unwrap().version, version);
    }
}

#[test]
fn the_age_of_a_lock_is_measured_by_the_clock_of_s3() {
    let Stored { account: _account, proxy: _proxy, store, runtime } = store(Box::new(|_| Verdict::Forward));
    // The clock of the holder is years behind, but the clock of S3 shows that the lock was just written.
    let long_ago: jiff::Timestamp = "2020-01-01T00:00:00Z".parse().unwrap();
    runtime.block_on(store.lock(&holder("mine", long_ago))).unwrap();
    let now: jiff::Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    let refused = runtime.block_on(store.lock(&holder("other", now))).map(|_| ());
    assert!(matches!(refused, Err(StateError::Locked { .. })), "{refused:?}");
    assert!(runtime.block_on(store.holder()).unwrap().unwrap().unseen_for.is_some());
}

#[test]
fn a_lock_expires_by_the_clock_of_s3() {
    // The clock of S3 advances without a heartbeat: the response has a later time.
    let Stored { account, proxy: _proxy, store, runtime } = store(lock_aged_by(Duration::from_secs(301)));
    let now: jiff::Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    runtime.block_on(store.lock(&holder("mine", now))).unwrap();
    runtime.block_on(store.lock(&holder("other", now))).unwrap();
    assert!(lock_object(&account)["Body"].as_str().unwrap().contains("other"));
}

#[test]
fn state_and_lock_versions_expire_and_unmanaged_lifecycle_rules_are_kept() {
    let account = Account::new().unwrap();
    account.configure(S3_STATE).unwrap();
    account.succeed(&["bootstrap"]).unwrap();
    let rules = || {
        let parameters = json!({ "Bucket": bucket(&account) });
        account.call("s3", "get_bucket_lifecycle_configuration", parameters).unwrap()["Rules"].clone()
    };
    let first = rules();
    let of = |rules: &Value, prefix: &str| {
        let rules = rules.as_array().unwrap().clone();
        rules.into_iter().find(|rule| rule["Filter"]["Prefix"] == prefix).unwrap()["NoncurrentVersionExpiration"]
            .clone()
    };
    assert_eq!(of(&first, "openhands.json"), json!({ "NoncurrentDays": 90, "NewerNoncurrentVersions": 100 }));
    assert_eq!(of(&first, "openhands.json.lock"), json!({ "NoncurrentDays": 1 }));
    let again = account.succeed(&["bootstrap"]).unwrap();
    assert!(again.stdout.contains("is already configured"), "{}", again.stdout);
    let own =
        json!({ "ID": "own", "Status": "Enabled", "Filter": { "Prefix": "reports/" }, "Expiration": { "Days": 7 } });
    let parameters = json!({ "Bucket": bucket(&account), "LifecycleConfiguration": { "Rules": [own] } });
    account.call("s3", "put_bucket_lifecycle_configuration", parameters).unwrap();
    account.succeed(&["bootstrap"]).unwrap();
    assert_eq!(rules().as_array().unwrap().len(), 3);
}

#[test]
fn the_history_has_the_versions_of_all_pages() {
    let Stored { account, proxy: _proxy, store, runtime } = store(Box::new(|_| Verdict::Forward));
    let versioning = json!({ "Bucket": bucket(&account), "VersioningConfiguration": { "Status": "Enabled" } });
    account.call("s3", "put_bucket_versioning", versioning).unwrap();
    let put = |n: usize| {
        ("s3", "put_object", json!({ "Bucket": bucket(&account), "Key": "openhands.json", "Body": n.to_string() }))
    };
    // A page has 1,000 versions.
    account.calls(&(0..1005).map(put).collect::<Vec<_>>()).unwrap();
    account
        .call("s3", "put_object", json!({ "Bucket": bucket(&account), "Key": "openhands.json.lock", "Body": "" }))
        .unwrap();
    assert_eq!(runtime.block_on(store.history()).unwrap().len(), 1005);
}
