//! network: VPC endpoints for AWS access of the instance.

use ohinfra_core::Text;
use ohinfra_kinds::ec2::{
    Direction, EndpointType, PeerType, SecurityGroup, SecurityGroupInputs, SecurityGroupRule, SecurityGroupRuleInputs,
    VpcEndpoint, VpcEndpointInputs,
};
use ohinfra_plan::graph::Handle;

use super::builder::StackBuilder;
use crate::environment::interface_service;

/// Resources that other stacks reference.
pub(super) struct Network {
    pub(super) endpoint_sg: Handle,
}

pub(super) fn build(builder: &mut StackBuilder<'_>) -> Network {
    let (configuration, environment) = (builder.configuration, builder.environment);
    let vpc_id = Text::from(environment.vpc_id.as_str());
    let endpoint_sg = builder.add::<SecurityGroup>(
        "endpoint-sg",
        &SecurityGroupInputs {
            name_prefix: environment.names.regional("endpoint"),
            description: "Security group for VPC Endpoints".to_owned(),
            vpc_id: vpc_id.clone(),
            allow_all_egress: false,
        },
    );
    builder.add::<SecurityGroupRule>(
        "endpoint-sg-ingress-443",
        &SecurityGroupRuleInputs {
            group_id: endpoint_sg.attribute("id"),
            direction: Direction::Ingress,
            protocol: "tcp".to_owned(),
            from_port: 443,
            to_port: 443,
            peer_type: PeerType::CidrIpv4,
            peer: Text::from(environment.vpc_cidr.as_str()),
            description: "HTTPS from the VPC".to_owned(),
        },
    );
    for name in configuration.network.wanted_endpoints() {
        builder.add::<VpcEndpoint>(
            &format!("endpoint-{name}"),
            &VpcEndpointInputs {
                service_name: interface_service(&configuration.region, name),
                endpoint_type: EndpointType::Interface,
                vpc_id: vpc_id.clone(),
                subnet_ids: Some(environment.private_subnets.clone()),
                security_group_ids: Some(vec![endpoint_sg.attribute("id")]),
                private_dns_enabled: Some(true),
                route_table_ids: None,
            },
        );
    }
    if !configuration.skip_s3_endpoint && environment.foreign_s3_endpoint.is_none() {
        builder.add::<VpcEndpoint>(
            "endpoint-s3",
            &VpcEndpointInputs {
                service_name: format!("com.amazonaws.{}.s3", configuration.region),
                endpoint_type: EndpointType::Gateway,
                vpc_id: vpc_id.clone(),
                subnet_ids: None,
                security_group_ids: None,
                private_dns_enabled: None,
                route_table_ids: Some(environment.route_tables.clone()),
            },
        );
    }
    builder.output("vpc_id", vpc_id);
    Network { endpoint_sg }
}
