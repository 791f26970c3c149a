//! AWS Certificate Manager.

pub mod certificate;
pub mod issuance;

pub use certificate::{Certificate, CertificateInputs, CertificateLive};
pub use issuance::{Issuance, IssuanceInputs, IssuanceLive};
