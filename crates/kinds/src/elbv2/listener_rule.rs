//! Listener rule that forwards requests with a secret header. All its conditions are inputs: a condition that is added
//! outside ohinfra is drift, because it changes the routing.

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::Availability;
use ohinfra_derive::Inputs;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `elbv2.listener_rule`
pub struct ListenerRule;

/// Inputs of a listener rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Inputs)]
pub struct ListenerRuleInputs<T = String> {
    /// ARN of the listener.
    #[input(replace)]
    pub listener_arn: T,
    /// Priority. Rules are evaluated from the lowest number to the highest.
    pub priority: i32,
    /// Path pattern that requests must match. Unset: all paths.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path_pattern: Option<String>,
    /// Name of the header that requests must carry.
    pub header_name: String,
    /// ARN of the secret with the header value. Read when needed and never stored.
    #[input(unreported = "the source of the header value; AWS does not record it")]
    pub header_secret_arn: T,
    /// Version of the secret. A new version adds its value to the accepted values.
    pub header_secret_version: T,
    /// ARN of the target group that receives matching requests.
    pub target_group_arn: T,
}

impl Definition for ListenerRule {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = ListenerRuleInputs<T>;

    fn schema() -> Schema {
        Schema::of::<ListenerRuleInputs>("elbv2.listener_rule", "A listener rule")
            .attribute("id", Availability::Early)
            .attribute("arn", Availability::Early)
    }
}
