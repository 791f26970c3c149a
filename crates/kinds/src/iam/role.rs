//! IAM role and its managed policies.

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::{Availability, DEFAULTED, DOCUMENT, NOMINAL, REPLACE, UNORDERED};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `iam.role`
pub struct Role;

/// Inputs of an IAM role.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RoleInputs<T = String> {
    /// Name of the role. Unique in the account; at most 64 characters.
    pub role_name: String,
    /// Description.
    pub description: String,
    /// Trust policy (JSON): the principals that may assume the role.
    pub assume_role_policy: T,
    /// ARNs of the attached managed policies. All others are detached.
    pub managed_policy_arns: Vec<String>,
    /// Maximum session duration in seconds: 3600 to 43200. Unset: 3600 at creation, and later changes in AWS are kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_session_seconds: Option<i32>,
}

impl Definition for Role {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = RoleInputs<T>;

    fn schema() -> Schema {
        Schema::new("iam.role", "An IAM role and the managed policies attached to it")
            .input("role_name", REPLACE | NOMINAL)
            .plain("description")
            .input("assume_role_policy", DOCUMENT)
            .input("managed_policy_arns", UNORDERED)
            .input("max_session_seconds", DEFAULTED)
            .attribute("id", Availability::Early)
            .attribute("name", Availability::Early)
            .attribute("arn", Availability::Early)
            .named_by(&["role_name"])
    }
}
