//! Lookup of an existing secret. Its value is never read.

use ohinfra_core::lookup::Lookup;
use ohinfra_core::tags::Tags;
use serde::{Deserialize, Serialize};

/// Lookup of a secret by name; `None` if the secret does not exist.
pub struct SecretDescription;

/// Properties of a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretDetails {
    /// ARN.
    pub arn: String,
    /// Tags, which show the ownership of the secret.
    pub tags: Tags,
    /// Scheduled for deletion.
    pub deleted: bool,
    /// ID of the current version; `None` if the secret has no value.
    #[serde(default)]
    pub version: Option<String>,
}

impl Lookup for SecretDescription {
    const NAME: &'static str = "secretsmanager.secret";
    type Question = String;
    type Answer = Option<SecretDetails>;
}
