//! Registration of a Lambda function as the target of a target group.

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::Availability;
use ohinfra_derive::Inputs;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `elbv2.target`
pub struct Target;

/// Inputs of a registered target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Inputs)]
pub struct TargetInputs<T = String> {
    /// ARN of the target group.
    #[input(replace)]
    pub target_group_arn: T,
    /// ARN of the Lambda function.
    #[input(replace)]
    pub target_id: T,
}

impl Definition for Target {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = TargetInputs<T>;

    fn schema() -> Schema {
        Schema::of::<TargetInputs>("elbv2.target", "A Lambda function registered in a target group")
            .attribute("id", Availability::Early)
            .untagged()
            .named_by(&["target_group_arn", "target_id"])
            .exclusive()
    }
}
