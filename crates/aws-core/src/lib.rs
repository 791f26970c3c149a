//! Shared parts of all AWS crates: connection, error classification, caller identity, secrets, tag index.
//!
//! The kinds are in the family crates (`aws-ec2`, `aws-iam`, …). This crate does not depend on any kind of resource, and it does
//! not wait or retry beyond the SDK's own attempts: the engine does.

pub mod classify;
pub mod connection;
pub mod identity;
pub mod retry;
pub mod secrets;
pub mod tag_index;

pub use classify::{api_error, api_error_eventual, none_if_missing};
pub use connection::{Connection, Regional};
pub use identity::{Caller, CallerIdentityLookUp};
pub use retry::OnlyIfRefused;
pub use secrets::{SecretText, Secrets};
pub use tag_index::TagIndex;
