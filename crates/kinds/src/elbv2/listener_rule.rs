//! A rule of a listener that lets requests pass which carry a secret header.

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::{Availability, REPLACE, WRITE_ONLY};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `elbv2.listener_rule`
pub struct ListenerRule;

/// Inputs of a rule of a listener.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ListenerRuleInputs<T = String> {
    /// The listener.
    pub listener_arn: T,
    /// The least is tried first.
    pub priority: i32,
    /// The paths that it is for; none: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path_pattern: Option<String>,
    /// The header that requests must carry.
    pub header_name: String,
    /// The secret whose value the header must have. Read when it is needed and never written down.
    pub header_secret_arn: T,
    /// The version of the secret. A new value is added to those that are accepted.
    pub header_secret_version: T,
    /// Where requests go.
    pub target_group_arn: T,
}

impl Definition for ListenerRule {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = ListenerRuleInputs<T>;

    fn schema() -> Schema {
        Schema::new("elbv2.listener_rule", "A rule of a listener")
            .input("listener_arn", REPLACE)
            .plain("priority")
            .plain("path_pattern")
            .plain("header_name")
            .unreported(
                "header_secret_arn",
                WRITE_ONLY,
                "the secret that the value was read from; AWS does not record it",
            )
            .plain("header_secret_version")
            .plain("target_group_arn")
            .attribute("id", Availability::Early)
            .attribute("arn", Availability::Early)
    }
}
