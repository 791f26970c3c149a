//! Where a load balancer sends requests.

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::{Availability, NOMINAL, REPLACE};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `elbv2.target_group`
pub struct TargetGroup;

/// Inputs of a target group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TargetGroupInputs {
    /// Unique in the account and region; at most 32 characters. Replaces.
    pub group_name: String,
    /// `instance` or `lambda`. Replaces.
    pub target_type: String,
    /// `HTTP`; none for a function. Replaces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol: Option<String>,
    /// The port; none for a function. Replaces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<i32>,
    /// The VPC; none for a function. Replaces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vpc_id: Option<String>,
    /// How targets are checked; none: a function is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub health_check: Option<HealthCheck>,
    /// How long a target that leaves may finish.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deregistration_delay_seconds: Option<i32>,
    /// Whether a client stays with a target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stickiness: Option<bool>,
}

/// How targets are checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthCheck {
    /// The path that is requested.
    pub path: String,
    /// The status codes of a good answer: `200`, `200,202` or `200-299`.
    pub status_codes: String,
    /// Good answers before a target is healthy.
    pub healthy_threshold: i32,
    /// Bad answers before it is not.
    pub unhealthy_threshold: i32,
    /// How long an answer may take.
    pub timeout_seconds: i32,
    /// Between two checks.
    pub interval_seconds: i32,
}

impl Definition for TargetGroup {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = TargetGroupInputs;

    fn schema() -> Schema {
        Schema::new("elbv2.target_group", "A target group")
            .input("group_name", REPLACE | NOMINAL)
            .input("target_type", REPLACE)
            .input("protocol", REPLACE)
            .input("port", REPLACE)
            .input("vpc_id", REPLACE)
            .plain("health_check")
            .plain("deregistration_delay_seconds")
            .plain("stickiness")
            .attribute("id", Availability::Early)
            .attribute("name", Availability::Early)
            .attribute("arn", Availability::Early)
            .attribute("full_name", Availability::Early)
            .named_by(&["group_name"])
            .held()
    }
}
