//! Auto Scaling's clients.

mod activities;
pub mod group;
mod refreshes;

use std::sync::Arc;

use aws_sdk_autoscaling::Client;
use ohinfra_aws_core::Regional;

/// Auto Scaling's clients.
pub(crate) type Clients = Arc<Regional<Client>>;
