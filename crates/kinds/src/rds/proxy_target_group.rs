//! Default target group of an RDS Proxy: its connection pool and its target cluster.

use std::time::Duration;

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::Availability;
use ohinfra_derive::Inputs;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `rds.proxy_target_group`
pub struct ProxyTargetGroup;

/// Inputs of the default target group of an RDS Proxy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Inputs)]
pub struct ProxyTargetGroupInputs<T = String> {
    /// Name of the proxy.
    #[input(replace)]
    pub proxy_name: T,
    /// Name of the target cluster.
    #[input(replace)]
    pub cluster_name: T,
    /// Maximum pool size, in percent of the connection limit of the database.
    pub max_connections_percent: i32,
    /// Maximum number of idle connections in the pool, in percent of the connection limit of the database.
    pub max_idle_connections_percent: i32,
}

impl Definition for ProxyTargetGroup {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = ProxyTargetGroupInputs<T>;

    fn schema() -> Schema {
        Schema::of::<ProxyTargetGroupInputs>("rds.proxy_target_group", "The default target group of an RDS Proxy")
            .attribute("id", Availability::Ready)
            .attribute("arn", Availability::Ready)
            .untagged()
            .named_by(&["proxy_name"])
            .timeouts(Duration::from_secs(1800), Duration::from_secs(600))
            .expected_create(Duration::from_secs(60))
    }
}
