//! Generates JSON Schemas and the references of commands, configuration and kinds from the code.

use anyhow::Result;

use crate::shell::{cargo, output, root};

/// The generated files: package, example that prints the file, its argument, path.
const GENERATED: &[(&str, &str, &str, &str)] = &[
    ("ohinfra-cli", "commands_help", "", "docs/commands-help.md"),
    ("ohinfra-state", "schema", "", "state/state-v2.schema.json"),
    ("ohinfra-openhands", "configuration_reference", "schema", "config/ohinfra.schema.json"),
    ("ohinfra-openhands", "configuration_reference", "keys", "docs/configuration-keys.md"),
    ("ohinfra-kinds", "kind_reference", "", "docs/kinds.md"),
];

/// Returns the path and the current text of every generated file.
pub(crate) fn made() -> Result<Vec<(String, String)>> {
    let mut files = Vec::new();
    for (package, example, argument, path) in GENERATED {
        let mut call = cargo(&["run", "--quiet", "--package", package, "--example", example, "--"]);
        if !argument.is_empty() {
            call.arg(argument);
        }
        files.push(((*path).to_owned(), output(&mut call)?));
    }
    Ok(files)
}

pub(crate) fn run() -> Result<()> {
    for (path, text) in made()? {
        let mut file = std::fs::File::create(root().join(&path))?;
        std::io::Write::write_all(&mut file, text.as_bytes())?;
        println!("wrote {path}");
    }
    Ok(())
}
