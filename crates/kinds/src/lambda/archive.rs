//! Rendered code of a Lambda function. Not an AWS resource: the state records the archive that a function must have.

use std::collections::BTreeMap;

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::Availability;
use ohinfra_derive::Inputs;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `lambda.archive`
pub struct Archive;

/// Inputs of the archive of a Lambda function's code.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Inputs)]
pub struct ArchiveInputs<T = String> {
    /// Package name of the code.
    #[input(replace, unreported = "an action: it renders the code of a function and creates no AWS resource")]
    pub package: String,
    /// Template parameters of the code.
    #[input(replace, unreported = "an action: it renders the code of a function and creates no AWS resource")]
    pub parameters: BTreeMap<String, T>,
    /// Secret template parameters: parameter name to secret ARN. Read when the code is rendered and never stored.
    #[input(replace, unreported = "an action: it renders the code of a function and creates no AWS resource")]
    pub secret_parameters: BTreeMap<String, T>,
    /// Versions of the secrets.
    #[input(replace, unreported = "an action: it renders the code of a function and creates no AWS resource")]
    pub secret_versions: Vec<T>,
    /// Digest of the code before rendering.
    #[input(replace, unreported = "an action: it renders the code of a function and creates no AWS resource")]
    pub digest: String,
}

impl Definition for Archive {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = ArchiveInputs<T>;

    fn schema() -> Schema {
        Schema::of::<ArchiveInputs>("lambda.archive", "The archive of a Lambda function's code")
            .attribute("id", Availability::Early)
            .attribute("sha256", Availability::Early)
            .untagged()
            .step()
    }
}
