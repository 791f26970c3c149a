//! The command line as a library, for any cloud: `ohinfra` runs it on AWS, `ohinfra-fake` on an in-memory cloud.
//!
//! The only crate that prints and that reads flags, environment variables and the terminal. In reading order: [`args`] (flags
//! and commands), [`process`] (the process context), [`run`] (the context of a command), `commands` (one module each),
//! `view` (output for people and machines), `progress` (observers of engine events), [`error`] (errors and their help).

pub mod args;
pub mod cloud;
mod commands;
pub mod error;
mod interrupt;
pub mod plan_file;
mod print;
pub mod process;
mod progress;
pub mod run;
mod style;
mod view;

use std::process::ExitCode;

use clap::Parser as _;

pub use cloud::Cloud;

use crate::print::errln;
use args::Arguments;
use error::CommandError;
use process::ProcessContext;

/// The outcome of a successful command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The command completed, possibly without changes.
    Done,
    /// Changes or drift exist, and the command reports them in its exit code.
    Changes,
}

/// Runs the command line of this process on a cloud. Exit codes: 0 success, 1 error, 2 changes or drift, 130 interrupted.
pub fn main(cloud: &dyn Cloud) -> ExitCode {
    let process = ProcessContext::of_this_process();
    let arguments = match Arguments::try_parse_from(&process.arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            let is_help = !error.use_stderr();
            // A closed pipe is not an error.
            let _ = error.print();
            // clap exits with 2 on a usage error, but here 2 means changes.
            return ExitCode::from(u8::from(!is_help));
        }
    };
    if arguments.no_color {
        anstream::ColorChoice::Never.write_global();
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            errln!("error: failed to start the async runtime: {error}");
            return ExitCode::from(1);
        }
    };
    let result = runtime.block_on(commands::dispatch(arguments, process, cloud));
    // Do not wait for calls that are still in flight.
    runtime.shutdown_background();
    match result {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Changes) => ExitCode::from(2),
        Err(CommandError::Interrupted(message)) => {
            errln!("{message}");
            ExitCode::from(130)
        }
        Err(error) => {
            error::print(&error);
            ExitCode::from(1)
        }
    }
}
