//! Secrets that exist already. Their values are never read.

use ohinfra_core::look_up::LookUp;
use ohinfra_core::tags::Tags;
use serde::{Deserialize, Serialize};

/// A secret by its name.
pub struct SecretDescription;

/// What must be known of a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretDetails {
    /// Its ARN.
    pub arn: String,
    /// Its tags: whether it is ours.
    pub tags: Tags,
    /// Whether it is scheduled for deletion.
    pub deleted: bool,
    /// The id of the version that is current; none if it has no value.
    #[serde(default)]
    pub version: Option<String>,
}

impl LookUp for SecretDescription {
    const NAME: &'static str = "secretsmanager.secret";
    type Question = String;
    type Answer = Option<SecretDetails>;
}
