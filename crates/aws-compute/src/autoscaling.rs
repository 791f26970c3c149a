//! Auto Scaling kinds.

mod activities;
pub mod group;
mod refreshes;

use std::sync::Arc;

use aws_sdk_autoscaling::Client;
use ohinfra_aws_core::Regional;

/// Auto Scaling clients.
pub(crate) type Clients = Arc<Regional<Client>>;
