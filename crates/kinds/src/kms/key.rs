//! Symmetric KMS key.

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::{Availability, DOCUMENT};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `kms.key`
pub struct Key;

/// Inputs of a symmetric KMS key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeyInputs<T = String> {
    /// Description.
    pub description: String,
    /// Key policy (JSON).
    pub policy: T,
    /// Automatic yearly rotation of the key material.
    pub rotation_enabled: bool,
    /// Always `true`: a disabled key is enabled, and a scheduled deletion is canceled.
    pub enabled: bool,
}

impl Definition for Key {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = KeyInputs<T>;

    fn schema() -> Schema {
        Schema::new("kms.key", "A symmetric KMS key")
            .plain("description")
            .input("policy", DOCUMENT)
            .plain("rotation_enabled")
            .plain("enabled")
            .holds_data()
            .attribute("id", Availability::Early)
            .attribute("arn", Availability::Early)
    }
}
