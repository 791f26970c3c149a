//! AWS Systems Manager: Parameter Store.

pub mod look_ups;
pub mod parameter;

pub use look_ups::PlainParameter;
pub use parameter::{Parameter, ParameterInputs};
