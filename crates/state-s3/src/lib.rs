//! The S3 state store: conditional writes, and a lock object next to the state object.
//!
//! [`bootstrap()`] creates the bucket; [`S3Store`] reads, writes and locks the state. Out of scope: waiting for a lock,
//! retries in addition to those of the SDK, and treating a missing state as an empty one.

pub mod bootstrap;
pub mod lock;
mod server_date;
pub mod store;

pub use bootstrap::bootstrap;
pub use store::S3Store;
