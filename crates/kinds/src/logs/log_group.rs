//! CloudWatch Logs log group.

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::Availability;
use ohinfra_derive::Inputs;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `logs.log_group`
pub struct LogGroup;

/// Inputs of a log group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Inputs)]
pub struct LogGroupInputs<T = String> {
    /// Name of the log group. Unique in the account and region; at most 512 characters. Replaces.
    #[input(replace, nominal)]
    pub log_group_name: String,
    /// Retention of log events in days: one of the values that AWS supports (1, 3, 5, 7, 14, 30, 60, 90, … 3653).
    pub retention_days: i32,
    /// ARN of the KMS key that encrypts the log group. Default: an AWS-owned key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kms_key_arn: Option<T>,
}

impl Definition for LogGroup {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = LogGroupInputs<T>;

    fn schema() -> Schema {
        Schema::of::<LogGroupInputs>("logs.log_group", "A CloudWatch Logs log group")
            .attribute("id", Availability::Early)
            .attribute("name", Availability::Early)
            .attribute("arn", Availability::Early)
            .named_by(&["log_group_name"])
    }
}
