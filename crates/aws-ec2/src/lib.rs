//! Amazon EC2: networking and launch templates. The only crate that depends on `aws-sdk-ec2`.

pub mod ec2;

use ohinfra_aws_core::{Connection, Regional};
use ohinfra_core::Provider;

/// Registers all kinds and lookups of this crate.
pub fn register(provider: Provider, connection: &Connection) -> Provider {
    let clients = Regional::new(connection, aws_sdk_ec2::Client::new);
    // AWS publishes rate limits, not concurrency limits; at about 0.1 s per call, these limits stay below the mutation rates.
    provider
        .kind(ec2::launch_template::LaunchTemplateKind(clients.clone()))
        .kind(ec2::security_group::SecurityGroupKind(clients.clone()))
        .kind(ec2::security_group_rule::SecurityGroupRuleKind(clients.clone()))
        .kind(ec2::vpc_endpoint::VpcEndpointKind(clients.clone()))
        .lookup(ec2::lookups::Answer::<ohinfra_kinds::ec2::Vpc>::new(&clients))
        .lookup(ec2::lookups::Answer::<ohinfra_kinds::ec2::Vpcs>::new(&clients))
        .lookup(ec2::lookups::Answer::<ohinfra_kinds::ec2::VpcNetwork>::new(&clients))
        .lookup(ec2::lookups::Answer::<ohinfra_kinds::ec2::VpcEndpoints>::new(&clients))
        .lookup(ec2::lookups::Answer::<ohinfra_kinds::ec2::PrefixList>::new(&clients))
        .concurrency_limit("ec2", 12)
    // new kinds above this line
}
