//! DB cluster parameter group.

use std::collections::BTreeMap;
use std::time::Duration;

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::Availability;
use ohinfra_derive::Inputs;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `rds.cluster_parameter_group`
pub struct ClusterParameterGroup;

/// Inputs of a DB cluster parameter group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Inputs)]
pub struct ClusterParameterGroupInputs {
    /// Name of the parameter group. Unique in the account and region; lowercase.
    #[input(replace, nominal)]
    pub group_name: String,
    /// Parameter group family (engine and major version): `aurora-postgresql15`.
    #[input(replace)]
    pub family: String,
    /// Description.
    #[input(replace, nominal)]
    pub description: String,
    /// Parameters to set. All others keep the default of the family.
    #[input(exact)]
    pub parameters: BTreeMap<String, String>,
}

impl Definition for ClusterParameterGroup {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = ClusterParameterGroupInputs;

    fn schema() -> Schema {
        Schema::of::<ClusterParameterGroupInputs>("rds.cluster_parameter_group", "A DB cluster parameter group")
            .attribute("id", Availability::Early)
            .attribute("name", Availability::Early)
            .attribute("arn", Availability::Early)
            .named_by(&["group_name"])
            .held()
            .timeouts(Duration::from_secs(600), Duration::from_secs(900))
    }
}
