//! Amazon SNS.

pub mod topic;

pub use topic::{Topic, TopicInputs, TopicLive};
