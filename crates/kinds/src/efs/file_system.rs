//! EFS file system and its policy.

use std::time::Duration;

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::Availability;
use ohinfra_derive::Inputs;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `efs.file_system`
pub struct FileSystem;

/// Inputs of an EFS file system and its policy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Inputs)]
pub struct FileSystemInputs<T = String> {
    /// Encrypts the data at rest.
    #[input(replace)]
    pub encrypted: bool,
    /// Performance mode: `generalPurpose` or `maxIO`.
    #[input(replace)]
    pub performance_mode: String,
    /// Throughput mode: `bursting`, `elastic` or `provisioned`.
    pub throughput_mode: String,
    /// Age at which unused files move to Infrequent Access storage: `AFTER_14_DAYS`, … Unset: never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transition_to_ia: Option<String>,
    /// File system policy (JSON). `*` as the resource denotes the file system. Unset: no policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[input(document)]
    pub policy: Option<T>,
}

impl Definition for FileSystem {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = FileSystemInputs<T>;

    fn schema() -> Schema {
        Schema::of::<FileSystemInputs>("efs.file_system", "An EFS file system and its policy")
            .attribute("id", Availability::Ready)
            .attribute("arn", Availability::Ready)
            .holds_data()
            .timeouts(Duration::from_secs(600), Duration::from_secs(900))
            .expected_create(Duration::from_secs(10))
    }
}
