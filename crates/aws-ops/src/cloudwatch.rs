//! Shared parts of the CloudWatch kinds.

pub mod alarm;
pub mod dashboard;

use std::sync::Arc;

use aws_sdk_cloudwatch::Client;
use ohinfra_aws_core::Regional;

/// CloudWatch clients.
pub(crate) type Clients = Arc<Regional<Client>>;
