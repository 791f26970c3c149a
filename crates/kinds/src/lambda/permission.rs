//! Permission to invoke a Lambda function.

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::Availability;
use ohinfra_derive::Inputs;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `lambda.permission`
pub struct Permission;

/// Inputs of a permission to invoke a Lambda function.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Inputs)]
pub struct PermissionInputs<T = String> {
    /// Name of the function.
    #[input(replace)]
    pub function_name: T,
    /// Statement ID, unique within the function's policy.
    #[input(replace, nominal)]
    pub statement_id: String,
    /// Service principal that may invoke the function, for example `elasticloadbalancing.amazonaws.com`.
    #[input(replace)]
    pub principal: String,
    /// ARN of the resource of that service on whose behalf the invocation occurs.
    #[input(replace)]
    pub source_arn: T,
}

impl Definition for Permission {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = PermissionInputs<T>;

    fn schema() -> Schema {
        Schema::of::<PermissionInputs>("lambda.permission", "A permission to invoke a Lambda function")
            .attribute("id", Availability::Early)
            .untagged()
            .named_by(&["function_name", "statement_id"])
    }
}
