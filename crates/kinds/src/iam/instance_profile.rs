//! Instance profile: gives EC2 instances an IAM role.

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::Availability;
use ohinfra_derive::Inputs;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `iam.instance_profile`
pub struct InstanceProfile;

/// Inputs of an instance profile.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Inputs)]
pub struct InstanceProfileInputs<T = String> {
    /// Name of the instance profile. Unique in the account; at most 128 characters.
    #[input(replace, nominal)]
    pub profile_name: String,
    /// Name of the role. An instance profile has exactly one role.
    pub role_name: T,
}

impl Definition for InstanceProfile {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = InstanceProfileInputs<T>;

    fn schema() -> Schema {
        Schema::of::<InstanceProfileInputs>("iam.instance_profile", "An instance profile and its role")
            .attribute("id", Availability::Early)
            .attribute("name", Availability::Early)
            .attribute("arn", Availability::Early)
            .named_by(&["profile_name"])
    }
}
