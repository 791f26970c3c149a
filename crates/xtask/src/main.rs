//! The project's own tasks: `cargo xtask <task>`. Each does all the set-up that it needs.

#![expect(clippy::print_stdout, reason = "these are programs for people at a terminal")]

mod bench;
mod check;
mod claims;
mod demo;
mod docs;
mod fuzz;
mod localstack;
mod new_kind;
mod openhands;
mod payload;
mod python;
mod shell;
mod test;

use clap::{Parser, Subcommand};

/// The project's own tasks.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Shows the main job: LocalStack, a VPC and a hosted zone, plan, apply, outputs, an empty second plan, destroy
    Demo(demo::Arguments),
    /// Runs everything that must pass: format, lints, documentation, every test
    Test(test::Arguments),
    /// Measures a plan without changes, a whole apply and a destroy, with 60 ms for every call
    Bench,
    /// Runs the real OpenHands on a real docker engine: every journey in tests/openhands
    Openhands(openhands::Arguments),
    /// Starts and stops LocalStack
    #[command(subcommand)]
    Localstack(localstack::Task),
    /// Checks what no compiler checks: who may name what, file sizes, tests that documents name
    Check,
    /// Feeds the readers of files with random bytes for a while, where the nightly toolchain is there
    Fuzz,
    /// Writes the files of a new kind, `service.noun` in a family's crate
    NewKind(new_kind::Arguments),
    /// Writes schemas and references anew
    Docs,
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().task {
        Task::Demo(arguments) => demo::run(&arguments),
        Task::Test(arguments) => test::run_task(&arguments),
        Task::Bench => bench::run_bench(),
        Task::Openhands(arguments) => openhands::run_task(&arguments),
        Task::Localstack(task) => localstack::run(&task),
        Task::Check => check::run(),
        Task::NewKind(arguments) => new_kind::run_new(&arguments),
        Task::Fuzz => fuzz::run_all(),
        Task::Docs => docs::run(),
    }
}
