//! Parameters that exist already and are not secret.

use ohinfra_core::look_up::LookUp;

/// The value of a plain parameter by its name; AWS's own public ones included.
pub struct PlainParameter;

impl LookUp for PlainParameter {
    const NAME: &'static str = "ssm.plain_parameter";
    type Question = String;
    type Answer = Option<String>;
}
