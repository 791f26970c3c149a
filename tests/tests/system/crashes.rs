//! `kill -9` at calls all over a run, before and after they had their effect, and a run that is interrupted: the same command again
//! ends where an undisturbed one would have.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use ohinfra_tests::proxy::Verdict;
use ohinfra_tests::{Account, Proxy};

/// Runs a command whose process is killed at its n-th call: before it arrives, or after it had its effect and before the answer.
fn killed_at(account: &mut Account, arguments: &[&str], n: usize, after: bool) {
    let count = Arc::new(AtomicUsize::new(0));
    let (seen, upstream) = (Arc::clone(&count), account.endpoint.clone());
    let rule = move |_: &ohinfra_tests::proxy::Call| match seen.fetch_add(1, Ordering::SeqCst) {
        call if call < n => Verdict::Forward,
        call if call == n && after => Verdict::ForwardAndWithhold,
        _ => Verdict::Swallow,
    };
    let proxy = Proxy::start(&upstream, Duration::ZERO, Box::new(rule)).unwrap();
    account.endpoint.clone_from(&proxy.endpoint);
    let mut child = account.command(arguments).unwrap().spawn().unwrap();
    // Every call that began is recorded when it is over, was swallowed, or had its effect: then nothing is under way any more. One
    // whose connection broke is never recorded, so that there is an end to the waiting.
    let mut patience = 0;
    while count.load(Ordering::SeqCst) <= n || (proxy.calls().len() < count.load(Ordering::SeqCst) && patience < 400) {
        if child.try_wait().unwrap().is_some() {
            break;
        }
        patience += usize::from(count.load(Ordering::SeqCst) > n);
        std::thread::sleep(Duration::from_millis(5));
    }
    // It may have ended by itself.
    child.kill().ok();
    child.wait().unwrap();
    account.endpoint = upstream;
}

/// The calls of an undisturbed run.
fn calls_of(account: &mut Account, arguments: &[&str]) -> usize {
    let upstream = account.endpoint.clone();
    let proxy = Proxy::counting(&upstream).unwrap();
    account.endpoint.clone_from(&proxy.endpoint);
    account.succeed(arguments).unwrap();
    account.endpoint = upstream;
    proxy.calls().len()
}

/// How many points of a run are tried: `OHINFRA_TEST_CRASH_POINTS`, every point with `all`.
#[expect(clippy::disallowed_methods, reason = "tests are told how thorough to be")]
fn points(calls: usize) -> Vec<(usize, bool)> {
    let wanted = std::env::var("OHINFRA_TEST_CRASH_POINTS").unwrap_or_else(|_| "8".to_owned());
    let all = (0..calls).flat_map(|n| [(n, false), (n, true)]);
    match wanted.parse::<usize>() {
        // Spread over the whole run, both ways in turn.
        Ok(wanted) => (0..wanted).map(|n| (n * calls / wanted, n % 2 == 0)).collect(),
        Err(_) => all.collect(),
    }
}

const APPLY: &[&str] = &["apply", "--yes"];
const PURGE: &[&str] = &["destroy", "--purge", "--yes"];

#[test]
fn an_apply_that_is_killed_at_any_call_is_made_good_by_the_same_command() {
    let mut account = Account::new().unwrap();
    let calls = calls_of(&mut account, APPLY);
    let made = account.inventory().unwrap();
    let size = |inventory: &serde_json::Value| -> Vec<(String, usize)> {
        inventory
            .as_object()
            .unwrap()
            .iter()
            .map(|(kind, list)| (kind.clone(), list.as_array().unwrap().len()))
            .collect()
    };
    account.succeed(PURGE).unwrap();
    let found = account.inventory().unwrap();
    for (n, after) in points(calls) {
        killed_at(&mut account, APPLY, n, after);
        account.succeed(APPLY).unwrap();
        assert_eq!(account.run(&["plan", "--detailed-exitcode"]).unwrap().code, Some(0), "call {n}, after: {after}");
        assert_eq!(
            size(&account.inventory().unwrap()),
            size(&made),
            "call {n}, after: {after}: nothing is there twice"
        );
        account.succeed(PURGE).unwrap();
        assert_eq!(account.inventory().unwrap(), found, "call {n}, after: {after}: nothing is left");
    }
}

#[test]
fn a_destroy_that_is_killed_at_any_call_is_made_good_by_the_same_command() {
    let mut account = Account::new().unwrap();
    let found = account.inventory().unwrap();
    account.succeed(APPLY).unwrap();
    let calls = calls_of(&mut account, PURGE);
    for (n, after) in points(calls) {
        account.succeed(APPLY).unwrap();
        killed_at(&mut account, PURGE, n, after);
        account.succeed(PURGE).unwrap();
        assert_eq!(account.inventory().unwrap(), found, "call {n}, after: {after}: nothing is left");
    }
}

#[test]
fn changes_of_every_way_that_are_killed_at_any_call_are_made_good_by_the_same_command() {
    let mut account = Account::new().unwrap();
    let found = account.inventory().unwrap();
    // In place, created, deleted, and replaced both ways: a log group by its name, a group by its owner's wish.
    let more = "[monitoring]\nlog_retention_days = 60\nalarm_emails = [\"ops@example.com\"]\n[network]\nendpoints = { ssm = false }\n";
    let change: &[&str] = &["apply", "--yes", "--replace", "security/efs-sg", "--replace", "security/instance-profile"];
    account.succeed(APPLY).unwrap();
    account.configure(more).unwrap();
    let calls = calls_of(&mut account, change);
    for (n, after) in points(calls) {
        account.succeed(PURGE).unwrap();
        account.configure("").unwrap();
        account.succeed(APPLY).unwrap();
        account.configure(more).unwrap();
        killed_at(&mut account, change, n, after);
        account.succeed(change).unwrap();
        assert_eq!(account.run(&["plan", "--detailed-exitcode"]).unwrap().code, Some(0), "call {n}, after: {after}");
    }
    account.succeed(PURGE).unwrap();
    assert_eq!(account.inventory().unwrap(), found);
}

#[test]
fn an_interrupt_lets_what_is_under_way_end_writes_the_state_and_says_how_to_go_on() {
    let mut account = Account::new().unwrap();
    let upstream = account.endpoint.clone();
    let proxy = Proxy::start(&upstream, Duration::from_millis(100), Box::new(|_| Verdict::Forward)).unwrap();
    account.endpoint.clone_from(&proxy.endpoint);
    let child = account.command(APPLY).unwrap().spawn().unwrap();
    while !proxy.calls().iter().any(|call| call.operation == "CreateSecurityGroup") {
        std::thread::sleep(Duration::from_millis(5));
    }
    std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{text}");
    assert!(text.contains("To go on: ohinfra apply") && text.contains("the state is written"), "{text}");
    account.endpoint = upstream;
    account.succeed(APPLY).unwrap();
    assert_eq!(account.run(&["plan", "--detailed-exitcode"]).unwrap().code, Some(0));
}
