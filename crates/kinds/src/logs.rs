//! Amazon CloudWatch Logs.

pub mod function_log_groups;
pub mod log_group;

pub use function_log_groups::{FunctionLogGroups, FunctionLogGroupsInputs, FunctionLogGroupsLive, REPLICA_REGIONS};
pub use log_group::{LogGroup, LogGroupInputs, LogGroupLive};
