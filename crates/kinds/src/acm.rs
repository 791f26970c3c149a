//! AWS Certificate Manager.

pub mod certificate;
pub mod issuance;

pub use certificate::{Certificate, CertificateInputs};
pub use issuance::{Issuance, IssuanceInputs};
