//! What users' browsers reach: Route 53 (for now its hosted zones).

pub mod route53;

use ohinfra_aws_core::{Connection, Regional};
use ohinfra_core::contract::Provider;

/// Adds everything that this crate can do.
pub fn register(provider: Provider, connection: &Connection) -> Provider {
    let route53 = Regional::new(connection, aws_sdk_route53::Client::new);
    provider.look_up(route53::look_ups::HostedZoneLookUp(route53))
    // new kinds above this line
}
