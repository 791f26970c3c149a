//! ECR kinds and docker lookups.

pub mod image;
pub mod lookups;
pub mod repository;

use std::sync::Arc;

use aws_sdk_ecr::Client;
use ohinfra_aws_core::Regional;

/// ECR clients.
pub(crate) type Clients = Arc<Regional<Client>>;
