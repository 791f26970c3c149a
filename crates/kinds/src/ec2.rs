//! Amazon EC2: networking and launch templates.

pub mod launch_template;
pub mod look_ups;
pub mod security_group;
pub mod security_group_rule;
pub mod vpc_endpoint;

pub use launch_template::{LaunchTemplate, LaunchTemplateInputs, Volume};
pub use look_ups::{
    EndpointService, PrefixList, Vpc, VpcChoice, VpcDetails, VpcEndpoints, VpcNetwork, VpcNetworkDetails, Vpcs,
};
pub use security_group::{SecurityGroup, SecurityGroupInputs};
pub use security_group_rule::{Direction, PeerType, SecurityGroupRule, SecurityGroupRuleInputs};
pub use vpc_endpoint::{EndpointType, VpcEndpoint, VpcEndpointInputs};
