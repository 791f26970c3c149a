//! Amazon EC2: networking. The only crate that names `aws-sdk-ec2`.

pub mod ec2;

use ohinfra_aws_core::{Connection, Regional};
use ohinfra_core::contract::Provider;

/// Adds everything that this crate can do.
pub fn register(provider: Provider, connection: &Connection) -> Provider {
    let clients = Regional::new(connection, aws_sdk_ec2::Client::new);
    // AWS publishes rates, not concurrency; at about 0.1 s a call this stays below the rates of mutating calls.
    provider
        .kind(ec2::launch_template::LaunchTemplateKind(clients.clone()))
        .kind(ec2::security_group::SecurityGroupKind(clients.clone()))
        .kind(ec2::security_group_rule::SecurityGroupRuleKind(clients.clone()))
        .kind(ec2::vpc_endpoint::VpcEndpointKind(clients.clone()))
        .look_up(ec2::look_ups::Answer::<ohinfra_kinds::ec2::Vpc>::new(&clients))
        .look_up(ec2::look_ups::Answer::<ohinfra_kinds::ec2::Vpcs>::new(&clients))
        .look_up(ec2::look_ups::Answer::<ohinfra_kinds::ec2::VpcNetwork>::new(&clients))
        .look_up(ec2::look_ups::Answer::<ohinfra_kinds::ec2::VpcEndpoints>::new(&clients))
        .look_up(ec2::look_ups::Answer::<ohinfra_kinds::ec2::PrefixList>::new(&clients))
        .at_most("ec2", 12)
    // new kinds above this line
}
