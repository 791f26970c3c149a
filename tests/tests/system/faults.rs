//! Network and service failures.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::time::Duration;

use ohinfra_tests::account::ended;
use ohinfra_tests::crash::Choice;
use ohinfra_tests::proxy::{Answer, Call, Rule, Trouble, Verdict};
use ohinfra_tests::{Account, Inventory, Proxy};

const APPLY: &[&str] = &["apply", "--yes"];
const PURGE: &[&str] = &["destroy", "--purge", "--yes"];

/// Words that indicate a problem in the output.
const ALARMS: &[&str] = &["error", "fail", "warn", "waiting: ", "retry", "throttl", "unavailable", "gave up"];

/// Runs an apply and a purge through a proxy. Returns the inventory after the apply and the number of calls of both
/// commands. Asserts that no resource remains, and if `quiet` is set, that the output contains no words of `ALARMS`.
fn life(rule: Rule, quiet: bool) -> (Inventory, [usize; 2]) {
    let mut account = Account::new().unwrap();
    let found = account.inventory().unwrap();
    let proxy = Proxy::start(&account.endpoint, Duration::ZERO, rule).unwrap();
    account.endpoint.clone_from(&proxy.endpoint);
    let run = |arguments: &[&str]| {
        proxy.forget();
        let run = account.succeed(arguments).unwrap();
        // The plan contains such words in names of settings and titles of graphs.
        let report = run.stdout.split("critical path").last().unwrap_or_default();
        for text in [report, &run.stderr] {
            let alarm = text.lines().find(|line| ALARMS.iter().any(|word| line.to_lowercase().contains(word)));
            assert!(!quiet || alarm.is_none(), "{run:#?}");
        }
        proxy.count()
    };
    let applied = run(APPLY);
    assert_eq!(account.run(&["plan", "--detailed-exitcode"]).unwrap().code, Some(0));
    let inventory = account.inventory().unwrap();
    let purged = run(PURGE);
    account.finish(PURGE).unwrap();
    assert_eq!(
        account.inventory().unwrap().differences(&found),
        Vec::<String>::new(),
        "resources remain after the purge"
    );
    (inventory, [applied, purged])
}

fn forward(_: &Call) -> Verdict {
    Verdict::Forward
}

/// Returns a rule that throttles calls, or drops connections before the call arrives or after it took effect, with the
/// given probabilities in percent.
fn random_failures(seed: u64, throttled: u64, cut: u64) -> Rule {
    Box::new(move |call| {
        let number = u64::try_from(call.index).unwrap();
        let chance = fastrand::Rng::with_seed(seed.wrapping_add(number * 7919)).u64(0..100);
        match chance {
            n if n < throttled => Verdict::Answer(Answer::trouble(call, Trouble::Throttled)),
            n if n < throttled + cut.div_ceil(2) => Verdict::Cut,
            n if n < throttled + cut => Verdict::ForwardAndCut,
            _ => Verdict::Forward,
        }
    })
}

#[test]
fn throttled_and_dropped_calls_are_retried_silently() {
    let (expected, undisturbed) = life(Box::new(forward), true);
    let seed = Choice::from_environment().seed;
    let (disturbed, calls) = life(random_failures(seed, 5, 2), true);
    assert_eq!(disturbed.differences(&expected), Vec::<String>::new(), "seed {seed}");
    for (calls, undisturbed) in calls.iter().zip(undisturbed) {
        assert!(calls * 10 <= undisturbed * 13, "{calls} calls, undisturbed {undisturbed}, seed {seed}");
    }
}

#[test]
fn every_lost_response_of_a_mutating_call_is_recovered() {
    let (expected, _) = life(Box::new(forward), true);
    let seen: Mutex<BTreeSet<(String, Option<String>)>> = Mutex::default();
    let lost = move |call: &Call| {
        let is_first = seen.lock().unwrap().insert((call.operation.clone(), call.address.clone()));
        if call.may_change() && is_first { Verdict::ForwardAndCut } else { Verdict::Forward }
    };
    let (lossy, _) = life(Box::new(lost), false);
    assert_eq!(lossy.differences(&expected), Vec::<String>::new());
}

#[test]
fn every_mutating_call_can_arrive_twice() {
    let (expected, _) = life(Box::new(forward), true);
    // Requests that create a key, a user pool or a client have no idempotency token, so a repeated request creates a second
    // resource. ohinfra never repeats them.
    let tokenless = ["CreateKey", "CreateUserPool", "CreateUserPoolClient"];
    let is_repeatable = move |call: &Call| call.may_change() && !tokenless.contains(&call.operation.as_str());
    let twice = move |call: &Call| if is_repeatable(call) { Verdict::ForwardTwice } else { Verdict::Forward };
    let (doubled, _) = life(Box::new(twice), true);
    assert_eq!(doubled.differences(&expected), Vec::<String>::new());
}

#[test]
fn late_and_duplicate_responses_are_tolerated() {
    let (expected, _) = life(Box::new(forward), true);
    let late = |call: &Call| match call.index % 3 {
        0 => Verdict::AnswerTwice,
        1 => Verdict::Delay(Duration::from_millis(200)),
        _ => Verdict::Forward,
    };
    let (delayed, _) = life(Box::new(late), true);
    assert_eq!(delayed.differences(&expected), Vec::<String>::new());
}

#[test]
fn errors_500_and_503_of_every_service_are_retried() {
    let (expected, _) = life(Box::new(forward), true);
    let seen: Mutex<BTreeMap<(String, Option<String>), u8>> = Mutex::default();
    let failing = move |call: &Call| {
        let mut seen = seen.lock().unwrap();
        let times = seen.entry((call.operation.clone(), call.address.clone())).or_default();
        *times += 1;
        match *times {
            1 => Verdict::Answer(Answer::trouble(call, Trouble::Internal)),
            2 => Verdict::Answer(Answer::trouble(call, Trouble::Unavailable)),
            _ => Verdict::Forward,
        }
    };
    let (troubled, _) = life(Box::new(failing), false);
    assert_eq!(troubled.differences(&expected), Vec::<String>::new());
}

#[test]
fn a_dropped_connection_is_reported_with_help() {
    let mut account = Account::new().unwrap();
    let cut = |call: &Call| if call.operation == "CreateTopic" { Verdict::Cut } else { Verdict::Forward };
    let proxy = Proxy::start(&account.endpoint, Duration::ZERO, Box::new(cut)).unwrap();
    let upstream = account.endpoint.clone();
    account.endpoint.clone_from(&proxy.endpoint);
    let run = account.run(&["apply", "--yes", "--target", "monitoring/alerts"]).unwrap();
    assert_eq!(run.code, Some(1));
    let text = &run.stderr;
    assert!(text.contains("monitoring/alerts") && text.contains("(gave up after 60 s)"), "{text}");
    assert!(text.contains("check the network") && text.contains("To continue: ohinfra apply"), "{text}");
    account.endpoint = upstream;
    account.succeed(APPLY).unwrap();
}

#[test]
fn the_error_page_of_a_proxy_does_not_mean_that_resources_are_missing() {
    let account = Account::new().unwrap();
    account.succeed(&["apply", "--yes", "--stack", "network"]).unwrap();
    let before = account.state().unwrap();
    let page = |_: &Call| Verdict::Answer(Answer::page(404));
    let proxy = Proxy::start(&account.endpoint, Duration::ZERO, Box::new(page)).unwrap();
    for arguments in [&["plan"][..], &["drift"], &["destroy", "--yes"]] {
        let mut command = account.command(arguments).unwrap();
        let run = ended(command.env("AWS_ENDPOINT_URL", &proxy.endpoint)).unwrap();
        assert_eq!(run.code, Some(1), "{run:#?}");
        assert!(run.stderr.contains("HTTP status 404 without an AWS error message"), "{run:#?}");
    }
    assert_eq!(account.state().unwrap(), before);
}
