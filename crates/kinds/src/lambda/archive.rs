//! Rendered code of a Lambda function. Not an AWS resource: the state records the archive that a function must have.

use std::collections::BTreeMap;

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::{Availability, REPLACE, WRITE_ONLY};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `lambda.archive`
pub struct Archive;

/// Inputs of the archive of a Lambda function's code.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ArchiveInputs<T = String> {
    /// Package name of the code.
    pub package: String,
    /// Template parameters of the code.
    pub parameters: BTreeMap<String, T>,
    /// Secret template parameters: parameter name to secret ARN. Read when the code is rendered and never stored.
    pub secret_parameters: BTreeMap<String, T>,
    /// Versions of the secrets.
    pub secret_versions: Vec<T>,
    /// Digest of the code before rendering.
    pub digest: String,
}

impl Definition for Archive {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = ArchiveInputs<T>;

    fn schema() -> Schema {
        let reason = "an action: it renders the code of a function and creates no AWS resource";
        Schema::new("lambda.archive", "The archive of a Lambda function's code")
            .unreported("package", WRITE_ONLY | REPLACE, reason)
            .unreported("parameters", WRITE_ONLY | REPLACE, reason)
            .unreported("secret_parameters", WRITE_ONLY | REPLACE, reason)
            .unreported("secret_versions", WRITE_ONLY | REPLACE, reason)
            .unreported("digest", WRITE_ONLY | REPLACE, reason)
            .attribute("id", Availability::Early)
            .attribute("sha256", Availability::Early)
            .untagged()
            .step()
    }
}
