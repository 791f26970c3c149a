//! The end of a rotation: rules accept nothing but the current value of their secret header.

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::{Availability, WRITE_ONLY};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `elbv2.settled_header`
pub struct SettledHeader;

/// Inputs of rules that accept only the current value of a secret header.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SettledHeaderInputs<T = String> {
    /// The rules.
    pub rule_arns: Vec<T>,
    /// The header.
    pub header_name: String,
    /// The secret whose value the header must have. Read when it is needed and never written down.
    pub header_secret_arn: T,
    /// The version of the secret.
    pub header_secret_version: T,
}

impl Definition for SettledHeader {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = SettledHeaderInputs<T>;

    fn schema() -> Schema {
        Schema::new("elbv2.settled_header", "Rules that accept only the current value of a secret header")
            .unreported(
                "rule_arns",
                WRITE_ONLY,
                "a step: it removes the old value of a rotated header and creates nothing",
            )
            .unreported(
                "header_name",
                WRITE_ONLY,
                "a step: it removes the old value of a rotated header and creates nothing",
            )
            .unreported(
                "header_secret_arn",
                WRITE_ONLY,
                "a step: it removes the old value of a rotated header and creates nothing",
            )
            .unreported(
                "header_secret_version",
                WRITE_ONLY,
                "a step: it removes the old value of a rotated header and creates nothing",
            )
            .attribute("id", Availability::Early)
            .untagged()
            .step()
    }
}
