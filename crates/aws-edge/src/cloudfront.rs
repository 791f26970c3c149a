//! Shared parts of the CloudFront kinds.

mod behavior;
mod configuration;
pub mod distribution;
pub mod response_headers_policy;

use std::sync::Arc;

use aws_sdk_cloudfront::Client;
use ohinfra_aws_core::Regional;
use ohinfra_core::ProviderError;
use ohinfra_core::error::ErrorKind;

/// CloudFront clients.
pub(crate) type Clients = Arc<Regional<Client>>;

/// Returns the error of a request that the SDK rejects.
pub(crate) fn wrong(operation: &str, error: impl std::fmt::Display) -> ProviderError {
    ProviderError::new(ErrorKind::Invalid, operation, error.to_string())
}

/// Returns the number of items, which CloudFront expects beside each list.
fn count<T>(list: &[T]) -> i32 {
    i32::try_from(list.len()).unwrap_or(i32::MAX)
}
