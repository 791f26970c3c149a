//! Action-only resource that waits until a certificate is issued. It has no counterpart in AWS.

use std::time::Duration;

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::Availability;
use ohinfra_derive::Inputs;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `acm.issuance`
pub struct Issuance;

/// Inputs of the wait until a certificate is issued.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Inputs)]
pub struct IssuanceInputs<T = String> {
    /// ARN of the certificate.
    #[input(replace)]
    pub certificate_arn: T,
    /// Names of the validation records. The wait starts after the records exist.
    #[input(unreported = "only orders the wait after the validation records")]
    pub record_names: Vec<T>,
}

impl Definition for Issuance {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = IssuanceInputs<T>;

    fn schema() -> Schema {
        Schema::of::<IssuanceInputs>("acm.issuance", "The wait until a certificate is issued")
            .attribute("id", Availability::Ready)
            .attribute("arn", Availability::Ready)
            .untagged()
            .step()
            .timeouts(Duration::from_secs(2700), Duration::from_secs(60))
            .expected_create(Duration::from_secs(120))
    }
}
