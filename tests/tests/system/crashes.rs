//! `kill -9` in the middle, and a run that is interrupted: the same command again ends where an undisturbed one would have.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use ohinfra_tests::{Account, Proxy};

/// Runs a command whose process is killed when it makes its n-th call.
fn killed_at(account: &mut Account, arguments: &[&str], n: usize) {
    let count = Arc::new(AtomicUsize::new(0));
    let (seen, upstream) = (Arc::clone(&count), account.endpoint.clone());
    let rule = move |_: &ohinfra_tests::proxy::Call| {
        if seen.fetch_add(1, Ordering::SeqCst) >= n {
            // The call is never answered; the test kills the process meanwhile.
            std::thread::sleep(Duration::from_secs(2));
        }
        None
    };
    let proxy = Proxy::start(&upstream, Duration::ZERO, Box::new(rule)).unwrap();
    account.endpoint.clone_from(&proxy.endpoint);
    let mut child = account.command(arguments).unwrap().spawn().unwrap();
    while count.load(Ordering::SeqCst) <= n && child.try_wait().unwrap().is_none() {
        std::thread::yield_now();
    }
    // It may have ended by itself if it makes fewer calls.
    child.kill().ok();
    child.wait().unwrap();
    account.endpoint = upstream;
}

#[test]
fn a_run_that_is_killed_at_any_call_is_made_good_by_the_same_command() {
    let mut account = Account::new().unwrap();
    let found = account.inventory().unwrap();
    for n in [30, 60, 75, 90, 105, 120] {
        killed_at(&mut account, &["apply", "--yes"], n);
        account.succeed(&["apply", "--yes"]).unwrap();
        assert_eq!(account.run(&["plan", "--detailed-exitcode"]).unwrap().code, Some(0), "killed at call {n}");
        killed_at(&mut account, &["destroy", "--purge", "--yes"], n);
        account.succeed(&["destroy", "--purge", "--yes"]).unwrap();
        assert_eq!(account.inventory().unwrap(), found, "killed at call {n}: nothing is left");
    }
}

#[test]
fn an_interrupt_lets_what_is_under_way_end_writes_the_state_and_says_how_to_go_on() {
    let mut account = Account::new().unwrap();
    let upstream = account.endpoint.clone();
    let proxy = Proxy::start(&upstream, Duration::from_millis(100), Box::new(|_| None)).unwrap();
    account.endpoint.clone_from(&proxy.endpoint);
    let child = account.command(&["apply", "--yes"]).unwrap().spawn().unwrap();
    while !proxy.calls().iter().any(|call| call.operation == "CreateSecurityGroup") {
        std::thread::yield_now();
    }
    std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{text}");
    assert!(text.contains("To go on: ohinfra apply") && text.contains("the state is written"), "{text}");
    account.endpoint = upstream;
    account.succeed(&["apply", "--yes"]).unwrap();
    assert_eq!(account.run(&["plan", "--detailed-exitcode"]).unwrap().code, Some(0));
}
