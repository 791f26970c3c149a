//! A parameter of Parameter Store, plain or secret.

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::{Availability, NOMINAL, REPLACE, WRITE_ONLY};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `ssm.parameter`
pub struct Parameter;

/// Inputs of a parameter of Parameter Store.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ParameterInputs<T = String> {
    /// Its full name, with slashes. Replaces.
    pub parameter_name: String,
    /// What it is for.
    pub description: String,
    /// `String` or `SecureString`. Replaces.
    pub parameter_type: String,
    /// What it holds; none if a secret supplies it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<T>,
    /// The secret whose value it holds. Read when it is needed and never written down.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_arn: Option<T>,
    /// The version of the secret: a new one is copied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_version: Option<T>,
}

impl Definition for Parameter {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = ParameterInputs<T>;

    fn schema() -> Schema {
        Schema::new("ssm.parameter", "A parameter of Parameter Store")
            .input("parameter_name", REPLACE | NOMINAL)
            .unreported("description", WRITE_ONLY, "GetParameters does not return it")
            .input("parameter_type", REPLACE)
            .plain("value")
            .unreported(
                "secret_arn",
                WRITE_ONLY,
                "the secret that the value was read from; Parameter Store does not record it",
            )
            .unreported("secret_version", WRITE_ONLY, "stands for the value, which must not be compared in clear text")
            .attribute("id", Availability::Early)
            .attribute("name", Availability::Early)
            .attribute("arn", Availability::Early)
            .named_by(&["parameter_name"])
    }
}
