//! Database instance of an Aurora cluster.

use std::time::Duration;

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::Availability;
use ohinfra_derive::Inputs;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `rds.instance`
pub struct Instance;

/// Inputs of a database instance of an Aurora cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Inputs)]
pub struct InstanceInputs<T = String> {
    /// Name of the instance. Unique in the account and region; lowercase.
    #[input(replace, nominal)]
    pub instance_name: String,
    /// Name of the cluster.
    #[input(replace)]
    pub cluster_name: T,
    /// Database engine: `aurora-postgresql`.
    #[input(replace)]
    pub engine: String,
    /// Instance class: `db.serverless` or a fixed size.
    pub instance_class: String,
    /// Failover priority, 0 to 15: the lowest tier is promoted to writer first.
    pub promotion_tier: i32,
    /// Assigns a public IP address to the instance.
    pub publicly_accessible: bool,
    /// Allows AWS to upgrade the minor engine version during the maintenance window.
    pub auto_minor_version_upgrade: bool,
}

impl Definition for Instance {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = InstanceInputs<T>;

    fn schema() -> Schema {
        Schema::of::<InstanceInputs>("rds.instance", "A database instance of an Aurora cluster")
            .attribute("id", Availability::Early)
            .attribute("arn", Availability::Early)
            .attribute("endpoint", Availability::Ready)
            .named_by(&["instance_name"])
            .timeouts(Duration::from_secs(3600), Duration::from_secs(3600))
            .expected_create(Duration::from_secs(360))
    }
}
