//! Application Load Balancer.

use std::time::Duration;

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::Availability;
use ohinfra_derive::Inputs;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `elbv2.load_balancer`
pub struct LoadBalancer;

/// Inputs of an Application Load Balancer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Inputs)]
pub struct LoadBalancerInputs<T = String> {
    /// Name of the load balancer. Unique in the account and region; at most 32 characters.
    #[input(replace, nominal)]
    pub balancer_name: String,
    /// Scheme: `internet-facing` or `internal`.
    #[input(replace)]
    pub scheme: String,
    /// IDs of subnets in at least two Availability Zones.
    #[input(unordered)]
    pub subnet_ids: Vec<String>,
    /// IDs of the security groups of the load balancer.
    #[input(unordered)]
    pub security_group_ids: Vec<T>,
    /// Deletion protection: AWS refuses to delete the load balancer.
    pub deletion_protection: bool,
    /// Drops invalid HTTP header fields.
    pub drop_invalid_headers: bool,
    /// Idle timeout of a connection in seconds.
    pub idle_timeout_seconds: i32,
}

impl Definition for LoadBalancer {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = LoadBalancerInputs<T>;

    fn schema() -> Schema {
        Schema::of::<LoadBalancerInputs>("elbv2.load_balancer", "An Application Load Balancer")
            .attribute("id", Availability::Early)
            .attribute("arn", Availability::Early)
            .attribute("dns_name", Availability::Early)
            .attribute("full_name", Availability::Early)
            .attribute("zone_id", Availability::Early)
            .named_by(&["balancer_name"])
            .protected_by("deletion_protection")
            .timeouts(Duration::from_secs(900), Duration::from_secs(900))
            .expected_create(Duration::from_secs(150))
    }
}
