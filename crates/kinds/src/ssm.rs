//! AWS Systems Manager: Parameter Store.

pub mod lookups;
pub mod parameter;

pub use lookups::{ParameterDetails, PublishedParameter};
pub use parameter::{Parameter, ParameterInputs, ParameterLive};
