//! A Lambda function whose code the tool renders.

use std::collections::BTreeMap;
use std::time::Duration;

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::{Availability, NOMINAL, REPLACE, WRITE_ONLY};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `lambda.function`
pub struct Function;

/// Inputs of a Lambda function.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FunctionInputs<T = String> {
    /// Unique in the account and region; at most 64 characters. Replaces.
    pub function_name: String,
    /// What it is for.
    pub description: String,
    /// What it may do.
    pub role_arn: T,
    /// `python3.12`, `nodejs22.x`, …
    pub runtime: String,
    /// What is called.
    pub handler: String,
    /// `arm64` or `x86_64`.
    pub architecture: String,
    /// Memory.
    pub memory_mb: i32,
    /// How long an answer may take.
    pub timeout_seconds: i32,
    /// Environment variables: nothing secret.
    pub environment: BTreeMap<String, T>,
    /// The name of the code.
    pub package: String,
    /// The values that the code is rendered with.
    pub parameters: BTreeMap<String, T>,
    /// The ARNs of the secrets that the code is rendered with. Read when the code is uploaded and never stored.
    pub secret_parameters: BTreeMap<String, T>,
    /// The SHA-256 digest of the archive, in base64. AWS reports the digest of the code that the function has: other code is drift.
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
            .plain("environment")
            .unreported("package", WRITE_ONLY, "rendered into the code; `code_sha256` stands for it")
            .unreported("parameters", WRITE_ONLY, "rendered into the code; `code_sha256` stands for them")
            .unreported("secret_parameters", WRITE_ONLY, "rendered into the code; `code_sha256` stands for them")
            .plain("code_sha256")
            .attribute("id", Availability::Early)
            .attribute("name", Availability::Early)
            .attribute("arn", Availability::Early)
            .attribute("settings", Availability::ChangesOnUpdate)
            .named_by(&["function_name"])
            .held()
            .timeouts(Duration::from_secs(600), Duration::from_secs(600))
            .usually(Duration::from_secs(5))
            .usually_updated_in(Duration::from_secs(5))
    }
}
