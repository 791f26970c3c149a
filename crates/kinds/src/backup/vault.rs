//! Backup vault: the storage of recovery points.

use std::time::Duration;

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::Availability;
use ohinfra_derive::Inputs;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `backup.vault`
pub struct Vault;

/// Inputs of a backup vault.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Inputs)]
pub struct VaultInputs<T = String> {
    /// Name of the vault. Unique in the account and region; 2 to 50 letters, digits, dashes and underscores.
    #[input(replace, nominal)]
    pub vault_name: String,
    /// ARN of the KMS key that encrypts the vault. Unset: the AWS managed key.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[input(replace, defaulted)]
    pub kms_key_arn: Option<T>,
}

impl Definition for Vault {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = VaultInputs<T>;

    fn schema() -> Schema {
        Schema::of::<VaultInputs>("backup.vault", "A backup vault")
            .attribute("id", Availability::Early)
            .attribute("name", Availability::Early)
            .attribute("arn", Availability::Early)
            .named_by(&["vault_name"])
            .holds_data()
            // A purge waits until AWS has deleted every recovery point.
            .timeouts(Duration::from_secs(600), Duration::from_secs(4 * 3600))
    }
}
