//! AWS Secrets Manager.

pub mod connection_details;
pub mod lookups;
pub mod secret;
pub mod secret_policy;

pub use connection_details::{ConnectionDetails, ConnectionDetailsInputs, ConnectionDetailsLive};
pub use lookups::{SecretDescription, SecretDetails};
pub use secret::{Secret, SecretContent, SecretInputs, SecretLive};
pub use secret_policy::{SecretPolicy, SecretPolicyInputs, SecretPolicyLive};
