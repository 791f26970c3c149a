//! Inline policy of an IAM role.

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::{Availability, DOCUMENT, NOMINAL, REPLACE};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `iam.role_policy`
pub struct RolePolicy;

/// Inputs of an inline policy of an IAM role.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RolePolicyInputs<T = String> {
    /// Name of the role.
    pub role_name: T,
    /// Name of the policy. Unique within the role; at most 128 characters.
    pub policy_name: String,
    /// Policy document (JSON). All inline policies of a role together: at most 10,240 characters.
    pub document: T,
}

impl Definition for RolePolicy {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = RolePolicyInputs<T>;

    fn schema() -> Schema {
        Schema::new("iam.role_policy", "An inline policy of an IAM role")
            .input("role_name", REPLACE)
            .input("policy_name", REPLACE | NOMINAL)
            .input("document", DOCUMENT)
            .attribute("id", Availability::Early)
            .named_by(&["role_name", "policy_name"])
            .untagged()
    }
}
