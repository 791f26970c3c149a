//! Amazon CloudFront.

pub mod distribution;
pub mod response_headers_policy;

pub use distribution::{Distribution, DistributionInputs};
pub use response_headers_policy::{ResponseHeadersPolicy, ResponseHeadersPolicyInputs};
