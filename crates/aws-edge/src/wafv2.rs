//! Shared parts of the AWS WAF kinds.

mod rules;
pub mod web_acl;

use std::sync::Arc;

use aws_sdk_wafv2::Client;
use ohinfra_aws_core::Regional;

/// AWS WAF clients.
pub(crate) type Clients = Arc<Regional<Client>>;
