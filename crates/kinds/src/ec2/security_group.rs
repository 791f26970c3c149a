//! A security group without its rules.

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::{Availability, NOMINAL, REPLACE};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `ec2.security_group`
pub struct SecurityGroup;

/// Inputs of a security group. Its rules are resources of their own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SecurityGroupInputs<T = String> {
    /// The start of its name; eight digits are appended, so that a replacement can exist beside it. Replaces.
    pub name_prefix: String,
    /// AWS cannot change it. Replaces.
    pub description: String,
    /// The VPC. Replaces.
    pub vpc_id: T,
    /// Whether it has the rule that AWS gives every new group: any traffic out to anywhere.
    pub allow_all_egress: bool,
}

impl Definition for SecurityGroup {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = SecurityGroupInputs<T>;

    fn schema() -> Schema {
        Schema::new("ec2.security_group", "A security group; its rules are resources of their own")
            .input("name_prefix", REPLACE | NOMINAL)
            .input("description", REPLACE | NOMINAL)
            .input("vpc_id", REPLACE)
            .plain("allow_all_egress")
            .attribute("id", Availability::Early)
            .attribute("arn", Availability::Early)
    }
}
