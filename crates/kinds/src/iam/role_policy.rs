//! Inline policy of an IAM role.

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::Availability;
use ohinfra_derive::Inputs;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `iam.role_policy`
pub struct RolePolicy;

/// Inputs of an inline policy of an IAM role.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Inputs)]
pub struct RolePolicyInputs<T = String> {
    /// Name of the role.
    #[input(replace)]
    pub role_name: T,
    /// Name of the policy. Unique within the role; at most 128 characters.
    #[input(replace, nominal)]
    pub policy_name: String,
    /// Policy document (JSON). All inline policies of a role together: at most 10,240 characters.
    #[input(document)]
    pub document: T,
}

impl Definition for RolePolicy {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = RolePolicyInputs<T>;

    fn schema() -> Schema {
        Schema::of::<RolePolicyInputs>("iam.role_policy", "An inline policy of an IAM role")
            .attribute("id", Availability::Early)
            .named_by(&["role_name", "policy_name"])
            .untagged()
    }
}
