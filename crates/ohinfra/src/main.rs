//! The `ohinfra` program: the command line on AWS.

use std::process::ExitCode;

fn main() -> ExitCode {
    ohinfra_cli::main(&ohinfra::Aws::default())
}
