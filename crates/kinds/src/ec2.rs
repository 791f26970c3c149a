//! Amazon EC2: networking and launch templates.

pub mod launch_template;
pub mod lookups;
pub mod security_group;
pub mod security_group_rule;
pub mod vpc_endpoint;

pub use launch_template::{LaunchTemplate, LaunchTemplateInputs, Volume};
pub use lookups::{
    EndpointService, PrefixList, Vpc, VpcChoice, VpcDetails, VpcEndpoints, VpcNetwork, VpcNetworkDetails, Vpcs,
};
pub use security_group::{SecurityGroup, SecurityGroupInputs};
pub use security_group_rule::{Direction, PeerType, SecurityGroupRule, SecurityGroupRuleInputs};
pub use vpc_endpoint::{EndpointType, VpcEndpoint, VpcEndpointInputs};
