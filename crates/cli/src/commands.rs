//! The commands, one module each.

mod apply;
mod bootstrap;
mod drift;
mod graph;
mod import;
mod init;
mod output;
mod plan;
mod plan_checks;
mod render;
mod state;
mod unlock;
mod users;
mod validate;

use clap::CommandFactory as _;

use crate::args::{Arguments, Command};
use crate::cloud::Cloud;
use crate::error::{CommandError, print_warnings};
use crate::print::out;
use crate::process::ProcessContext;
use crate::run::Run;
use crate::{Outcome, interrupt};

/// Runs the command that the arguments name.
pub(crate) async fn dispatch(
    arguments: Arguments,
    process: ProcessContext,
    cloud: &dyn Cloud,
) -> Result<Outcome, CommandError> {
    if let Command::Completions { shell } = arguments.command {
        let mut bytes = Vec::new();
        clap_complete::generate(shell, &mut Arguments::command(), "ohinfra", &mut bytes);
        out!("{}", String::from_utf8_lossy(&bytes));
        return Ok(Outcome::Done);
    }
    if let Command::Init(wanted) = &arguments.command {
        return init::run(&arguments, wanted, &process, cloud).await;
    }
    let run = Run::new(&arguments, &process, cloud, interrupt::watch())?;
    match &arguments.command {
        Command::Plan(_) | Command::Apply(_) | Command::Destroy(_) => {}
        _ => print_warnings(&run.warnings),
    }
    match &arguments.command {
        Command::Validate => validate::run(&run),
        Command::Bootstrap => run.interruptible(bootstrap::run(&run)).await,
        Command::Plan(arguments) => run.interruptible(plan::run(&run, arguments)).await,
        Command::Apply(arguments) => apply::apply(&run, arguments).await,
        Command::Destroy(arguments) => apply::destroy(&run, arguments).await,
        Command::Drift(arguments) => run.interruptible(drift::run(&run, arguments)).await,
        Command::Output(arguments) => run.interruptible(output::run(&run, arguments)).await,
        Command::Graph(arguments) => graph::run(&run, arguments),
        Command::Render(arguments) => render::run(&run, arguments),
        Command::State(command) => run.interruptible(state::run(&run, command)).await,
        Command::Users(command) => users::run(&run, command).await,
        Command::Import(arguments) => import::run(&run, arguments).await,
        Command::Unlock(arguments) => run.interruptible(unlock::run(&run, arguments)).await,
        Command::Completions { .. } | Command::Init(_) => Ok(Outcome::Done),
    }
}
