//! An instance profile: how an EC2 instance gets a role.

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::{Availability, NOMINAL, REPLACE};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `iam.instance_profile`
pub struct InstanceProfile;

/// Inputs of an instance profile.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InstanceProfileInputs<T = String> {
    /// Unique in the account; at most 128 characters. Replaces.
    pub profile_name: String,
    /// Its one role.
    pub role_name: T,
}

impl Definition for InstanceProfile {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = InstanceProfileInputs<T>;

    fn schema() -> Schema {
        Schema::new("iam.instance_profile", "An instance profile with its role")
            .input("profile_name", REPLACE | NOMINAL)
            .plain("role_name")
            .attribute("id", Availability::Early)
            .attribute("name", Availability::Early)
            .attribute("arn", Availability::Early)
            .named_by(&["profile_name"])
    }
}
