//! Amazon CloudFront.

pub mod distribution;
pub mod response_headers_policy;

pub use distribution::{Behavior, Distribution, DistributionInputs, ORIGIN_HEADER, PathBehavior};
pub use response_headers_policy::{ResponseHeadersPolicy, ResponseHeadersPolicyInputs};
