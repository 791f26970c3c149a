//! Resource policy of a secret.

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::{Availability, DOCUMENT, REPLACE};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `secretsmanager.secret_policy`
pub struct SecretPolicy;

/// Inputs of the resource policy of a secret.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SecretPolicyInputs<T = String> {
    /// ARN of the secret.
    pub secret_arn: T,
    /// Policy document (JSON): access in addition to IAM policies.
    pub document: T,
}

impl Definition for SecretPolicy {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = SecretPolicyInputs<T>;

    fn schema() -> Schema {
        Schema::new("secretsmanager.secret_policy", "The resource policy of a secret")
            .input("secret_arn", REPLACE)
            .input("document", DOCUMENT)
            .attribute("id", Availability::Early)
            .untagged()
            .named_by(&["secret_arn"])
    }
}
