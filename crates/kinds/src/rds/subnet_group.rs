//! The subnets that a database may be in.

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
    /// Unique in the account and region; lower case. Replaces.
    pub group_name: String,
    /// What it is for.
    pub description: String,
    /// Subnets of at least two zones.
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
