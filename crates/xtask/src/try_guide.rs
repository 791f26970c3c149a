//! Executes the steps of the guide to adding a kind, in a copy of the repository that shares its build directory.

mod steps;

use std::path::Path;

use anyhow::{Context as _, Result, bail};

use crate::localstack::Server;
use crate::shell::{command, debug_folder, output, root};
use crate::try_guide::steps::{Step, patch, shows, steps};

/// The guide.
const GUIDE: &str = "docs/adding-a-kind.md";

pub(crate) fn run_task() -> Result<()> {
    run_on(&Server::start(None)?)
}

/// Executes the steps, with this LocalStack.
pub(crate) fn run_on(server: &Server) -> Result<()> {
    let target = debug_folder()?.parent().context("the build directory has no parent")?.to_path_buf();
    // The same directory every time, so that a repeated run replaces the previous build.
    let copy = target.join("guide");
    println!("\nExecuting the steps of {GUIDE} in {}", copy.display());
    copy_files(&copy)?;
    let manifest = copy.join("Cargo.toml");
    write(&manifest, &with_other_version(&std::fs::read_to_string(&manifest)?)?)?;
    for step in steps(&std::fs::read_to_string(root().join(GUIDE))?)? {
        match step {
            Step::Write { path, text } => {
                println!("\nwriting {path}");
                write(&copy.join(path), &text)?;
            }
            Step::Patch { path, text } => {
                println!("\nchanging {path}");
                let file = copy.join(&path);
                let present = std::fs::read_to_string(&file).with_context(|| path.clone())?;
                write(&file, &patch(&present, &text).with_context(|| path.clone())?)?;
            }
            Step::Run { line, shown } => run_line(&copy, &target, server, &line, &shown)?,
        }
    }
    println!("\nAll steps of {GUIDE} have the results that it shows.");
    Ok(())
}

/// Copies all files of the repository, including new ones that are not ignored. Deletes a previous copy.
fn copy_files(copy: &Path) -> Result<()> {
    if copy.exists() {
        std::fs::remove_dir_all(copy)?;
    }
    let list = output(&mut command("git", &["ls-files", "-z", "--cached", "--others", "--exclude-standard"]))?;
    for path in list.split('\0').filter(|path| !path.is_empty()) {
        let (from, to) = (root().join(path), copy.join(path));
        // A deleted file is still listed.
        if from.is_file() {
            std::fs::create_dir_all(to.parent().context("the path has no parent directory")?)?;
            std::fs::copy(&from, &to).with_context(|| path.to_owned())?;
        }
    }
    Ok(())
}

/// Changes the version of the workspace. Cargo identifies a crate of a workspace by its name and version, not by its directory: with
/// the same version, later builds of this checkout would use crates that were built from the copy.
fn with_other_version(manifest: &str) -> Result<String> {
    let (head, rest) =
        manifest.split_once("[workspace.package]\nversion = \"").context("the workspace has no version")?;
    let (version, tail) = rest.split_once('"').context("the version does not end")?;
    let (series, _) = version.rsplit_once('.').context("the version has no patch number")?;
    Ok(format!("{head}[workspace.package]\nversion = \"{series}.999\"{tail}"))
}

fn write(path: &Path, text: &str) -> Result<()> {
    std::fs::create_dir_all(path.parent().context("the path has no parent directory")?)?;
    let mut file = std::fs::File::create(path)?;
    Ok(std::io::Write::write_all(&mut file, text.as_bytes())?)
}

/// Runs a command line in the copy. Fails unless its result and its output are those that the guide shows.
fn run_line(copy: &Path, target: &Path, server: &Server, line: &str, shown: &[String]) -> Result<()> {
    println!("\n$ {line}");
    let mut shell = command("sh", &["-c", &format!("{{ {line}; }} 2>&1")]);
    shell.current_dir(copy).env("CARGO_TARGET_DIR", target);
    shell.env("OHINFRA_TEST_ENDPOINT", &server.endpoint).env("OHINFRA_TEST_PYTHON", &server.environment);
    let result = shell.output()?;
    let printed = String::from_utf8_lossy(&result.stdout);
    println!("{printed}");
    let fails = shown.iter().any(|line| line.starts_with("error"));
    if result.status.success() == fails {
        bail!("`{line}`: {}, but the guide shows {}", result.status, if fails { "an error" } else { "no error" });
    }
    match shown.iter().find(|shown| !shows(&printed, shown)) {
        Some(missing) => bail!("`{line}`: the output has no line `{missing}`, which the guide shows"),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_copy_has_another_compatible_version() {
        let manifest = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
        let changed = with_other_version(&manifest).unwrap();
        let differing: Vec<_> = manifest.lines().zip(changed.lines()).filter(|(a, b)| a != b).collect();
        let [(present, other)] = differing[..] else { panic!("{differing:?}") };
        let (series, _) = present.rsplit_once('.').unwrap();
        assert_eq!(other, format!("{series}.999\""));
    }
}
