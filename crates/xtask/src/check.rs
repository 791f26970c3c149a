//! Checks beyond the compiler: dependencies between crates and between files, packages, file sizes, dependency features, test
//! names and links in documents, vocabulary.

use std::path::Path;

use anyhow::{Result, ensure};

use crate::files::files;
use crate::shell::root;

/// Maximum length of a source file, in lines.
const LONGEST: usize = 600;
/// Crates that may depend on an AWS crate.
const SDK_LANE: &[&str] =
    &["aws-core", "aws-ec2", "aws-iam", "aws-compute", "aws-data", "aws-edge", "aws-ops", "state-s3", "ohinfra"];

pub(crate) fn run() -> Result<()> {
    let mut problems = Vec::new();
    let mut sources = Vec::new();
    files(&root().join("crates"), "rs", &mut sources)?;
    files(&root().join("tests"), "rs", &mut sources)?;
    for path in &sources {
        let text = std::fs::read_to_string(path)?;
        let place = path.strip_prefix(root())?.display().to_string();
        let lines = text.lines().count();
        if lines > LONGEST {
            problems.push(format!("{place}: {lines} lines exceed the maximum of {LONGEST}: split the file"));
        }
        if path.file_name().is_some_and(|name| name == "mod.rs") {
            problems.push(format!("{place}: name the file after its module instead of mod.rs"));
        }
        let is_product = place.contains("/src/")
            && !["xtask", "testkit", "cli"].iter().any(|c| place.starts_with(&format!("crates/{c}/")));
        if is_product
            && !place.starts_with("tests/")
            && (text.contains("println!") || text.contains("eprint!"))
            && !place.contains("/examples/")
        {
            problems.push(format!("{place}: only crates/cli may print"));
        }
        for word in ["localstack", "emulator"] {
            let is_shipped = is_product && !place.starts_with("tests/");
            if is_shipped && text.to_lowercase().contains(word) && !place.ends_with("tests.rs") {
                problems.push(format!("{place}: product code must not mention `{word}`"));
            }
        }
    }
    let mut manifests = Vec::new();
    files(&root().join("crates"), "toml", &mut manifests)?;
    let mut ec2 = 0;
    for path in manifests.iter().filter(|path| path.file_name().is_some_and(|name| name == "Cargo.toml")) {
        let text = std::fs::read_to_string(path)?;
        let name = path.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy().into_owned();
        let dependencies = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
        for line in dependencies {
            if line.starts_with("aws-") && !SDK_LANE.contains(&name.as_str()) {
                problems.push(format!("crates/{name}/Cargo.toml: only {} may depend on `{line}`", SDK_LANE.join(", ")));
            }
            if line.contains("features") {
                problems.push(format!("crates/{name}/Cargo.toml: set features in the root manifest only"));
            }
            ec2 += usize::from(line.starts_with("aws-sdk-ec2"));
        }
    }
    if ec2 != 1 {
        problems.push(format!("{ec2} manifests depend on aws-sdk-ec2: exactly one must"));
    }
    problems.extend(crate::circles::problems(&root().join("crates"))?);
    problems.extend(crate::claims::missing()?);
    problems.extend(crate::links::problems()?);
    problems.extend(crate::words::problems(&sources)?);
    problems.extend(crate::packages::foreign_includes(&sources)?);
    ensure!(problems.is_empty(), "{}", problems.join("\n"));
    crate::packages::package_all()?;
    println!("Checked {} source files and {} manifests.", sources.len(), manifests.len());
    Ok(())
}
