//! The rendered code of a function. Nothing in AWS by itself: the state records which archive a function must have.

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
    /// The name of the code.
    pub package: String,
    /// The values that the code is rendered with.
    pub parameters: BTreeMap<String, T>,
    /// The ARNs of the secrets that the code is rendered with. Read when the code is rendered and never stored.
    pub secret_parameters: BTreeMap<String, T>,
    /// The versions of these secrets.
    pub secret_versions: Vec<T>,
    /// The digest of the code before it is rendered.
    pub digest: String,
}

impl Definition for Archive {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = ArchiveInputs<T>;

    fn schema() -> Schema {
        let reason = "a step: it renders the code of a function and creates nothing";
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
