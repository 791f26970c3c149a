//! Permission to invoke a Lambda function.

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::{Availability, NOMINAL, REPLACE};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `lambda.permission`
pub struct Permission;

/// Inputs of a permission to invoke a Lambda function.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PermissionInputs<T = String> {
    /// Name of the function.
    pub function_name: T,
    /// Statement ID, unique within the function's policy.
    pub statement_id: String,
    /// Service principal that may invoke the function, for example `elasticloadbalancing.amazonaws.com`.
    pub principal: String,
    /// ARN of the resource of that service on whose behalf the invocation occurs.
    pub source_arn: T,
}

impl Definition for Permission {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = PermissionInputs<T>;

    fn schema() -> Schema {
        Schema::new("lambda.permission", "A permission to invoke a Lambda function")
            .input("function_name", REPLACE)
            .input("statement_id", REPLACE | NOMINAL)
            .input("principal", REPLACE)
            .input("source_arn", REPLACE)
            .attribute("id", Availability::Early)
            .untagged()
            .named_by(&["function_name", "statement_id"])
    }
}
