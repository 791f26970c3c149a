//! A secret whose value is made where it is kept.

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::{Availability, NOMINAL, REPLACE, WRITE_ONLY};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `secretsmanager.secret`
pub struct Secret;

/// Inputs of a secret. They say how its value is made; the value itself is never an input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SecretInputs<T = String> {
    /// Unique in the account and region; at most 512 characters. Replaces.
    pub secret_name: String,
    /// What it is for.
    pub description: String,
    /// How the first value is made. A change makes a new value.
    pub content: SecretContent<T>,
    /// Always false: one whose deletion is scheduled is brought back, with its value.
    pub scheduled_for_deletion: bool,
    /// The key that encrypts it; AWS's own where not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kms_key_id: Option<T>,
}

/// How a secret's value is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum SecretContent<T = String> {
    /// By Secrets Manager's own generator.
    Generated {
        /// Number of characters: 1 to 4096.
        length: i64,
        /// Characters that must not appear.
        #[serde(skip_serializing_if = "Option::is_none")]
        exclude_characters: Option<String>,
        /// Leave punctuation out.
        exclude_punctuation: bool,
    },
    /// A JSON object with a `username` and a `password` that Secrets Manager generates. A new password leaves what else is in it.
    Login {
        /// The user.
        username: String,
        /// Number of characters of the password: 1 to 4096.
        length: i64,
        /// Characters that must not appear in it.
        #[serde(skip_serializing_if = "Option::is_none")]
        exclude_characters: Option<String>,
        /// Leave punctuation out.
        exclude_punctuation: bool,
    },
    /// The secret of a client of a Cognito user pool, copied.
    UserPoolClient {
        /// The pool.
        user_pool_id: T,
        /// The client.
        client_id: T,
        /// The region of the pool.
        region: String,
    },
    /// Random bytes of the operating system, in base64.
    RandomBytes {
        /// Number of bytes.
        bytes: usize,
    },
}

impl Definition for Secret {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = SecretInputs<T>;

    fn schema() -> Schema {
        Schema::new("secretsmanager.secret", "A secret with a generated value")
            .input("secret_name", REPLACE | NOMINAL)
            .plain("description")
            .unreported(
                "content",
                WRITE_ONLY,
                "how the value was generated; the value itself is never read for a comparison",
            )
            .plain("scheduled_for_deletion")
            .plain("kms_key_id")
            .attribute("id", Availability::Early)
            .attribute("name", Availability::Early)
            .attribute("arn", Availability::Early)
            .attribute("version", Availability::ChangesOnUpdate)
            .named_by(&["secret_name"])
            .rotated_by("content")
    }
}
