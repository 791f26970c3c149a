//! Lambda kinds.

pub mod archive;
mod code;
pub mod function;
pub mod permission;
mod settings;
pub mod version;

use std::sync::Arc;

use aws_sdk_lambda::Client;
use ohinfra_aws_core::Regional;

/// Lambda clients.
pub(crate) type Clients = Arc<Regional<Client>>;
