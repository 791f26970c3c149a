//! Published, immutable version of a Lambda function. CloudFront runs only published versions.

use std::time::Duration;

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::Availability;
use ohinfra_derive::Inputs;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `lambda.version`
pub struct Version;

/// Inputs of a version of a Lambda function.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Inputs)]
pub struct VersionInputs<T = String> {
    /// Name of the function.
    #[input(replace)]
    pub function_name: T,
    /// SHA-256 digest of the code, in base64. Only an archive rendered by ohinfra is published.
    #[input(replace)]
    pub code_sha256: T,
    /// Settings of the function, as a JSON document: role, runtime, handler, architecture, memory, timeout, environment. A function
    /// with other settings is not published.
    #[input(replace, document)]
    pub settings: T,
}

impl Definition for Version {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = VersionInputs<T>;

    fn schema() -> Schema {
        Schema::of::<VersionInputs>("lambda.version", "A published version of a Lambda function")
            .attribute("id", Availability::Ready)
            .attribute("arn", Availability::Ready)
            .attribute("version", Availability::Ready)
            .untagged()
            .timeouts(Duration::from_secs(600), Duration::from_secs(120))
            .expected_create(Duration::from_secs(3))
    }
}
