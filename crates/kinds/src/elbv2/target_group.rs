//! Load balancer target group.

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::Availability;
use ohinfra_derive::Inputs;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `elbv2.target_group`
pub struct TargetGroup;

/// Inputs of a target group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Inputs)]
pub struct TargetGroupInputs {
    /// Name of the target group. Unique in the account and region; at most 32 characters.
    #[input(replace, nominal)]
    pub group_name: String,
    /// Target type: `instance` or `lambda`.
    #[input(replace)]
    pub target_type: String,
    /// Protocol: `HTTP`. Unset for `lambda`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[input(replace)]
    pub protocol: Option<String>,
    /// Port of the targets. Unset for `lambda`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[input(replace)]
    pub port: Option<i32>,
    /// ID of the VPC. Unset for `lambda`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[input(replace)]
    pub vpc_id: Option<String>,
    /// Health check of the targets. Unset for `lambda`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[input(structure)]
    pub health_check: Option<HealthCheck>,
    /// Time in seconds for in-flight requests to complete before a target is deregistered. Unset for `lambda`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deregistration_delay_seconds: Option<i32>,
    /// Session stickiness: a client keeps its target. Unset for `lambda`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stickiness: Option<bool>,
}

/// Health check of a target group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Inputs)]
pub struct HealthCheck {
    /// Request path.
    pub path: String,
    /// HTTP status codes of a healthy response: `200`, `200,202` or `200-299`.
    pub status_codes: String,
    /// Number of consecutive successes after which a target counts as healthy.
    pub healthy_threshold: i32,
    /// Number of consecutive failures after which a target counts as unhealthy.
    pub unhealthy_threshold: i32,
    /// Response timeout in seconds.
    pub timeout_seconds: i32,
    /// Interval between two checks in seconds.
    pub interval_seconds: i32,
}

impl Definition for TargetGroup {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = TargetGroupInputs;

    fn schema() -> Schema {
        Schema::of::<TargetGroupInputs>("elbv2.target_group", "A load balancer target group")
            .attribute("id", Availability::Early)
            .attribute("name", Availability::Early)
            .attribute("arn", Availability::Early)
            .attribute("full_name", Availability::Early)
            .named_by(&["group_name"])
            .held()
    }
}
