//! Lambda function with code that ohinfra renders.

use std::collections::BTreeMap;
use std::time::Duration;

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::Availability;
use ohinfra_derive::Inputs;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `lambda.function`
pub struct Function;

/// Inputs of a Lambda function.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Inputs)]
pub struct FunctionInputs<T = String> {
    /// Name of the function. Unique in the account and region; at most 64 characters.
    #[input(replace, nominal)]
    pub function_name: String,
    /// Description.
    pub description: String,
    /// ARN of the execution role.
    pub role_arn: T,
    /// Runtime: `python3.12`, `nodejs22.x`, …
    pub runtime: String,
    /// Entry point, for example `index.handler`.
    pub handler: String,
    /// Instruction set: `arm64` or `x86_64`.
    pub architecture: String,
    /// Memory in MB.
    pub memory_mb: i32,
    /// Invocation timeout in seconds.
    pub timeout_seconds: i32,
    /// Environment variables. Must not contain secrets.
    #[input(exact)]
    pub environment: BTreeMap<String, T>,
    /// ARNs of layers. A layer is code beside the package: ohinfra configures none, and any layer is drift.
    #[serde(default)]
    pub layers: Vec<String>,
    /// Package name of the code.
    #[input(unreported = "rendered into the code; `code_sha256` represents it")]
    pub package: String,
    /// Template parameters of the code.
    #[input(unreported = "rendered into the code; `code_sha256` represents them")]
    pub parameters: BTreeMap<String, T>,
    /// Secret template parameters: parameter name to secret ARN. Read when the code is uploaded and never stored.
    #[input(unreported = "rendered into the code; `code_sha256` represents them")]
    pub secret_parameters: BTreeMap<String, T>,
    /// SHA-256 digest of the archive, in base64. AWS reports the digest of the deployed code: any other code is drift.
    pub code_sha256: T,
}

impl Definition for Function {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = FunctionInputs<T>;

    fn schema() -> Schema {
        Schema::of::<FunctionInputs>("lambda.function", "A Lambda function")
            .attribute("id", Availability::Early)
            .attribute("name", Availability::Early)
            .attribute("arn", Availability::Early)
            .named_by(&["function_name"])
            .held()
            .timeouts(Duration::from_secs(600), Duration::from_secs(600))
            .expected_create(Duration::from_secs(5))
            .expected_update(Duration::from_secs(5))
    }
}
