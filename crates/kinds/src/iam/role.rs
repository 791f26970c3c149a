//! An IAM role with its managed policies.

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
    /// Unique in the account; at most 64 characters. Replaces.
    pub role_name: String,
    /// What it is for.
    pub description: String,
    /// Who may assume it.
    pub assume_role_policy: T,
    /// The managed policies that are attached to it; others are detached.
    pub managed_policy_arns: Vec<String>,
    /// The longest session, in seconds: 3600 to 43200.
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
