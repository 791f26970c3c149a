//! Amazon SNS kinds.

pub mod topic;
