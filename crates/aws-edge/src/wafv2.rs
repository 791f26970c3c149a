//! WAF's clients.

mod rules;
pub mod web_acl;

use std::sync::Arc;

use aws_sdk_wafv2::Client;
use ohinfra_aws_core::Regional;

/// WAF's clients.
pub(crate) type Clients = Arc<Regional<Client>>;
