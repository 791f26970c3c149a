//! Shared parts of the Route 53 kinds.

pub mod lookups;
pub mod record;

use std::sync::Arc;

use aws_sdk_route53::Client;
use ohinfra_aws_core::Regional;

/// Route 53 clients.
pub(crate) type Clients = Arc<Regional<Client>>;
