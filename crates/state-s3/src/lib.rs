//! The state in S3: every write on the condition that nobody else wrote, and a lock object beside it.
//!
//! The bucket is made by [`bootstrap()`]; [`S3Store`] does the rest. What it deliberately does not do: wait for a lock, retry
//! beyond the SDK's own attempts, or read a state that is not there into an empty one.

pub mod bootstrap;
pub mod lock;
mod server_date;
pub mod store;

pub use bootstrap::bootstrap;
pub use store::S3Store;
