//! An instance of an Aurora cluster.

use std::time::Duration;

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::{Availability, NOMINAL, REPLACE};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `rds.instance`
pub struct Instance;

/// Inputs of a database instance of an Aurora cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InstanceInputs<T = String> {
    /// Unique in the account and region; lower case. Replaces.
    pub instance_name: String,
    /// The cluster.
    pub cluster_name: T,
    /// `aurora-postgresql`.
    pub engine: String,
    /// `db.serverless` or a fixed size.
    pub instance_class: String,
    /// Who becomes the writer first: 0 to 15.
    pub promotion_tier: i32,
    /// Whether it has a public address.
    pub publicly_accessible: bool,
    /// Whether AWS may raise the engine's minor version in the maintenance window.
    pub auto_minor_version_upgrade: bool,
}

impl Definition for Instance {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = InstanceInputs<T>;

    fn schema() -> Schema {
        Schema::new("rds.instance", "A database instance of an Aurora cluster")
            .input("instance_name", REPLACE | NOMINAL)
            .input("cluster_name", REPLACE)
            .input("engine", REPLACE)
            .plain("instance_class")
            .plain("promotion_tier")
            .plain("publicly_accessible")
            .plain("auto_minor_version_upgrade")
            .attribute("id", Availability::Early)
            .attribute("arn", Availability::Early)
            .attribute("endpoint", Availability::Ready)
            .named_by(&["instance_name"])
            .timeouts(Duration::from_secs(3600), Duration::from_secs(3600))
            .usually(Duration::from_secs(360))
    }
}
