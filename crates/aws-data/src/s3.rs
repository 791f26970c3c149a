//! Shared parts of the S3 kinds.

pub mod bucket;
pub mod bucket_policy;
mod emptying;
pub mod object;
mod settings;

use std::sync::Arc;

use aws_sdk_s3::Client;
use ohinfra_aws_core::Regional;

/// S3 clients.
pub(crate) type Clients = Arc<Regional<Client>>;
