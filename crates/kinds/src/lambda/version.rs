//! A frozen version of a function. CloudFront runs versions only.

use std::time::Duration;

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::{Availability, DOCUMENT, REPLACE};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `lambda.version`
pub struct Version;

/// Inputs of a version of a Lambda function.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VersionInputs<T = String> {
    /// The function.
    pub function_name: T,
    /// The SHA-256 digest of the code, in base64. Only an archive that ohinfra rendered is published. Replaces.
    pub code_sha256: T,
    /// The settings of the function, as a JSON document: its attribute `settings`. Replaces.
    pub settings: T,
}

impl Definition for Version {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = VersionInputs<T>;

    fn schema() -> Schema {
        Schema::new("lambda.version", "A version of a Lambda function")
            .input("function_name", REPLACE)
            .input("code_sha256", REPLACE)
            .input("settings", REPLACE | DOCUMENT)
            .attribute("id", Availability::Ready)
            .attribute("arn", Availability::Ready)
            .attribute("version", Availability::Ready)
            .untagged()
            .timeouts(Duration::from_secs(600), Duration::from_secs(120))
            .usually(Duration::from_secs(3))
    }
}
