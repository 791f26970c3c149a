//! Interrupts with one and two Ctrl-C, SIGTERM, a closed terminal, and a full disk.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Output};
use std::time::{Duration, Instant};

use ohinfra_tests::account::ended;
use ohinfra_tests::helper::{python, script};
use ohinfra_tests::proxy::{Call, Verdict};
use ohinfra_tests::{Account, Proxy};

const APPLY: &[&str] = &["apply", "--yes"];

fn signal(child: &Child, name: &str) {
    let status = Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status().unwrap();
    assert!(status.success());
}

/// Starts an apply behind a proxy and waits until the proxy has recorded the operation.
fn start(account: &mut Account, delay: Duration, rule: fn(&Call) -> Verdict, operation: &str) -> (Child, Proxy) {
    let upstream = account.endpoint.clone();
    let proxy = Proxy::start(&upstream, delay, Box::new(rule)).unwrap();
    account.endpoint.clone_from(&proxy.endpoint);
    let child = account.command(APPLY).unwrap().spawn().unwrap();
    account.endpoint = upstream;
    let began = Instant::now();
    while !proxy.calls().iter().any(|call| call.operation == operation) {
        assert!(began.elapsed() < Duration::from_secs(60), "{operation} was not called");
        std::thread::sleep(Duration::from_millis(5));
    }
    (child, proxy)
}

/// Asserts that the output reports the saved state and the command to continue with, and that this command continues.
fn assert_resumable(account: &Account, output: &Output) {
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{text}");
    assert!(text.contains("To continue: ohinfra apply") && text.contains("state saved"), "{text}");
    account.succeed(APPLY).unwrap();
    assert_eq!(account.run(&["plan", "--detailed-exitcode"]).unwrap().code, Some(0));
}

#[test]
fn an_interrupt_finishes_running_steps_and_saves_the_state() {
    for name in ["INT", "TERM"] {
        let mut account = Account::new().unwrap();
        let (child, proxy) =
            start(&mut account, Duration::from_millis(100), |_| Verdict::Forward, "CreateSecurityGroup");
        signal(&child, name);
        let output = child.wait_with_output().unwrap();
        // The state records all created resources, so the next apply neither searches for them nor creates them again.
        let created = proxy.calls().iter().filter(|call| call.operation == "CreateSecurityGroup").count();
        let known = account.succeed(&["state", "list"]).unwrap().stdout;
        assert_eq!(known.lines().filter(|line| line.contains("-sg ")).count(), created, "{known}");
        assert_resumable(&account, &output);
    }
}

#[test]
fn a_second_interrupt_exits_immediately_and_saves_the_state() {
    let mut account = Account::new().unwrap();
    let rule = |call: &Call| if call.operation == "CreateTopic" { Verdict::Swallow } else { Verdict::Forward };
    let (mut child, _proxy) = start(&mut account, Duration::ZERO, rule, "CreateTopic");
    // All resources except the topic are created; then the apply waits only for the topic.
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line.contains("monitoring/data-bucket: created")));
    signal(&child, "INT");
    let message = lines.find(|line| line.contains("press Ctrl-C again to exit now")).unwrap();
    assert!(message.contains("monitoring/alerts"), "resources in progress are not named: {message}");
    assert!(child.try_wait().unwrap().is_none(), "the process exited at the first interrupt");
    signal(&child, "INT");
    let rest: Vec<String> = lines.collect();
    let output = child.wait_with_output().unwrap();
    let output = Output { stderr: rest.join("\n").into_bytes(), ..output };
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("monitoring/alerts"), "resources in progress are not named: {text}");
    assert!(account.succeed(&["state", "list"]).unwrap().stdout.contains("monitoring/data-bucket"));
    assert_resumable(&account, &output);
}

#[test]
fn a_closed_terminal_interrupts_an_apply() {
    let mut account = Account::new().unwrap();
    let upstream = account.endpoint.clone();
    let proxy = Proxy::start(&upstream, Duration::from_millis(100), Box::new(|_| Verdict::Forward)).unwrap();
    account.endpoint.clone_from(&proxy.endpoint);
    let command = account.command(APPLY).unwrap();
    account.endpoint = upstream;
    let mut in_terminal = python();
    in_terminal.arg(script("terminal.py")).arg("created").arg(command.get_program()).args(command.get_args());
    in_terminal.current_dir(account.folder()).env_clear().env("TERM", "xterm-256color");
    for (name, value) in command.get_envs() {
        in_terminal.env(name, value.unwrap_or_default());
    }
    let closed = ended(&mut in_terminal).unwrap();
    assert_eq!(closed.stdout.trim(), "130", "{closed:#?}");
    let created = proxy.calls().iter().filter(|call| call.operation == "CreateSecurityGroup").count();
    let known = account.succeed(&["state", "list"]).unwrap().stdout;
    assert_eq!(known.lines().filter(|line| line.contains("-sg ")).count(), created, "{known}");
    account.succeed(APPLY).unwrap();
    assert_eq!(account.run(&["plan", "--detailed-exitcode"]).unwrap().code, Some(0));
}

/// Runs an apply in a shell, after a preparation that restricts write access.
fn apply_after(account: &Account, preparation: &str, wrapper: &[&str]) -> ohinfra_tests::Ended {
    let command = account.command(APPLY).unwrap();
    let script = format!("{preparation}; exec \"$0\" \"$@\"");
    let words: Vec<&str> = wrapper.iter().copied().chain(["sh", "-c", &script]).collect();
    let mut shell = Command::new(words[0]);
    shell.args(&words[1..]).arg(command.get_program()).args(command.get_args());
    shell.current_dir(account.folder()).env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    for (name, value) in command.get_envs() {
        shell.env(name, value.unwrap_or_default());
    }
    ended(&mut shell).unwrap()
}

/// A command prefix for a separate mount namespace, in which file systems can be mounted.
const MOUNT_NAMESPACE: &[&str] = &["unshare", "--map-root-user", "--mount"];

#[test]
fn a_full_disk_stops_the_run_and_the_state_is_saved_elsewhere() {
    let account = Account::new().unwrap();
    // The file system is too small for the complete state.
    let run = apply_after(&account, "mkdir -p state && mount -t tmpfs -o size=192k none state", MOUNT_NAMESPACE);
    assert_eq!(run.code, Some(1), "{run:#?}");
    assert!(run.stderr.contains("No space left on device"), "{}", run.stderr);
    assert!(run.stderr.contains("`ohinfra state push openhands.errored.json`"), "{}", run.stderr);
    account.succeed(&["state", "push", "openhands.errored.json"]).unwrap();
    assert!(account.succeed(&["state", "list"]).unwrap().stdout.contains("monitoring/"), "no resource is in the state");
    account.succeed(APPLY).unwrap();
    assert_eq!(account.run(&["plan", "--detailed-exitcode"]).unwrap().code, Some(0));
}

#[test]
fn resources_are_recovered_if_neither_the_state_nor_a_copy_can_be_written() {
    let account = Account::new().unwrap();
    let inventory = account.inventory().unwrap();
    // The same file system, and no other path is writable.
    let disks = "mkdir -p state && mount --bind . . && cd \"$PWD\" && mount -t tmpfs -o size=192k none state \
        && mount -o remount,ro,bind . && export TMPDIR=/proc";
    let run = apply_after(&account, disks, MOUNT_NAMESPACE);
    assert_eq!(run.code, Some(1), "{run:#?}");
    assert!(run.stderr.contains("re-run the same command; it finds the created resources"), "{}", run.stderr);
    assert_ne!(account.inventory().unwrap(), inventory, "no resource was created");
    account.succeed(APPLY).unwrap();
    assert_eq!(account.run(&["plan", "--detailed-exitcode"]).unwrap().code, Some(0));
    account.succeed(&["destroy", "--purge", "--yes"]).unwrap();
    account.finish(&["destroy", "--purge", "--yes"]).unwrap();
    assert_eq!(account.inventory().unwrap(), inventory);
}

#[test]
fn nothing_is_created_if_the_intents_cannot_be_written() {
    let account = Account::new().unwrap();
    let inventory = account.inventory().unwrap();
    // The maximum size of each file is 8 KiB.
    let run = apply_after(&account, "trap '' XFSZ; ulimit -f 16", &["env"]);
    assert_eq!(run.code, Some(1), "{run:#?}");
    assert!(run.stderr.contains("failed to write state/openhands.json: File too large"), "{}", run.stderr);
    assert_eq!(account.inventory().unwrap(), inventory, "a resource was created");
    account.succeed(APPLY).unwrap();
}
