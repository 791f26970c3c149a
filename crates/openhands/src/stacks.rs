//! The stacks, one file each. A stack is an address prefix in the graph, not a unit of deployment.

mod auth;
mod bedrock;
mod builder;
mod compute;
mod database;
mod edge;
mod images;
mod monitoring;
mod network;
mod security;
mod user_config;

use ohinfra_core::Region;
use ohinfra_core::tags::Tags;
use ohinfra_plan::{Graph, GraphBuilder, GraphError};

use crate::configuration::Configuration;
use crate::environment::Environment;
use crate::payload::PayloadError;
use crate::sandbox_policy::SandboxPolicy;
pub use auth::SESSION_HOURS;
use builder::Builder;
use compute::{Compute, Dependencies};
use edge::Origin;
use security::Security;

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
    let mut builder = Builder { configuration, environment, graph };
    let virginia = Region::us_east_1();
    let (origin, own): (Origin, _) = if let Some(exported) = &environment.exported {
        (exported.into(), None)
    } else {
        let (security, compute) = build_backend(&mut builder, sandbox)?;
        (Origin::of(&security, &compute), Some((security, compute)))
    };
    let auth = auth::build(&mut builder.stack("auth", &virginia)).map_err(|error| payload_error(&error))?;
    let mut distributions = Vec::new();
    for edge in &configuration.edges {
        let mut stack = builder.stack(&edge.stack(), &virginia);
        distributions.push(edge::build(&mut stack, edge, &auth, &origin).map_err(|error| payload_error(&error))?);
    }
    if let Some((security, compute)) = &own {
        let mut stack = builder.stack("compute", &configuration.region);
        compute::settle(&mut stack, security, compute, distributions);
    }
    builder.graph.build()
}

/// Builds the stacks of the main region: the instance and its dependencies.
fn build_backend(builder: &mut Builder<'_>, sandbox: &SandboxPolicy) -> Result<(Security, Compute), Vec<GraphError>> {
    let region = &builder.configuration.region;
    let network = network::build(&mut builder.stack("network", region));
    let monitoring = monitoring::build(&mut builder.stack("monitoring", region));
    let security = security::build(&mut builder.stack("security", region), &network, &monitoring, sandbox);
    let database =
        database::build(&mut builder.stack("database", region), &security).map_err(|error| payload_error(&error))?;
    let needs = Dependencies { monitoring: &monitoring, security: &security, database: &database };
    let compute =
        compute::build(&mut builder.stack("compute", region), &needs).map_err(|error| payload_error(&error))?;
    let mut stack = builder.stack("user-config", region);
    user_config::build(&mut stack, &monitoring, &security, &compute).map_err(|error| payload_error(&error))?;
    Ok((security, compute))
}

fn payload_error(error: &PayloadError) -> Vec<GraphError> {
    vec![GraphError::Payload(error.to_string())]
}

#[cfg(test)]
mod tests;
