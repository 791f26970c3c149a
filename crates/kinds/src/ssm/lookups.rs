//! Lookup of existing parameters.

use ohinfra_core::lookup::Lookup;
use serde::{Deserialize, Serialize};

/// Lookup of a parameter by name, including public parameters of AWS; `None` if the parameter does not exist.
pub struct PublishedParameter;

/// Non-secret properties of a parameter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParameterDetails {
    /// ARN.
    pub arn: String,
    /// Version number, incremented by each change of the value.
    pub version: i64,
    /// Value; `None` if the parameter is encrypted.
    pub value: Option<String>,
}

impl Lookup for PublishedParameter {
    const NAME: &'static str = "ssm.published_parameter";
    type Question = String;
    type Answer = Option<ParameterDetails>;
}
