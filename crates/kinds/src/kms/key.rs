//! A symmetric KMS key.

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::{Availability, DOCUMENT};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `kms.key`
pub struct Key;

/// Inputs of a symmetric encryption key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeyInputs<T = String> {
    /// What it is for.
    pub description: String,
    /// Who may use and administer it.
    pub policy: T,
    /// Whether AWS makes new key material every year.
    pub rotation_enabled: bool,
    /// Always true: one that is disabled, or whose deletion is scheduled, is brought back.
    pub enabled: bool,
}

impl Definition for Key {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = KeyInputs<T>;

    fn schema() -> Schema {
        Schema::new("kms.key", "A symmetric encryption key")
            .plain("description")
            .input("policy", DOCUMENT)
            .plain("rotation_enabled")
            .plain("enabled")
            .holds_data()
            .attribute("id", Availability::Early)
            .attribute("arn", Availability::Early)
    }
}
