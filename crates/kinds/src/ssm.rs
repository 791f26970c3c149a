//! AWS Systems Manager: Parameter Store.

pub mod look_ups;
pub mod parameter;

pub use look_ups::{ParameterDetails, PublishedParameter};
pub use parameter::{Parameter, ParameterInputs};
