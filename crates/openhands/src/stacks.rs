//! The stacks: one file each. A stack is a name prefix in one graph, not a unit of deployment.

mod monitoring;
mod network;
mod security;

use ohinfra_core::Address;
use ohinfra_core::contract::{Definition, Desired};
use ohinfra_core::tags::Tags;
use ohinfra_plan::graph::{Handle, Options};
use ohinfra_plan::{Graph, GraphBuilder, GraphError};

use crate::configuration::Configuration;
use crate::environment::Environment;
use crate::sandbox_policy::SandboxPolicy;

/// What every stack is built with.
pub(crate) struct Builder<'a> {
    pub(crate) configuration: &'a Configuration,
    pub(crate) environment: &'a Environment,
    graph: GraphBuilder,
    stack: &'static str,
}

impl Builder<'_> {
    /// Adds a resource of the current stack in the main region.
    pub(crate) fn add<D: Definition>(&mut self, name: &str, inputs: &Desired<D>) -> Handle {
        self.add_with::<D>(name, inputs, Options::default())
    }

    /// Adds a resource that `destroy` leaves in AWS.
    pub(crate) fn add_retained<D: Definition>(&mut self, name: &str, inputs: &Desired<D>) -> Handle {
        self.add_with::<D>(name, inputs, Options { retain: true, ..Options::default() })
    }

    fn add_with<D: Definition>(&mut self, name: &str, inputs: &Desired<D>, options: Options) -> Handle {
        let region = self.configuration.region.clone();
        self.graph.add::<D>(self.address(name), &region, inputs, options)
    }

    /// The address of a name in the current stack. Names are written in the stacks' files and checked by their tests.
    pub(crate) fn address(&self, name: &str) -> Address {
        match Address::new(self.stack, name) {
            Ok(address) => address,
            Err(error) => unreachable!("BUG: {error}"),
        }
    }

    /// Adds an output of the current stack.
    pub(crate) fn output(&mut self, name: &str, value: impl Into<ohinfra_core::Text>) {
        self.graph.output(self.stack, name, value);
    }

    /// The ARN of a thing in the main region.
    pub(crate) fn arn(&self, service: &str, rest: &str) -> String {
        let Environment { partition, names, .. } = self.environment;
        format!("arn:{partition}:{service}:{}:{}:{rest}", names.region, names.account)
    }
}

/// The tags of every resource of a deployment.
pub fn default_tags(configuration: &Configuration) -> Tags {
    let mut tags = Tags::from([
        ("Project".to_owned(), "OpenHands".to_owned()),
        ("STAGE".to_owned(), configuration.stage.clone()),
        ("Purpose".to_owned(), "ai-coding-assistant".to_owned()),
    ]);
    tags.extend(configuration.tags.clone());
    tags.insert("ManagedBy".to_owned(), "ohinfra".to_owned());
    tags
}

/// The desired graph of a deployment.
pub fn build_graph(
    configuration: &Configuration,
    environment: &Environment,
    sandbox: &SandboxPolicy,
) -> Result<Graph, Vec<GraphError>> {
    let graph = GraphBuilder::new(&configuration.name, default_tags(configuration));
    let mut builder = Builder { configuration, environment, graph, stack: "" };
    builder.stack = "network";
    let network = network::build(&mut builder);
    builder.stack = "monitoring";
    let monitoring = monitoring::build(&mut builder);
    builder.stack = "security";
    security::build(&mut builder, &network, &monitoring, sandbox);
    builder.graph.build()
}

#[cfg(test)]
mod tests;
