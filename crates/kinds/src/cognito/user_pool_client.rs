//! App client of a user pool.

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::Availability;
use ohinfra_derive::Inputs;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `cognito.user_pool_client`
pub struct UserPoolClient;

/// Inputs of an app client of a user pool.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Inputs)]
pub struct UserPoolClientInputs<T = String> {
    /// ID of the user pool. Replaces.
    #[input(replace)]
    pub user_pool_id: T,
    /// Name of the client. Shown to administrators; not unique.
    pub client_name: String,
    /// Generates a client secret. Replaces.
    #[input(replace)]
    pub generate_secret: bool,
    /// Allowed redirect URLs after sign-in.
    #[input(unordered, overlap)]
    pub callback_urls: Vec<String>,
    /// Allowed redirect URLs after sign-out.
    #[input(unordered, overlap)]
    pub logout_urls: Vec<String>,
    /// Enables the OAuth 2.0 flows.
    pub oauth_enabled: bool,
    /// OAuth 2.0 grant types: `code`, …
    #[input(unordered)]
    pub oauth_flows: Vec<String>,
    /// OAuth 2.0 scopes: `openid`, …
    #[input(unordered)]
    pub oauth_scopes: Vec<String>,
    /// Authentication flows: `ALLOW_USER_SRP_AUTH`, …
    #[input(unordered)]
    pub explicit_flows: Vec<String>,
    /// Identity providers: `COGNITO` and names of the pool's providers.
    #[input(unordered)]
    pub identity_providers: Vec<T>,
    /// Reports an unknown user as a wrong password.
    pub prevent_user_existence_errors: bool,
    /// Lifetime of access tokens in minutes.
    pub access_token_minutes: i32,
    /// Lifetime of ID tokens in minutes.
    pub id_token_minutes: i32,
    /// Lifetime of refresh tokens in minutes.
    pub refresh_token_minutes: i32,
    /// Enables token revocation.
    pub token_revocation: bool,
}

impl Definition for UserPoolClient {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = UserPoolClientInputs<T>;

    fn schema() -> Schema {
        Schema::of::<UserPoolClientInputs>("cognito.user_pool_client", "An app client of a user pool")
            .attribute("id", Availability::Early)
            .attribute("client_id", Availability::Early)
            .untagged()
    }
}
