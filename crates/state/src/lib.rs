//! The state: the record of the resources of a deployment, and its storage.
//!
//! [`document`] is the file format, [`transitions`] the life of a record, [`migrations`] reads older versions, [`store`] is the interface of a state store,
//! [`local`] stores the state in a file. The S3 store is a separate crate because it depends on the AWS SDK.

pub mod document;
pub mod local;
pub mod migrations;
pub mod store;
pub mod transitions;

pub use document::{Pending, ResourceState, StateDocument, Status};
pub use local::LocalStore;
pub use store::{Holder, Lock, LockInfo, StateError, StateStore, Stored, Version, VersionEntry};
pub use transitions::{Applied, Predecessor, Transition};

#[cfg(test)]
mod tests;
