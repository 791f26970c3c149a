//! DB subnet group.

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::Availability;
use ohinfra_derive::Inputs;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `rds.subnet_group`
pub struct SubnetGroup;

/// Inputs of a DB subnet group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Inputs)]
pub struct SubnetGroupInputs {
    /// Name of the subnet group. Unique in the account and region; lowercase.
    #[input(replace, nominal)]
    pub group_name: String,
    /// Description.
    pub description: String,
    /// IDs of subnets in at least two Availability Zones.
    #[input(unordered)]
    pub subnet_ids: Vec<String>,
}

impl Definition for SubnetGroup {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = SubnetGroupInputs;

    fn schema() -> Schema {
        Schema::of::<SubnetGroupInputs>("rds.subnet_group", "A DB subnet group")
            .attribute("id", Availability::Early)
            .attribute("name", Availability::Early)
            .attribute("arn", Availability::Early)
            .named_by(&["group_name"])
            .held()
    }
}
