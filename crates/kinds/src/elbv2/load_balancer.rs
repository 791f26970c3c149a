//! An application load balancer.

use std::time::Duration;

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::{Availability, NOMINAL, REPLACE, UNORDERED};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `elbv2.load_balancer`
pub struct LoadBalancer;

/// Inputs of an application load balancer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LoadBalancerInputs<T = String> {
    /// Unique in the account and region; at most 32 characters. Replaces.
    pub balancer_name: String,
    /// `internet-facing` or `internal`. Replaces.
    pub scheme: String,
    /// Subnets of at least two zones.
    pub subnet_ids: Vec<String>,
    /// Who may talk to it.
    pub security_group_ids: Vec<T>,
    /// Whether AWS refuses to delete it.
    pub deletion_protection: bool,
    /// Whether headers that are none are dropped.
    pub drop_invalid_headers: bool,
    /// When a connection without data is closed.
    pub idle_timeout_seconds: i32,
}

impl Definition for LoadBalancer {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = LoadBalancerInputs<T>;

    fn schema() -> Schema {
        Schema::new("elbv2.load_balancer", "An application load balancer")
            .input("balancer_name", REPLACE | NOMINAL)
            .input("scheme", REPLACE)
            .input("subnet_ids", UNORDERED)
            .input("security_group_ids", UNORDERED)
            .plain("deletion_protection")
            .plain("drop_invalid_headers")
            .plain("idle_timeout_seconds")
            .attribute("id", Availability::Early)
            .attribute("arn", Availability::Early)
            .attribute("dns_name", Availability::Early)
            .attribute("full_name", Availability::Early)
            .attribute("zone_id", Availability::Early)
            .named_by(&["balancer_name"])
            .protected_by("deletion_protection")
            .timeouts(Duration::from_secs(900), Duration::from_secs(900))
            .usually(Duration::from_secs(150))
    }
}
