//! Parameters that exist already.

use ohinfra_core::look_up::LookUp;
use serde::{Deserialize, Serialize};

/// A parameter by its name; AWS's own public ones included.
pub struct PublishedParameter;

/// What everybody may know of a parameter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParameterDetails {
    /// Its ARN.
    pub arn: String,
    /// Its version, which every new value raises.
    pub version: i64,
    /// Its value; none if it is encrypted.
    pub value: Option<String>,
}

impl LookUp for PublishedParameter {
    const NAME: &'static str = "ssm.published_parameter";
    type Question = String;
    type Answer = Option<ParameterDetails>;
}
