//! Two operators, one state.

use std::time::{Duration, Instant};

use ohinfra_tests::account::ended;
use ohinfra_tests::proxy::{Answer, Call, Rule, Trouble, Verdict};
use ohinfra_tests::{Account, Proxy};
use serde_json::{Value, json};

const S3_STATE: &str = "[state]\nurl = \"s3://ohinfra-state-<account>-<region>/openhands.json\"\n";

fn lock_object(account: &Account) -> Value {
    let bucket = format!("ohinfra-state-{}-us-west-2", account.id);
    account.call("s3", "get_object", json!({ "Bucket": bucket, "Key": "openhands.json.lock" })).unwrap()
}

#[test]
fn of_two_applies_at_once_one_is_told_who_the_other_is_and_the_state_is_never_overwritten() {
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
    assert_eq!(lock_object(&account)["error"], "NoSuchKey", "the lock is given back");
    assert_eq!(account.run(&["plan", "--detailed-exitcode"]).unwrap().code, Some(0));
}

#[test]
fn a_lock_whose_holder_was_killed_is_shown_and_can_be_removed() {
    let account = Account::new().unwrap();
    account.configure(S3_STATE).unwrap();
    account.succeed(&["bootstrap"]).unwrap();
    // Killed as soon as the lock is there.
    let mut apply = account.command(&["apply", "--yes"]).unwrap().spawn().unwrap();
    let began = Instant::now();
    let holder = loop {
        let lock = lock_object(&account);
        if let Some(body) = lock["Body"].as_str() {
            break serde_json::from_str::<Value>(body).unwrap();
        }
        assert!(began.elapsed() < Duration::from_secs(60) && apply.try_wait().unwrap().is_none(), "no lock was seen");
    };
    apply.kill().unwrap();
    apply.wait().unwrap();
    let id = holder["id"].as_str().unwrap();
    let run = account.run(&["apply", "--yes"]).unwrap();
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.contains(&format!("`ohinfra unlock {id}`")), "{}", run.stderr);
    assert!(run.stderr.contains("is locked by ada on laptop (apply, process "), "{}", run.stderr);

    let unlock = account.run(&["unlock", id]).unwrap();
    assert_eq!(unlock.code, Some(1), "its holder was seen a moment ago");
    assert!(unlock.stderr.contains("add `--force`"), "{}", unlock.stderr);
    account.succeed(&["unlock", id, "--force"]).unwrap();
    account.succeed(&["apply", "--yes"]).unwrap();
    assert_eq!(account.run(&["plan", "--detailed-exitcode"]).unwrap().code, Some(0));
}

#[test]
fn a_lock_that_has_expired_is_taken_over() {
    let account = Account::new().unwrap();
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
    account.succeed(&["apply", "--yes"]).unwrap();
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
    assert_eq!(run.code, Some(1), "it is not newer than what is stored");
    assert!(run.stderr.contains("is not newer than serial"), "{}", run.stderr);

    // Everything is forgotten by mistake, and an older version brings it back.
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

/// What happens to every write of the state, but not of the lock.
fn state_writes(what: fn(&Call) -> Answer) -> Rule {
    Box::new(move |call| {
        let is_state = call.operation.starts_with("PUT ") && call.operation.contains("/openhands.json?");
        if is_state { Verdict::Answer(what(call)) } else { Verdict::Forward }
    })
}

#[test]
fn a_state_that_is_refused_in_the_middle_is_saved_beside_the_user_and_can_be_pushed() {
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
        assert!(run.stderr.contains("it is saved in openhands.errored.json"), "{}", run.stderr);
        assert!(run.stderr.contains("`ohinfra state push openhands.errored.json`"), "{}", run.stderr);
        account.succeed(&["state", "push", "openhands.errored.json"]).unwrap();
        account.succeed(&["apply", "--yes"]).unwrap();
        assert_eq!(account.run(&["plan", "--detailed-exitcode"]).unwrap().code, Some(0));
    }
}
