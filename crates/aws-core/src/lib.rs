//! What every AWS family shares: the connection, the classification of errors, who is calling.
//!
//! Kinds live in the family crates (`aws-ec2`, `aws-iam`, …). Nothing here knows a resource kind, and nothing here waits or
//! retries beyond the SDK's own attempts: the engine does.

pub mod classify;
pub mod connection;
pub mod identity;
pub mod retry;
pub mod secrets;
pub mod tag_index;

pub use classify::{failed, is_missing, referring};
pub use connection::{Connection, Regional};
pub use identity::{Caller, CallerIdentityLookUp};
pub use retry::OnlyIfRefused;
pub use secrets::{SecretText, Secrets};
pub use tag_index::TagIndex;
