//! Tools from npm, in `tests/tools`: a linter of workflows, and D2, which draws diagrams.

use std::process::Command;

use anyhow::Result;

use crate::shell::{command, root, run};

/// Returns a command that runs a script of `tests/tools`. Installs the locked packages first, unless they are installed.
pub(crate) fn node(script: &str, arguments: &[&str]) -> Result<Command> {
    let folder = root().join("tests/tools");
    let time = |path: &str| folder.join(path).metadata().and_then(|file| file.modified()).ok();
    if time("node_modules/.package-lock.json") < time("package-lock.json") {
        run(command("npm", &["ci", "--silent", "--no-audit", "--no-fund"]).current_dir(&folder))?;
    }
    let mut node = command("node", &[script]);
    node.args(arguments).current_dir(folder);
    Ok(node)
}
