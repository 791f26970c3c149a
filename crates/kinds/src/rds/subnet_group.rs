//! DB subnet group.

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::{Availability, NOMINAL, REPLACE, UNORDERED};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `rds.subnet_group`
pub struct SubnetGroup;

/// Inputs of a DB subnet group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SubnetGroupInputs {
    /// Name of the subnet group. Unique in the account and region; lowercase.
    pub group_name: String,
    /// Description.
    pub description: String,
    /// IDs of subnets in at least two Availability Zones.
    pub subnet_ids: Vec<String>,
}

impl Definition for SubnetGroup {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = SubnetGroupInputs;

    fn schema() -> Schema {
        Schema::new("rds.subnet_group", "A DB subnet group")
            .input("group_name", REPLACE | NOMINAL)
            .plain("description")
            .input("subnet_ids", UNORDERED)
            .attribute("id", Availability::Early)
            .attribute("name", Availability::Early)
            .attribute("arn", Availability::Early)
            .named_by(&["group_name"])
            .held()
    }
}
