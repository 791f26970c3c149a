//! Who may call a function.

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::{Availability, NOMINAL, REPLACE};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `lambda.permission`
pub struct Permission;

/// Inputs of a permission to call a Lambda function.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PermissionInputs<T = String> {
    /// The function.
    pub function_name: T,
    /// Unique within the function's policy. Replaces.
    pub statement_id: String,
    /// The service.
    pub principal: String,
    /// What of the service.
    pub source_arn: T,
}

impl Definition for Permission {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = PermissionInputs<T>;

    fn schema() -> Schema {
        Schema::new("lambda.permission", "A permission to call a Lambda function")
            .input("function_name", REPLACE)
            .input("statement_id", REPLACE | NOMINAL)
            .input("principal", REPLACE)
            .input("source_arn", REPLACE)
            .attribute("id", Availability::Early)
            .untagged()
            .named_by(&["function_name", "statement_id"])
    }
}
