//! Secret with a generated value.

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::Availability;
use ohinfra_derive::Inputs;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `secretsmanager.secret`
pub struct Secret;

/// Inputs of a secret. They describe the generation of the value; the value itself is never an input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Inputs)]
pub struct SecretInputs<T = String> {
    /// Name of the secret. Unique in the account and region; at most 512 characters.
    #[input(replace, nominal)]
    pub secret_name: String,
    /// Description.
    pub description: String,
    /// Generation of the value. A change generates a new value.
    #[input(unreported = "the generation settings are not stored in AWS, and the value is never read for comparison")]
    pub content: SecretContent<T>,
    /// Always `false`: a scheduled deletion is canceled and the value is kept.
    pub scheduled_for_deletion: bool,
    /// ID of the KMS key that encrypts the secret. Unset: the AWS managed key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kms_key_id: Option<T>,
}

/// Generation of a secret's value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum SecretContent<T = String> {
    /// A random string from Secrets Manager.
    Generated {
        /// Number of characters: 1 to 4096.
        length: i64,
        /// Characters to exclude.
        #[serde(skip_serializing_if = "Option::is_none")]
        exclude_characters: Option<String>,
        /// Excludes punctuation characters.
        exclude_punctuation: bool,
    },
    /// A JSON object with a `username` and a generated `password`. A rotation keeps all other members of the object.
    Login {
        /// User name.
        username: String,
        /// Number of characters of the password: 1 to 4096.
        length: i64,
        /// Characters to exclude from the password.
        #[serde(skip_serializing_if = "Option::is_none")]
        exclude_characters: Option<String>,
        /// Excludes punctuation characters from the password.
        exclude_punctuation: bool,
    },
    /// A copy of the client secret of a Cognito user pool client.
    UserPoolClient {
        /// ID of the user pool.
        user_pool_id: T,
        /// ID of the client.
        client_id: T,
        /// Region of the user pool.
        region: String,
    },
    /// Random bytes from the operating system, in base64.
    RandomBytes {
        /// Number of bytes.
        bytes: usize,
    },
}

impl Definition for Secret {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = SecretInputs<T>;

    fn schema() -> Schema {
        Schema::of::<SecretInputs>("secretsmanager.secret", "A secret with a generated value")
            .attribute("id", Availability::Early)
            .attribute("name", Availability::Early)
            .attribute("arn", Availability::Early)
            .attribute("version", Availability::ChangesOnUpdate)
            .named_by(&["secret_name"])
            .rotated_by("content")
    }
}
