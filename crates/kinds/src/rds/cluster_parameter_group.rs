//! DB cluster parameter group.

use std::collections::BTreeMap;
use std::time::Duration;

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::{Availability, EXACT, NOMINAL, REPLACE};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `rds.cluster_parameter_group`
pub struct ClusterParameterGroup;

/// Inputs of a DB cluster parameter group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClusterParameterGroupInputs {
    /// Name of the parameter group. Unique in the account and region; lowercase.
    pub group_name: String,
    /// Parameter group family (engine and major version): `aurora-postgresql15`.
    pub family: String,
    /// Description.
    pub description: String,
    /// Parameters to set. All others keep the default of the family.
    pub parameters: BTreeMap<String, String>,
}

impl Definition for ClusterParameterGroup {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = ClusterParameterGroupInputs;

    fn schema() -> Schema {
        Schema::new("rds.cluster_parameter_group", "A DB cluster parameter group")
            .input("group_name", REPLACE | NOMINAL)
            .input("family", REPLACE)
            .input("description", REPLACE | NOMINAL)
            .input("parameters", EXACT)
            .attribute("id", Availability::Early)
            .attribute("name", Availability::Early)
            .attribute("arn", Availability::Early)
            .named_by(&["group_name"])
            .held()
            .timeouts(Duration::from_secs(600), Duration::from_secs(900))
    }
}
