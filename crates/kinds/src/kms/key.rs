//! Symmetric KMS key.

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::Availability;
use ohinfra_derive::Inputs;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `kms.key`
pub struct Key;

/// Inputs of a symmetric KMS key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Inputs)]
pub struct KeyInputs<T = String> {
    /// Description.
    pub description: String,
    /// Key policy (JSON).
    #[input(document)]
    pub policy: T,
    /// Automatic yearly rotation of the key material.
    pub rotation_enabled: bool,
    /// Always `true`: a disabled key is enabled, and a scheduled deletion is canceled.
    pub enabled: bool,
}

impl Definition for Key {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = KeyInputs<T>;

    fn schema() -> Schema {
        Schema::of::<KeyInputs>("kms.key", "A symmetric KMS key")
            .holds_data()
            .attribute("id", Availability::Early)
            .attribute("arn", Availability::Early)
    }
}
