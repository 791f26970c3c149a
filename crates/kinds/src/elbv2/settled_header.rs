//! Last phase of a rotation: listener rules accept only the current value of their secret header.

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::Availability;
use ohinfra_derive::Inputs;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `elbv2.settled_header`
pub struct SettledHeader;

/// Inputs of the last phase of the rotation of a secret header.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Inputs)]
pub struct SettledHeaderInputs<T = String> {
    /// ARNs of the listener rules.
    #[input(unreported = "an action: it removes old values of a rotated header and creates no AWS resource")]
    pub rule_arns: Vec<T>,
    /// Name of the header.
    #[input(unreported = "an action: it removes old values of a rotated header and creates no AWS resource")]
    pub header_name: String,
    /// ARN of the secret with the header value. Read when needed and never stored.
    #[input(unreported = "an action: it removes old values of a rotated header and creates no AWS resource")]
    pub header_secret_arn: T,
    /// Version of the secret.
    #[input(unreported = "an action: it removes old values of a rotated header and creates no AWS resource")]
    pub header_secret_version: T,
}

impl Definition for SettledHeader {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = SettledHeaderInputs<T>;

    fn schema() -> Schema {
        Schema::of::<SettledHeaderInputs>(
            "elbv2.settled_header",
            "The removal of old values of a rotated secret header from listener rules",
        )
        .attribute("id", Availability::Early)
        .untagged()
        .step()
    }
}
