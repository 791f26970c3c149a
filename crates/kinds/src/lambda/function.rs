//! Lambda function with code that ohinfra renders.

use std::collections::BTreeMap;
use std::time::Duration;

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::{Availability, EXACT, NOMINAL, REPLACE, WRITE_ONLY};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `lambda.function`
pub struct Function;

/// Inputs of a Lambda function.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FunctionInputs<T = String> {
    /// Name of the function. Unique in the account and region; at most 64 characters.
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
    pub environment: BTreeMap<String, T>,
    /// ARNs of layers. A layer is code beside the package: ohinfra configures none, and any layer is drift.
    #[serde(default)]
    pub layers: Vec<String>,
    /// Package name of the code.
    pub package: String,
    /// Template parameters of the code.
    pub parameters: BTreeMap<String, T>,
    /// Secret template parameters: parameter name to secret ARN. Read when the code is uploaded and never stored.
    pub secret_parameters: BTreeMap<String, T>,
    /// SHA-256 digest of the archive, in base64. AWS reports the digest of the deployed code: any other code is drift.
    pub code_sha256: T,
}

impl Definition for Function {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = FunctionInputs<T>;

    fn schema() -> Schema {
        Schema::new("lambda.function", "A Lambda function")
            .input("function_name", REPLACE | NOMINAL)
            .plain("description")
            .plain("role_arn")
            .plain("runtime")
            .plain("handler")
            .plain("architecture")
            .plain("memory_mb")
            .plain("timeout_seconds")
            .input("environment", EXACT)
            .plain("layers")
            .unreported("package", WRITE_ONLY, "rendered into the code; `code_sha256` represents it")
            .unreported("parameters", WRITE_ONLY, "rendered into the code; `code_sha256` represents them")
            .unreported("secret_parameters", WRITE_ONLY, "rendered into the code; `code_sha256` represents them")
            .plain("code_sha256")
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
