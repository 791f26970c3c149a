//! Measures wall time, calls, the longest chain of sequential calls, and peak memory of the three commands that users wait
//! for. Run it with `cargo xtask bench`.

#![expect(clippy::print_stdout, reason = "prints a table to the terminal")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use ohinfra_tests::proxy::{Call, Verdict, longest_chain};
use ohinfra_tests::{Account, Proxy};

/// The duration of a call to AWS: a round trip within a continent and the processing time of the service.
const CALL: Duration = Duration::from_millis(60);

/// The step that measures ohinfra alone: the proxy replays recorded answers, so the emulator uses no CPU time.
const REPLAYED: &str = "`plan` without changes, recorded responses";

/// Returns the peak memory of a running process, in MiB.
fn peak(pid: u32) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kib: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib / 1024.0)
}

fn main() -> Result<()> {
    let mut account = Account::new()?;
    let replaying = Arc::new(AtomicBool::new(false));
    let is_replaying = Arc::clone(&replaying);
    let rule = move |_: &Call| if is_replaying.load(Ordering::SeqCst) { Verdict::Replay } else { Verdict::Forward };
    let proxy = Proxy::start(&account.endpoint, CALL, Box::new(rule))?;
    account.endpoint.clone_from(&proxy.endpoint);
    println!("| command | wall time | API calls | longest chain | peak memory |");
    println!("| --- | --- | --- | --- | --- |");
    let steps: [(&str, &[&str]); 5] = [
        ("first `plan`, nothing deployed", &["plan"]),
        ("`apply` of all resources", &["apply", "--yes"]),
        ("`plan` without changes", &["plan", "--detailed-exitcode"]),
        (REPLAYED, &["plan", "--detailed-exitcode"]),
        ("`destroy --purge`", &["destroy", "--purge", "--yes"]),
    ];
    for (name, arguments) in steps {
        replaying.store(name == REPLAYED, Ordering::SeqCst);
        if name == REPLAYED {
            account.succeed(arguments)?;
        }
        proxy.forget();
        let began = Instant::now();
        let mut child = account
            .command(arguments)?
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()?;
        let mut memory = 0.0_f64;
        let status = loop {
            memory = memory.max(peak(child.id()).unwrap_or_default());
            if let Some(status) = child.try_wait()? {
                break status;
            }
            std::thread::sleep(Duration::from_millis(2));
        };
        let wall = began.elapsed().as_secs_f64();
        ensure!(status.code().context("the process was killed")? == 0, "`ohinfra {}` failed", arguments.join(" "));
        let calls = proxy.calls();
        println!("| {name} | {wall:.2} s | {} | {} | {memory:.0} MiB |", calls.len(), longest_chain(&calls));
    }
    Ok(())
}
