//! An EFS file system with its policy.

use std::time::Duration;

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::{Availability, DOCUMENT, REPLACE};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `efs.file_system`
pub struct FileSystem;

/// Inputs of an EFS file system and its policy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FileSystemInputs<T = String> {
    /// Whether it is encrypted. Replaces.
    pub encrypted: bool,
    /// `generalPurpose` or `maxIO`. Replaces.
    pub performance_mode: String,
    /// `bursting`, `elastic` or `provisioned`.
    pub throughput_mode: String,
    /// When files that nobody uses move to cheaper storage: `AFTER_14_DAYS`, …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transition_to_ia: Option<String>,
    /// Who may mount it and how. `*` as the resource stands for the file system itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<T>,
}

impl Definition for FileSystem {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = FileSystemInputs<T>;

    fn schema() -> Schema {
        Schema::new("efs.file_system", "An EFS file system and its policy")
            .input("encrypted", REPLACE)
            .input("performance_mode", REPLACE)
            .plain("throughput_mode")
            .plain("transition_to_ia")
            .input("policy", DOCUMENT)
            .attribute("id", Availability::Ready)
            .attribute("arn", Availability::Ready)
            .holds_data()
            .timeouts(Duration::from_secs(600), Duration::from_secs(900))
            .usually(Duration::from_secs(10))
    }
}
