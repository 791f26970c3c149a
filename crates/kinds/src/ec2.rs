//! Amazon EC2: networking and launch templates.

pub mod launch_template;
pub mod lookups;
pub mod security_group;
pub mod security_group_rule;
pub mod vpc_endpoint;

pub use launch_template::{LaunchTemplate, LaunchTemplateInputs, LaunchTemplateLive, Volume};
pub use lookups::{
    EndpointService, PrefixList, Vpc, VpcChoice, VpcDetails, VpcEndpoints, VpcNetwork, VpcNetworkDetails, Vpcs,
};
pub use security_group::{SecurityGroup, SecurityGroupInputs, SecurityGroupLive};
pub use security_group_rule::{Direction, PeerType, SecurityGroupRule, SecurityGroupRuleInputs, SecurityGroupRuleLive};
pub use vpc_endpoint::{EndpointType, VpcEndpoint, VpcEndpointInputs, VpcEndpointLive};
