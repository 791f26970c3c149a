//! The command line as a library, on any cloud: `ohinfra` runs it on AWS, `ohinfra-fake` on a cloud in memory.
//!
//! The only crate that prints, and that reads flags, the environment and the terminal. In reading order: [`args`] (what can
//! be asked), [`surroundings`] (what is read from outside), [`run`] (what every command needs), `commands` (one file each),
//! `view` (what people and machines read), `progress` (the readers of the engine's events), [`error`] (every hint).

pub mod args;
pub mod cloud;
mod commands;
pub mod error;
mod interrupt;
pub mod plan_file;
mod progress;
pub mod run;
mod say;
pub mod surroundings;
mod view;

use std::process::ExitCode;

use clap::Parser as _;

pub use cloud::Cloud;

use crate::say::errln;
use args::Arguments;
use error::CommandError;
use surroundings::Surroundings;

/// How a command ended, when it did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is done, or there was nothing to do.
    Done,
    /// There are changes, and the user asked to be told by the exit code.
    Changes,
}

/// Runs the command line of this process on a cloud. The exit code: 0 done, 1 failed, 2 there are changes, 130 interrupted.
pub fn main(cloud: &dyn Cloud) -> ExitCode {
    let surroundings = Surroundings::of_this_process();
    let arguments = match Arguments::try_parse_from(&surroundings.arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            let is_help = !error.use_stderr();
            // A closed pipe is the reader's choice.
            let _ = error.print();
            // clap's own code for a wrong usage is 2, which means "there are changes" here.
            return ExitCode::from(u8::from(!is_help));
        }
    };
    if arguments.no_color {
        anstream::ColorChoice::Never.write_global();
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            errln!("error: cannot start: {error}");
            return ExitCode::from(1);
        }
    };
    let result = runtime.block_on(commands::dispatch(arguments, surroundings, cloud));
    // Nothing that is still waiting for an answer holds up the end.
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
