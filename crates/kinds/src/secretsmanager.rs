//! AWS Secrets Manager.

pub mod look_ups;
pub mod secret;

pub use look_ups::{SecretDescription, SecretDetails};
pub use secret::{Secret, SecretContent, SecretInputs};
