//! Kills commands with `kill -9` at selected calls.

use std::fmt;
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Result, ensure};

use crate::proxy::{Call, Verdict};
use crate::{Account, Ended, Proxy};

/// A point at which a run is killed: a mutating call. Read-only calls are not points: a run killed at such a call leaves
/// the same resources as a run killed before the next mutating call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// The index of the call among the mutating calls of the run, from 0.
    pub change: usize,
    /// `true` to kill the run after the call took effect and before its response arrives, `false` before the call arrives.
    pub after: bool,
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} change {}", if self.after { "after" } else { "before" }, self.change)
    }
}

/// Runs a command whose process is killed at a point. Returns the calls that it sent. A run with fewer changes ends
/// normally.
pub fn killed_at(account: &mut Account, arguments: &[&str], point: Point) -> Result<Vec<Call>> {
    let changes = AtomicUsize::new(0);
    let is_it = move |call: &Call| call.may_change() && changes.fetch_add(1, Ordering::SeqCst) >= point.change;
    killed_when(account, arguments, is_it, point.after)
}

/// Runs a command whose process is killed at the first call that matches `is_it`: after the call took effect, or before
/// it arrived. Later calls do not arrive.
pub fn killed_when(
    account: &mut Account,
    arguments: &[&str],
    is_it: impl Fn(&Call) -> bool + Send + Sync + 'static,
    after: bool,
) -> Result<Vec<Call>> {
    let upstream = account.endpoint.clone();
    let reached = Arc::new(AtomicBool::new(false));
    let is_reached = Arc::clone(&reached);
    let rule = move |call: &Call| {
        if is_reached.load(Ordering::SeqCst) {
            return Verdict::Swallow;
        }
        if !is_it(call) {
            return Verdict::Forward;
        }
        // Of two concurrent calls, one is the point and the other does not arrive.
        if is_reached.swap(true, Ordering::SeqCst) {
            return Verdict::Swallow;
        }
        if after { Verdict::ForwardAndWithhold } else { Verdict::Swallow }
    };
    let proxy = Proxy::start(&upstream, Duration::ZERO, Box::new(rule))?;
    account.endpoint.clone_from(&proxy.endpoint);
    let child = account.command(arguments).and_then(|mut command| Ok(command.spawn()?));
    account.endpoint = upstream;
    let mut child = child?;
    // Every received call is recorded when it is answered, was swallowed, or took effect. After that, no call is in
    // progress. A call whose connection broke is never recorded, so the wait is limited.
    let mut retry_budget = 400;
    loop {
        let is_over = reached.load(Ordering::SeqCst);
        let is_quiet = proxy.calls().len() >= proxy.count() || retry_budget <= 0;
        if (is_over && is_quiet) || child.try_wait()?.is_some() {
            break;
        }
        retry_budget -= i32::from(is_over);
        std::thread::sleep(Duration::from_millis(5));
    }
    // The process may have ended already.
    child.kill().ok();
    child.wait()?;
    Ok(proxy.calls())
}

/// Re-runs a command after a crash, as its error message recommends: releases the lock of the killed process first.
pub fn resume(account: &Account, arguments: &[&str]) -> Result<Ended> {
    let run = account.run(arguments)?;
    let locked = run.stderr.split_once("`ohinfra unlock ").and_then(|(_, rest)| rest.split_once('`'));
    let Some((id, _)) = locked else {
        ensure!(run.code == Some(0), "`ohinfra {}` ended with {run:#?}", arguments.join(" "));
        return Ok(run);
    };
    account.succeed(&["unlock", id, "--force"])?;
    account.succeed(arguments)
}

/// Writes to standard error directly, which test capture does not hide. Ignores errors such as a closed output.
pub fn print_uncaptured(text: &str) {
    let _ = std::io::stderr().write_all(text.as_bytes());
}

/// The selection of points to test.
pub struct Choice {
    /// The seed of the selection; `OHINFRA_TEST_SEED` repeats a selection.
    pub seed: u64,
    /// The maximum number of points of each command; `None` for all.
    most: Option<usize>,
    /// The shard to test: its index, from 0, and the number of equal shards.
    shard: (usize, usize),
}

impl Choice {
    /// Reads the selection from `OHINFRA_TEST_CRASH_POINTS`: a number of points of each command, `all`, or a shard such
    /// as `2/8`. The default is a few points of each command.
    #[expect(clippy::disallowed_methods, reason = "the environment sets the number of points")]
    pub fn from_environment() -> Self {
        let number = |name: &str| std::env::var(name).ok().and_then(|value| value.parse().ok());
        let seed = number("OHINFRA_TEST_SEED").unwrap_or_else(|| fastrand::u64(0..1_000_000));
        let points = std::env::var("OHINFRA_TEST_CRASH_POINTS").unwrap_or_else(|_| "5".to_owned());
        let part = points.split_once('/').and_then(|(part, of)| Some((part.parse().ok()?, of.parse().ok()?)));
        let shard = part.map_or((0, 1), |(part, of): (usize, usize)| (part.saturating_sub(1), of.max(1)));
        Self { seed, most: points.parse().ok(), shard }
    }

    /// Returns the points of the `nth` command, which sends the given number of mutating calls.
    pub fn points(&self, nth: u64, changes: usize) -> Vec<Point> {
        let mut points: Vec<Point> =
            (0..changes).flat_map(|change| [false, true].map(|after| Point { change, after })).collect();
        if let Some(most) = self.most {
            fastrand::Rng::with_seed(self.seed ^ (nth + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)).shuffle(&mut points);
            points.truncate(most);
        }
        let (part, of) = self.shard;
        points.into_iter().skip(part).step_by(of).collect()
    }

    /// Writes a line to standard error, and to the file that `cargo xtask test` prints as a report.
    #[expect(clippy::disallowed_methods, reason = "the environment sets the path of the report")]
    pub fn report(&self, what: &str, points: usize, failures: usize) {
        let line = format!("{what}: {points} points, {failures} failures (seed {})\n", self.seed);
        print_uncaptured(&line);
        if let Ok(path) = std::env::var("OHINFRA_TEST_CRASH_REPORT")
            && let Ok(mut file) = std::fs::OpenOptions::new().append(true).create(true).open(path)
        {
            let _ = file.write_all(line.as_bytes());
        }
    }
}
