//! IAM role and its managed policies.

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::Availability;
use ohinfra_derive::Inputs;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `iam.role`
pub struct Role;

/// Inputs of an IAM role.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Inputs)]
pub struct RoleInputs<T = String> {
    /// Name of the role. Unique in the account; at most 64 characters.
    #[input(replace, nominal)]
    pub role_name: String,
    /// Description.
    pub description: String,
    /// Trust policy (JSON): the principals that may assume the role.
    #[input(document)]
    pub assume_role_policy: T,
    /// ARNs of the attached managed policies. All others are detached.
    #[input(unordered)]
    pub managed_policy_arns: Vec<String>,
    /// Maximum session duration in seconds: 3600 to 43200. Unset: 3600 at creation, and later changes in AWS are kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[input(defaulted)]
    pub max_session_seconds: Option<i32>,
}

impl Definition for Role {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = RoleInputs<T>;

    fn schema() -> Schema {
        Schema::of::<RoleInputs>("iam.role", "An IAM role and the managed policies attached to it")
            .attribute("id", Availability::Early)
            .attribute("name", Availability::Early)
            .attribute("arn", Availability::Early)
            .named_by(&["role_name"])
    }
}
