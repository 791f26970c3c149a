//! Security group without its rules.

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::Availability;
use ohinfra_derive::Inputs;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `ec2.security_group`
pub struct SecurityGroup;

/// Inputs of a security group. Its rules are separate resources.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Inputs)]
pub struct SecurityGroupInputs<T = String> {
    /// Prefix of the group name; an eight-digit suffix is appended, so that a replacement can coexist with the old group.
    #[input(replace, nominal)]
    pub name_prefix: String,
    /// Description. AWS cannot change it.
    #[input(replace, nominal)]
    pub description: String,
    /// ID of the VPC.
    #[input(replace)]
    pub vpc_id: T,
    /// Keeps the rule that AWS adds to every new group: all outbound traffic allowed.
    pub allow_all_egress: bool,
}

impl Definition for SecurityGroup {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = SecurityGroupInputs<T>;

    fn schema() -> Schema {
        Schema::of::<SecurityGroupInputs>("ec2.security_group", "A security group; its rules are separate resources")
            .attribute("id", Availability::Early)
            .attribute("arn", Availability::Early)
    }
}
