//! One rule of a security group.

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::{Availability, REPLACE};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `ec2.security_group_rule`
pub struct SecurityGroupRule;

/// Which way the traffic goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Into the group's members.
    Ingress,
    /// Out of them.
    Egress,
}

/// What the other side is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PeerType {
    /// An IPv4 range.
    CidrIpv4,
    /// A managed prefix list.
    PrefixList,
    /// The members of a security group.
    SecurityGroup,
}

/// Inputs of a security group rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SecurityGroupRuleInputs<T = String> {
    /// The group whose rule it is. Replaces.
    pub group_id: T,
    /// Which way. Replaces.
    pub direction: Direction,
    /// `tcp`, `udp`, `icmp` or a protocol number.
    pub protocol: String,
    /// The first port.
    pub from_port: i32,
    /// The last port.
    pub to_port: i32,
    /// What the other side is. AWS changes a rule's other side in place, but not its type. Replaces.
    pub peer_type: PeerType,
    /// The other side: a range, a prefix list's id or a group's id.
    pub peer: T,
    /// What the rule is for: up to 255 characters of `a-zA-Z0-9. _-:/()#,@[]+=&;{}!`.
    pub description: String,
}

impl Definition for SecurityGroupRule {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = SecurityGroupRuleInputs<T>;

    fn schema() -> Schema {
        Schema::new("ec2.security_group_rule", "One rule of a security group")
            .input("group_id", REPLACE)
            .input("direction", REPLACE)
            .plain("protocol")
            .plain("from_port")
            .plain("to_port")
            .input("peer_type", REPLACE)
            .plain("peer")
            .plain("description")
            .attribute("id", Availability::Early)
    }
}
