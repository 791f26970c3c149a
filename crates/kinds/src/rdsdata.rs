//! The RDS Data API.

pub mod bootstrap;

pub use bootstrap::{Bootstrap, BootstrapInputs, BootstrapLive};
