//! ACM certificate, validated by DNS records.

use std::time::Duration;

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::Availability;
use ohinfra_derive::Inputs;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `acm.certificate`
pub struct Certificate;

/// Inputs of an ACM certificate with DNS validation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Inputs)]
pub struct CertificateInputs {
    /// Primary domain name. Replaces.
    #[input(replace)]
    pub domain_name: String,
    /// Subject alternative names. Replaces.
    #[input(replace, unordered)]
    pub alternative_names: Vec<String>,
}

impl Definition for Certificate {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = CertificateInputs;

    fn schema() -> Schema {
        Schema::of::<CertificateInputs>("acm.certificate", "A certificate validated by DNS")
            .attribute("id", Availability::Early)
            .attribute("arn", Availability::Early)
            .attribute("validation_name_1", Availability::Ready)
            .attribute("validation_value_1", Availability::Ready)
            .attribute("validation_name_2", Availability::Ready)
            .attribute("validation_value_2", Availability::Ready)
            .timeouts(Duration::from_secs(300), Duration::from_secs(900))
    }
}
