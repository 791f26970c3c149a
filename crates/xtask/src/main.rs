//! Development tasks: `cargo xtask <task>`. Each task installs what it requires.

#![expect(clippy::print_stdout, reason = "tasks print to the terminal of the developer")]

mod bench;
mod check;
mod circles;
mod claims;
mod demo;
mod docs;
mod files;
mod fuzz;
mod links;
mod localstack;
mod mutants;
mod new_kind;
mod openhands;
mod packages;
mod payload;
mod pictures;
mod python;
mod screenshots;
mod shell;
mod site;
mod test;
mod tools;
mod try_guide;
mod words;

use clap::{Parser, Subcommand};

/// Development tasks
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Demonstrate bootstrap, plan, apply, output and destroy on LocalStack
    Demo(demo::Arguments),
    /// Run all checks: format, lints, documentation, tests
    Test(test::Arguments),
    /// Measure a plan without changes, an apply and a destroy, with 60 ms per call
    Bench,
    /// Run the tests in tests/openhands: OpenHands on a Docker engine
    Openhands(openhands::Arguments),
    /// Start and stop LocalStack
    #[command(subcommand)]
    Localstack(localstack::Task),
    /// Check dependencies between crates and files, packages, file sizes, test names and links in documents, and vocabulary
    Check,
    /// Run the fuzz targets of the file parsers for a limited time (requires the nightly toolchain)
    Fuzz,
    /// Run mutation tests of the planner, the engine and the state (several hours)
    Mutants(mutants::Arguments),
    /// Create the files of a new kind
    NewKind(new_kind::Arguments),
    /// Execute the steps of docs/adding-a-kind.md in a copy of the repository
    TryGuide,
    /// Regenerate schemas, references and diagrams; build the site; take the pictures of the terminal
    Docs(docs::Arguments),
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().task {
        Task::Demo(arguments) => demo::run(&arguments),
        Task::Test(arguments) => test::run_task(&arguments),
        Task::Bench => bench::run_bench(),
        Task::Openhands(arguments) => openhands::run_task(&arguments),
        Task::Localstack(task) => localstack::run(&task),
        Task::Check => check::run(),
        Task::Mutants(arguments) => mutants::run_mutants(&arguments),
        Task::NewKind(arguments) => new_kind::run_new(&arguments),
        Task::TryGuide => try_guide::run_task(),
        Task::Fuzz => fuzz::run_all(),
        Task::Docs(arguments) => docs::run(&arguments),
    }
}
