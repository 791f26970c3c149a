//! Amazon Cognito user pools.

pub mod identity_provider;
pub mod managed_login_branding;
pub mod user_pool;
pub mod user_pool_client;
pub mod user_pool_domain;

pub use identity_provider::{IdentityProvider, IdentityProviderInputs, IdentityProviderLive};
pub use managed_login_branding::{Asset, ManagedLoginBranding, ManagedLoginBrandingInputs, ManagedLoginBrandingLive};
pub use user_pool::{UserPool, UserPoolInputs, UserPoolLive};
pub use user_pool_client::{UserPoolClient, UserPoolClientInputs, UserPoolClientLive};
pub use user_pool_domain::{UserPoolDomain, UserPoolDomainInputs, UserPoolDomainLive};
