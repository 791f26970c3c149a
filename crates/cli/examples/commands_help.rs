//! Prints `docs/commands-help.md`: the help of every command, as the command line gives it.

use clap::{Command, CommandFactory as _};
use ohinfra_cli::args::Arguments;

/// Adds the help of a command, and of every command below it.
fn add(command: &mut Command, title: &str, text: &mut String) {
    let help = command.render_help().to_string();
    let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
    text.push_str(&format!("\n## {title}\n\n```text\n{}\n```\n", lines.join("\n").trim_end()));
    for below in command.get_subcommands_mut() {
        let title = format!("{title} {}", below.get_name());
        add(below, &title, text);
    }
}

#[expect(clippy::print_stdout, reason = "printing is all that it does")]
fn main() {
    let mut command = Arguments::command();
    command.build();
    let mut text =
        String::from("# Help of every command\n\nMade by `cargo xtask docs`; docs/commands.md explains them.\n");
    add(&mut command, "ohinfra", &mut text);
    print!("{text}");
}
