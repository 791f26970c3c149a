//! AWS Security Token Service.

pub mod lookups;

pub use lookups::{CallerDetails, CallerIdentity};
