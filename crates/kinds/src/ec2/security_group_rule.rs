//! Rule of a security group.

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::Availability;
use ohinfra_derive::Inputs;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `ec2.security_group_rule`
pub struct SecurityGroupRule;

/// Direction of the traffic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Inbound, to the group's members.
    Ingress,
    /// Outbound, from the group's members.
    Egress,
}

/// Type of the peer of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PeerType {
    /// An IPv4 CIDR block.
    CidrIpv4,
    /// A managed prefix list.
    PrefixList,
    /// The members of a security group.
    SecurityGroup,
}

/// Inputs of a security group rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Inputs)]
pub struct SecurityGroupRuleInputs<T = String> {
    /// ID of the security group.
    #[input(replace)]
    pub group_id: T,
    /// Direction of the traffic: `ingress` or `egress`.
    #[input(replace)]
    pub direction: Direction,
    /// Protocol: `tcp`, `udp`, `icmp` or a protocol number.
    pub protocol: String,
    /// First port of the range.
    pub from_port: i32,
    /// Last port of the range.
    pub to_port: i32,
    /// Type of the peer: `cidr_ipv4`, `prefix_list` or `security_group`. AWS can change a peer in place, but not its type.
    #[input(replace)]
    pub peer_type: PeerType,
    /// Peer: an IPv4 CIDR block, a prefix list ID or a security group ID.
    pub peer: T,
    /// Description: up to 255 characters of `a-zA-Z0-9. _-:/()#,@[]+=&;{}!`.
    pub description: String,
}

impl Definition for SecurityGroupRule {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = SecurityGroupRuleInputs<T>;

    fn schema() -> Schema {
        Schema::of::<SecurityGroupRuleInputs>("ec2.security_group_rule", "A rule of a security group")
            .attribute("id", Availability::Early)
    }
}
