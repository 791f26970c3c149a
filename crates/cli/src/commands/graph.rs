//! `ohinfra graph`: prints the dependency graph, without contacting AWS.

use ohinfra_openhands::{Environment, build_graph};

use crate::Outcome;
use crate::args::{GraphArguments, GraphFormat};
use crate::error::CommandError;
use crate::print::{out, outln};
use crate::run::Run;
use crate::view;

pub(super) fn run(run: &Run<'_>, arguments: &GraphArguments) -> Result<Outcome, CommandError> {
    let environment = Environment::placeholder(&run.configuration);
    let graph = build_graph(&run.configuration, &environment, &run.sandbox)?;
    match arguments.format {
        GraphFormat::Dot => out!("{}", view::graph::dot(&graph)),
        GraphFormat::Mermaid => out!("{}", view::graph::mermaid(&graph)),
        GraphFormat::Json => outln!("{:#}", view::graph::json(&graph)),
    }
    Ok(Outcome::Done)
}
