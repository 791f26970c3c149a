//! Writes what is made of the code: JSON Schemas, the references of commands, configuration and kinds.

use anyhow::Result;

use crate::shell::{cargo, debug_folder, output, root};

/// An example that prints a file, and the file.
const PRINTED: &[(&str, &str, &str, &str)] = &[
    ("ohinfra-state", "schema", "", "state/state-v1.schema.json"),
    ("ohinfra-openhands", "configuration_reference", "schema", "config/ohinfra.schema.json"),
    ("ohinfra-openhands", "configuration_reference", "keys", "docs/configuration-keys.md"),
    ("ohinfra-kinds", "kind_reference", "", "docs/kinds.md"),
];

/// The commands whose help is the reference.
const COMMANDS: &[&[&str]] = &[
    &[],
    &["validate"],
    &["bootstrap"],
    &["plan"],
    &["apply"],
    &["destroy"],
    &["drift"],
    &["output"],
    &["graph"],
    &["render"],
    &["state"],
    &["import"],
    &["unlock"],
    &["completions"],
];

/// The reference of commands, as it should be.
fn commands() -> Result<String> {
    crate::shell::run(&mut cargo(&["build", "--quiet", "--package", "ohinfra-testkit", "--bin", "ohinfra-fake"]))?;
    let program = debug_folder()?.join("ohinfra-fake");
    let mut text =
        String::from("# Help of every command\n\nMade by `cargo xtask docs`; docs/commands.md explains them.\n");
    for command in COMMANDS {
        let mut call = std::process::Command::new(&program);
        let help = output(call.args(*command).arg("--help").env("COLUMNS", "100"))?;
        let title = std::iter::once("ohinfra").chain(command.iter().copied()).collect::<Vec<_>>().join(" ");
        let help: Vec<&str> = help.lines().map(str::trim_end).collect();
        text.push_str(&format!("\n## {title}\n\n```text\n{}\n```\n", help.join("\n").trim_end()));
    }
    Ok(text)
}

/// Every made file, as it should be.
pub(crate) fn made() -> Result<Vec<(String, String)>> {
    let mut files = vec![("docs/commands-help.md".to_owned(), commands()?)];
    for (package, example, argument, path) in PRINTED {
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
