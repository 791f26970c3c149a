//! Runs the fuzz targets, each for a limited time, if the nightly toolchain is installed.

use std::process::Stdio;

use anyhow::Result;

use crate::shell::{cache, command, installed, root, run};

/// The version of cargo-fuzz.
const FUZZ: &str = "0.13.2";
/// Run time of a target, in seconds.
const SECONDS: u32 = 15;
/// The targets, each with the valid file that seeds its corpus.
const TARGETS: &[(&str, &str)] = &[
    ("configuration", "config/multi-domain.toml"),
    ("policy", "config/sandbox-aws-policy.json"),
    ("state", "state/sample-v2.json"),
    ("plan", "state/sample-v2.json"),
];

pub(crate) fn run_all() -> Result<()> {
    let nightly = command("rustup", &["run", "nightly", "rustc", "--version"]).stderr(Stdio::null()).output();
    if !nightly.is_ok_and(|output| output.status.success()) {
        println!("skipped the fuzz targets: they require the nightly toolchain (`rustup toolchain install nightly`)");
        return Ok(());
    }
    let program = installed("cargo-fuzz", FUZZ, &[])?;
    for (target, seed) in TARGETS {
        let corpus = root().join("fuzz/corpus").join(target);
        std::fs::create_dir_all(&corpus)?;
        std::fs::copy(root().join(seed), corpus.join("seed"))?;
        let limit = format!("-max_total_time={SECONDS}");
        let arguments = ["run", "nightly", &*program.to_string_lossy(), "run", target, "--", &limit, "-verbosity=0"];
        let mut fuzz = command("rustup", &arguments);
        // Otherwise cargo-fuzz would use the toolchain that runs this task.
        fuzz.env_remove("CARGO").env_remove("RUSTUP_TOOLCHAIN");
        run(fuzz.current_dir(root().join("fuzz")).env("CARGO_TARGET_DIR", cache().join("fuzz-target")))?;
    }
    Ok(())
}
