//! Last phase of a rotation: listener rules accept only the current value of their secret header.

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::{Availability, WRITE_ONLY};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `elbv2.settled_header`
pub struct SettledHeader;

/// Inputs of the last phase of the rotation of a secret header.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SettledHeaderInputs<T = String> {
    /// ARNs of the listener rules.
    pub rule_arns: Vec<T>,
    /// Name of the header.
    pub header_name: String,
    /// ARN of the secret with the header value. Read when needed and never stored.
    pub header_secret_arn: T,
    /// Version of the secret.
    pub header_secret_version: T,
}

impl Definition for SettledHeader {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = SettledHeaderInputs<T>;

    fn schema() -> Schema {
        Schema::new("elbv2.settled_header", "The removal of old values of a rotated secret header from listener rules")
            .unreported(
                "rule_arns",
                WRITE_ONLY,
                "an action: it removes old values of a rotated header and creates no AWS resource",
            )
            .unreported(
                "header_name",
                WRITE_ONLY,
                "an action: it removes old values of a rotated header and creates no AWS resource",
            )
            .unreported(
                "header_secret_arn",
                WRITE_ONLY,
                "an action: it removes old values of a rotated header and creates no AWS resource",
            )
            .unreported(
                "header_secret_version",
                WRITE_ONLY,
                "an action: it removes old values of a rotated header and creates no AWS resource",
            )
            .attribute("id", Availability::Early)
            .untagged()
            .step()
    }
}
