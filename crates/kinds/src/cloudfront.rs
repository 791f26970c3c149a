//! Amazon CloudFront.

pub mod distribution;
pub mod response_headers_policy;

pub use distribution::{
    Behavior, BehaviorLive, Distribution, DistributionInputs, DistributionLive, ORIGIN_HEADER, PathBehavior,
};
pub use response_headers_policy::{ResponseHeadersPolicy, ResponseHeadersPolicyInputs, ResponseHeadersPolicyLive};
