//! The fuzz targets, each for a bounded time, where the toolchain that they need is there.

use std::process::Stdio;

use anyhow::Result;

use crate::shell::{cache, command, installed, root, run};

/// The version of cargo-fuzz.
const FUZZ: &str = "0.13.2";
/// How long a target runs, in seconds.
const SECONDS: u32 = 15;
/// Every target, and the good file that it starts from.
const TARGETS: &[(&str, &str)] = &[
    ("configuration", "config/multi-domain.toml"),
    ("policy", "config/sandbox-aws-policy.json"),
    ("state", "state/sample-v2.json"),
    ("plan", "state/sample-v2.json"),
];

pub(crate) fn run_all() -> Result<()> {
    let nightly = command("rustup", &["run", "nightly", "rustc", "--version"]).stderr(Stdio::null()).output();
    if !nightly.is_ok_and(|output| output.status.success()) {
        println!("the fuzz targets were not run: they need the nightly toolchain (`rustup toolchain install nightly`)");
        return Ok(());
    }
    let program = installed("cargo-fuzz", FUZZ)?;
    for (target, good) in TARGETS {
        let corpus = root().join("fuzz/corpus").join(target);
        std::fs::create_dir_all(&corpus)?;
        std::fs::copy(root().join(good), corpus.join("good"))?;
        let limit = format!("-max_total_time={SECONDS}");
        let arguments = ["run", "nightly", &*program.to_string_lossy(), "run", target, "--", &limit, "-verbosity=0"];
        let mut fuzz = command("rustup", &arguments);
        // cargo-fuzz would use the cargo that runs this task.
        fuzz.env_remove("CARGO").env_remove("RUSTUP_TOOLCHAIN");
        run(fuzz.current_dir(root().join("fuzz")).env("CARGO_TARGET_DIR", cache().join("fuzz-target")))?;
    }
    Ok(())
}
