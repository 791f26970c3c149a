//! Shared parts of the Cognito kinds.

pub mod identity_provider;
pub mod managed_login_branding;
pub mod user_pool;
pub mod user_pool_client;
pub mod user_pool_domain;
pub mod users;

use std::sync::Arc;

use aws_sdk_cognitoidentityprovider::Client;
use ohinfra_aws_core::Regional;

/// Cognito clients.
pub(crate) type Clients = Arc<Regional<Client>>;
