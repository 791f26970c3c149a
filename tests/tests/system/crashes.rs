//! The crash matrix: every command of a life cycle is killed with `kill -9` before and after its mutating calls. The re-run
//! command must leave the same inventory of the account as an undisturbed run.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, Result, ensure};
use ohinfra_tests::crash::{Choice, Point, killed_at, print_uncaptured, resume};
use ohinfra_tests::proxy::Call;
use ohinfra_tests::{Account, Inventory, Proxy};

const S3_STATE: &str = "[state]\nurl = \"s3://ohinfra-state-<account>-<region>/openhands.json\"\n";

/// A command of a life cycle, and its preparation.
struct Phase {
    name: &'static str,
    /// Additions to the usual configuration.
    configuration: &'static str,
    /// Resources to remove from the state, so that the command finds and adopts them.
    forget: &'static [&'static str],
    command: &'static [&'static str],
    /// `true` if a plan after the command shows no changes.
    converges: bool,
}

const LIFE: &[Phase] = &[
    Phase { name: "apply", configuration: "", forget: &[], command: &["apply", "--yes"], converges: true },
    // Updates, creations, deletions, adoptions and both orders of replacement: security groups are created first, a role and
    // a profile are deleted first.
    Phase {
        name: "changes",
        configuration: "[monitoring]\nlog_retention_days = 60\nalarm_emails = [\"ops@example.com\"]\n[network]\nendpoints = { ssm = false }\n\
            [models]\ndefault = \"bedrock/other\"\n[database]\nmax_acu = 8\n[waf]\nrate_limit = 1000\n[[edge]]\nruntime_access = \"public\"\n",
        // A selection is found through its plan, which is removed from the state as well.
        forget: &[
            "monitoring/backup-selection",
            "monitoring/backup-plan",
            "monitoring/backup-vault",
            "network/endpoint-s3",
            "security/instance-sg",
            "auth/client",
            "compute/asg",
            "compute/target-app",
            "database/proxy",
            "edge/alias",
            "edge/distribution",
            "user-config/function",
        ],
        command: &[
            "apply",
            "--yes",
            "--replace",
            "security/efs-sg",
            "--replace",
            "security/instance-profile",
            "--replace",
            "user-config/permission",
        ],
        converges: true,
    },
    // The old site is deleted only after the new site works.
    Phase {
        name: "change of the domain",
        configuration: "[[edge]]\nsub_domain = \"agents\"\n",
        forget: &[],
        command: &["apply", "--yes"],
        converges: true,
    },
    Phase { name: "destroy", configuration: "", forget: &[], command: &["destroy", "--yes"], converges: false },
    Phase {
        name: "apply that adopts retained resources",
        configuration: "",
        forget: &[],
        command: &["apply", "--yes"],
        converges: true,
    },
    Phase {
        name: "destroy --purge",
        configuration: "",
        forget: &[],
        command: &["destroy", "--purge", "--yes"],
        converges: false,
    },
];

fn prepare(account: &Account, state: &str, phase: &Phase) -> Result<()> {
    account.configure(&format!("{state}{}", phase.configuration))?;
    for address in phase.forget {
        account.succeed(&["state", "rm", address])?;
    }
    Ok(())
}

fn new_account(state: &str) -> Result<(Account, Inventory)> {
    let account = Account::new()?;
    account.configure(state)?;
    if !state.is_empty() {
        account.succeed(&["bootstrap"])?;
    }
    let found = account.inventory()?;
    Ok((account, found))
}

/// Runs a life cycle without crashes. Returns the number of mutating calls of each command and the inventory after it.
fn undisturbed(state: &str) -> Result<Vec<(usize, Inventory)>> {
    let (mut account, found) = new_account(state)?;
    let mut life = Vec::new();
    for phase in LIFE {
        prepare(&account, state, phase)?;
        let upstream = account.endpoint.clone();
        let proxy = Proxy::counting(&upstream)?;
        account.endpoint.clone_from(&proxy.endpoint);
        account.succeed(phase.command)?;
        account.endpoint = upstream;
        let changes = proxy.calls().iter().filter(|call| call.may_change()).count();
        account.finish(phase.command)?;
        life.push((changes, account.inventory()?));
    }
    let (_, left) = life.last().context("the life cycle has no phases")?;
    ensure!(*left == found, "an undisturbed purge left resources: {:#?}", left.differences(&found));
    Ok(life)
}

fn undisturbed_phase(account: &Account, state: &str, phase: &Phase) -> Result<()> {
    prepare(account, state, phase)?;
    account.succeed(phase.command)?;
    account.finish(phase.command)
}

/// Kills a command at a point and re-runs it. Returns an error if the result differs from an undisturbed run.
fn try_point(account: &mut Account, phase: &Phase, point: Point, then: &Inventory) -> Result<()> {
    let calls = killed_at(account, phase.command, point)?;
    let listed = |calls: &[Call]| calls.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    resume(account, phase.command).with_context(|| listed(&calls))?;
    account.finish(phase.command).with_context(|| listed(&calls))?;
    if phase.converges {
        let code = account.run(&["plan", "--detailed-exitcode"])?.code;
        ensure!(code == Some(0), "the plan shows changes after the command\n{}", listed(&calls));
    }
    let differences = account.inventory()?.differences(then);
    ensure!(
        differences.is_empty(),
        "the inventory differs from an undisturbed run: {differences:#?}\n{}",
        listed(&calls)
    );
    Ok(())
}

/// Runs life cycles on several accounts concurrently; every command of the nth life cycle is killed at its nth point.
fn try_all(name: &str, state: &str) {
    let choice = Choice::from_environment();
    let life = undisturbed(state).unwrap();
    let points: Vec<Vec<Point>> = (0..).zip(&life).map(|(nth, (changes, _))| choice.points(nth, *changes)).collect();
    let lives = points.iter().map(Vec::len).max().unwrap_or_default();
    let (next, failures) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let live = || -> Result<()> {
        let (mut account, mut found) = new_account(state)?;
        loop {
            let nth = next.fetch_add(1, Ordering::Relaxed);
            if nth >= lives {
                return Ok(());
            }
            if nth > 0 && nth.is_multiple_of(20) {
                print_uncaptured(&format!("{name}: life cycle {nth} of {lives}\n"));
            }
            for (index, (points, (_, then))) in points.iter().zip(&life).enumerate() {
                let phase = &LIFE[index];
                let Some(&point) = points.get(nth) else {
                    // Other life cycles cover all points of this command.
                    undisturbed_phase(&account, state, phase)?;
                    continue;
                };
                prepare(&account, state, phase)?;
                if let Err(error) = try_point(&mut account, phase, point, then) {
                    let failure = format!("{name}: {} {point}: {error:?}", phase.name);
                    // The whole matrix takes hours, so failures are reported immediately.
                    print_uncaptured(&format!("{failure}\n"));
                    failures.lock().unwrap_or_else(PoisonError::into_inner).push(failure);
                    // Prepare a new account up to this phase, so that the points of later phases are tested as well.
                    (account, found) = new_account(state)?;
                    LIFE[..=index].iter().try_for_each(|phase| undisturbed_phase(&account, state, phase))?;
                }
            }
            ensure!(account.inventory()? == found, "life cycle {nth} left resources");
        }
    };
    std::thread::scope(|scope| {
        let threads = [scope.spawn(live), scope.spawn(live)];
        for thread in threads {
            thread.join().unwrap().unwrap();
        }
    });
    let failures = failures.into_inner().unwrap();
    let count: usize = points.iter().map(Vec::len).sum();
    for ((phase, points), (changes, _)) in LIFE.iter().zip(&points).zip(&life) {
        let failed = failures.iter().filter(|f| f.starts_with(&format!("{name}: {} ", phase.name))).count();
        choice.report(&format!("{name}: {} of {changes} mutating calls", phase.name), points.len(), failed);
    }
    choice.report(name, count, failures.len());
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn a_command_killed_at_any_call_converges_with_the_state_in_a_file() {
    try_all("state in a file", "");
}

#[test]
fn a_command_killed_at_any_call_converges_with_the_state_in_s3() {
    try_all("state in S3", S3_STATE);
}
