//! Mutation tests: cargo-mutants changes one expression at a time and expects a test to fail. `.cargo/mutants.toml` names the
//! files, and the mutants that no test can catch, with reasons.

use anyhow::Result;
use clap::Args;

use crate::shell::{cache, command, installed, run};

/// The version of cargo-mutants.
const VERSION: &str = "27.1.0";

/// The number of cases of each property. The default of 256 takes a minute and a half per mutant; this many catch the same ones.
const CASES: &str = "24";

#[derive(Args)]
pub(crate) struct Arguments {
    /// Test one of several equal parts of the mutants, for example `0/8`: the parts count from 0
    #[arg(long, value_name = "PART/PARTS")]
    shard: Option<String>,
    /// Only mutants in files that match this pattern, for example `**/difference.rs` (repeatable)
    #[arg(long)]
    file: Vec<String>,
    /// List the mutants without testing them
    #[arg(long)]
    list: bool,
}

pub(crate) fn run_mutants(arguments: &Arguments) -> Result<()> {
    let program = installed("cargo-mutants", VERSION, &[])?;
    let output = cache().join("mutants");
    std::fs::create_dir_all(&output)?;
    let mut mutants = command(program, &["mutants", "--colors", "never", "--no-times", "--output"]);
    mutants.arg(&output).env("PROPTEST_CASES", CASES);
    if let Some(shard) = &arguments.shard {
        mutants.args(["--shard", shard]);
    }
    for file in &arguments.file {
        mutants.args(["--file", file]);
    }
    if arguments.list {
        mutants.arg("--list");
    }
    run(&mut mutants)
}
