//! The state: what this deployment has made, and where that is written down.
//!
//! [`document`] is the file format, [`migrations`] reads older ones, [`store`] is the contract of a place to keep it,
//! [`local`] keeps it in a file. The state in S3 is a crate of its own, because it names the AWS SDK.

pub mod document;
pub mod local;
pub mod migrations;
pub mod store;

pub use document::{Pending, ResourceState, StateDocument, Status};
pub use local::LocalStore;
pub use store::{Holder, Lock, LockInfo, StateError, StateStore, Stored, Version, VersionEntry};

#[cfg(test)]
mod tests;
