//! Parameter Store parameter, plain or encrypted.

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::Availability;
use ohinfra_derive::Inputs;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `ssm.parameter`
pub struct Parameter;

/// Inputs of a Parameter Store parameter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Inputs)]
pub struct ParameterInputs<T = String> {
    /// Full name of the parameter, with slashes.
    #[input(replace, nominal)]
    pub parameter_name: String,
    /// Description.
    #[input(unreported = "GetParameters does not return it")]
    pub description: String,
    /// Type: `String` or `SecureString`.
    #[input(replace)]
    pub parameter_type: String,
    /// Value. Unset if the value comes from a secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<T>,
    /// ARN of the secret that supplies the value. Read when needed and never stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[input(unreported = "the source of the value; Parameter Store does not record it")]
    pub secret_arn: Option<T>,
    /// Version of the secret. A new version is copied to the parameter.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[input(unreported = "represents the value, which must not be compared in clear text")]
    pub secret_version: Option<T>,
}

impl Definition for Parameter {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = ParameterInputs<T>;

    fn schema() -> Schema {
        Schema::of::<ParameterInputs>("ssm.parameter", "A Parameter Store parameter")
            .attribute("id", Availability::Early)
            .attribute("name", Availability::Early)
            .attribute("arn", Availability::Early)
            .named_by(&["parameter_name"])
    }
}
