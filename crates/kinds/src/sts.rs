//! AWS Security Token Service.

pub mod look_ups;

pub use look_ups::{CallerDetails, CallerIdentity};
