//! Generates JSON Schemas, the references of commands, configuration and kinds, and the diagrams; builds the site.

use std::collections::BTreeMap;

use anyhow::Result;
use clap::Args;

use crate::files::KINDS;
use crate::shell::{cargo, output, root};
use crate::{pictures, screenshots, site};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Build the site in target/site instead
    #[arg(long)]
    site: bool,
    /// Take the pictures of the terminal on LocalStack instead
    #[arg(long, conflicts_with = "site")]
    screenshots: bool,
}

/// The generated files: package, example that prints the file, its argument, path.
const GENERATED: &[(&str, &str, &str, &str)] = &[
    ("ohinfra-cli", "commands_help", "", "docs/commands-help.md"),
    ("ohinfra-state", "schema", "", "state/state-v2.schema.json"),
    ("ohinfra-openhands", "configuration_reference", "schema", "config/ohinfra.schema.json"),
    ("ohinfra-openhands", "configuration_reference", "keys", "docs/configuration-keys.md"),
];

/// Returns the path and the current text of every generated file.
pub(crate) fn made() -> Result<Vec<(String, String)>> {
    let mut files = Vec::new();
    for (package, example, argument, path) in GENERATED {
        files.push(((*path).to_owned(), printed(package, example, argument)?));
    }
    let kinds: BTreeMap<String, String> = serde_json::from_str(&printed("ohinfra-kinds", "kind_reference", "")?)?;
    files.extend(kinds);
    files.extend(pictures::made()?);
    Ok(files)
}

/// Returns the output of an example.
fn printed(package: &str, example: &str, argument: &str) -> Result<String> {
    let mut call = cargo(&["run", "--quiet", "--package", package, "--example", example, "--"]);
    if !argument.is_empty() {
        call.arg(argument);
    }
    output(&mut call)
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    if arguments.site {
        return site::build();
    }
    if arguments.screenshots {
        return screenshots::run();
    }
    std::fs::remove_dir_all(root().join(KINDS))?;
    std::fs::create_dir_all(root().join(KINDS))?;
    for (path, text) in made()? {
        let mut file = std::fs::File::create(root().join(&path))?;
        std::io::Write::write_all(&mut file, text.as_bytes())?;
        println!("wrote {path}");
    }
    Ok(())
}
