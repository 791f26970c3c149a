//! The stacks, one file each. A stack is an address prefix in the graph, not a unit of deployment.

mod auth;
mod bedrock;
mod compute;
mod database;
mod edge;
mod images;
mod monitoring;
mod network;
mod security;
mod user_config;

use ohinfra_core::contract::{Definition, Desired};
use ohinfra_core::tags::Tags;
use ohinfra_core::{Address, Region};
use ohinfra_plan::graph::{Handle, Options};
use ohinfra_plan::{Graph, GraphBuilder, GraphError};

pub use auth::{SESSION_HOURS, USER_POOL};
use edge::Origin;

use crate::configuration::Configuration;
use crate::environment::Environment;
use crate::sandbox_policy::SandboxPolicy;

/// The context for building stacks.
pub(crate) struct Builder<'a> {
    pub(crate) configuration: &'a Configuration,
    pub(crate) environment: &'a Environment,
    graph: GraphBuilder,
    stack: String,
    region: Region,
}

impl Builder<'_> {
    /// Sets the stack and region of subsequently added resources.
    fn enter(&mut self, stack: &str, region: &Region) {
        stack.clone_into(&mut self.stack);
        self.region.clone_from(region);
    }

    /// Adds a resource to the current stack, in its region.
    pub(crate) fn add<D: Definition>(&mut self, name: &str, inputs: &Desired<D>) -> Handle {
        self.add_with::<D>(name, inputs, Options::default())
    }

    /// Adds a resource that `destroy` retains in AWS.
    pub(crate) fn add_retained<D: Definition>(&mut self, name: &str, inputs: &Desired<D>) -> Handle {
        self.add_with::<D>(name, inputs, Options { retain: true, ..Options::default() })
    }

    /// Adds a resource with explicit dependencies, in addition to those from references.
    pub(crate) fn add_after<D: Definition>(&mut self, name: &str, inputs: &Desired<D>, after: Vec<Handle>) -> Handle {
        self.add_with::<D>(name, inputs, Options { after, ..Options::default() })
    }

    /// Adds a resource with options.
    pub(crate) fn add_with<D: Definition>(&mut self, name: &str, inputs: &Desired<D>, options: Options) -> Handle {
        let region = self.region.clone();
        self.graph.add::<D>(self.address(name), &region, inputs, options)
    }

    /// Adds a resource to the current stack, in another region.
    pub(crate) fn add_in<D: Definition>(&mut self, region: &Region, name: &str, inputs: &Desired<D>) -> Handle {
        self.graph.add::<D>(self.address(name), region, inputs, Options::default())
    }

    /// Returns a handle to a resource of another stack, which may be added later.
    pub(crate) fn of(address: &str) -> Handle {
        match address.parse() {
            Ok(address) => Handle::to(address),
            Err(error) => unreachable!("BUG: {error}"),
        }
    }

    /// Returns the value of a configuration key as a string.
    pub(crate) fn text(&self, path: &str) -> String {
        self.configuration.value(path).as_str().unwrap_or_default().to_owned()
    }

    /// Returns the value of a configuration key as an integer.
    pub(crate) fn number(&self, path: &str) -> i32 {
        self.configuration.value(path).as_i64().and_then(|number| i32::try_from(number).ok()).unwrap_or_default()
    }

    /// Returns the value of a configuration key as a boolean.
    pub(crate) fn flag(&self, path: &str) -> bool {
        self.configuration.value(path).as_bool().unwrap_or_default()
    }

    /// Returns the address of a name in the current stack. Names are literals in the stack files, covered by tests.
    pub(crate) fn address(&self, name: &str) -> Address {
        match Address::new(&self.stack, name) {
            Ok(address) => address,
            Err(error) => unreachable!("BUG: {error}"),
        }
    }

    /// Adds an output to the current stack.
    pub(crate) fn output(&mut self, name: &str, value: impl Into<ohinfra_core::Text>) {
        self.graph.output(&self.stack, name, value);
    }

    /// Returns the ARN of a resource in the main region.
    pub(crate) fn arn(&self, service: &str, rest: &str) -> String {
        let Environment { partition, names, .. } = self.environment;
        format!("arn:{partition}:{service}:{}:{}:{rest}", names.region, names.account)
    }
}

/// Returns the tags of all resources of a deployment.
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

/// Builds the desired graph of a deployment.
pub fn build_graph(
    configuration: &Configuration,
    environment: &Environment,
    sandbox: &SandboxPolicy,
) -> Result<Graph, Vec<GraphError>> {
    let graph = GraphBuilder::new(&configuration.name, default_tags(configuration));
    let region = configuration.region.clone();
    let mut builder = Builder { configuration, environment, graph, stack: String::new(), region };
    let virginia = Region::us_east_1();
    let (origin, own): (Origin, _) = if let Some(exported) = &environment.exported {
        (exported.into(), None)
    } else {
        let (security, compute) = build_backend(&mut builder, sandbox)?;
        (Origin::of(&security, &compute), Some((security, compute)))
    };
    builder.enter("auth", &virginia);
    let auth = auth::build(&mut builder).map_err(|error| vec![GraphError::Payload(error.to_string())])?;
    let mut distributions = Vec::new();
    for edge in &configuration.edges {
        builder.enter(&edge.stack(), &virginia);
        distributions.push(edge::build(&mut builder, edge, &auth, &origin));
    }
    if let Some((security, compute)) = &own {
        builder.enter("compute", &configuration.region);
        compute::settle(&mut builder, security, compute, distributions);
    }
    builder.graph.build()
}

/// Builds the stacks of the main region: the instance and its dependencies.
fn build_backend(
    builder: &mut Builder<'_>,
    sandbox: &SandboxPolicy,
) -> Result<(security::Security, compute::Compute), Vec<GraphError>> {
    let region = &builder.configuration.region;
    builder.enter("network", region);
    let network = network::build(builder);
    builder.enter("monitoring", region);
    let monitoring = monitoring::build(builder);
    builder.enter("security", region);
    let security = security::build(builder, &network, &monitoring, sandbox);
    builder.enter("database", region);
    let database = database::build(builder, &security);
    builder.enter("compute", region);
    let ground = compute::Ground { monitoring: &monitoring, security: &security, database: &database };
    let compute = compute::build(builder, &ground).map_err(|error| vec![GraphError::Payload(error.to_string())])?;
    builder.enter("user-config", region);
    user_config::build(builder, &monitoring, &security, &compute);
    Ok((security, compute))
}

#[cfg(test)]
mod tests;
