//! Amazon EC2 Auto Scaling.

pub mod group;

pub use group::{Group, GroupInputs, GroupLive};
