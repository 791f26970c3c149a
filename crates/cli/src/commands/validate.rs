//! `ohinfra validate`: checks the configuration and the graph, without contacting AWS.

use ohinfra_openhands::{Environment, build_graph};

use crate::Outcome;
use crate::error::CommandError;
use crate::print::outln;
use crate::run::Run;

pub(super) fn run(run: &Run<'_>) -> Result<Outcome, CommandError> {
    let environment = Environment::placeholder(&run.configuration);
    let graph = build_graph(&run.configuration, &environment, &run.sandbox)?;
    let stacks: Vec<&str> = graph.stacks().into_iter().collect();
    outln!(
        "{} is valid: {} resources in the stacks {}.",
        run.arguments.config.display(),
        graph.len(),
        stacks.join(", ")
    );
    Ok(Outcome::Done)
}
