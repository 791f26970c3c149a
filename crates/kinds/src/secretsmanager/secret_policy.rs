//! Resource policy of a secret.

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::Availability;
use ohinfra_derive::Inputs;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `secretsmanager.secret_policy`
pub struct SecretPolicy;

/// Inputs of the resource policy of a secret.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Inputs)]
pub struct SecretPolicyInputs<T = String> {
    /// ARN of the secret.
    #[input(replace)]
    pub secret_arn: T,
    /// Policy document (JSON): access in addition to IAM policies.
    #[input(document)]
    pub document: T,
}

impl Definition for SecretPolicy {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = SecretPolicyInputs<T>;

    fn schema() -> Schema {
        Schema::of::<SecretPolicyInputs>("secretsmanager.secret_policy", "The resource policy of a secret")
            .attribute("id", Availability::Early)
            .untagged()
            .named_by(&["secret_arn"])
    }
}
