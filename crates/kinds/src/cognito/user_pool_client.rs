//! What an application logs users in with.

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::{Availability, OVERLAP, REPLACE, UNORDERED};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `cognito.user_pool_client`
pub struct UserPoolClient;

/// Inputs of a client of a user pool.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UserPoolClientInputs<T = String> {
    /// The pool.
    pub user_pool_id: T,
    /// Shown to administrators; not unique.
    pub client_name: String,
    /// Whether it has a secret. Replaces.
    pub generate_secret: bool,
    /// Where users may come back to.
    pub callback_urls: Vec<String>,
    /// Where they may go after logging out.
    pub logout_urls: Vec<String>,
    /// Whether it may use OAuth 2.0.
    pub oauth_enabled: bool,
    /// `code`, …
    pub oauth_flows: Vec<String>,
    /// `openid`, …
    pub oauth_scopes: Vec<String>,
    /// How users may prove who they are.
    pub explicit_flows: Vec<String>,
    /// `COGNITO`, and the names of the pool's identity providers.
    pub identity_providers: Vec<T>,
    /// Whether an unknown user looks like a wrong password.
    pub prevent_user_existence_errors: bool,
    /// How long an access token is good.
    pub access_token_minutes: i32,
    /// How long an ID token is good.
    pub id_token_minutes: i32,
    /// How long a refresh token is good.
    pub refresh_token_minutes: i32,
    /// Whether tokens can be revoked.
    pub token_revocation: bool,
}

impl Definition for UserPoolClient {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = UserPoolClientInputs<T>;

    fn schema() -> Schema {
        Schema::new("cognito.user_pool_client", "A client of a user pool")
            .input("user_pool_id", REPLACE)
            .plain("client_name")
            .input("generate_secret", REPLACE)
            .input("callback_urls", UNORDERED | OVERLAP)
            .input("logout_urls", UNORDERED | OVERLAP)
            .plain("oauth_enabled")
            .input("oauth_flows", UNORDERED)
            .input("oauth_scopes", UNORDERED)
            .input("explicit_flows", UNORDERED)
            .input("identity_providers", UNORDERED)
            .plain("prevent_user_existence_errors")
            .plain("access_token_minutes")
            .plain("id_token_minutes")
            .plain("refresh_token_minutes")
            .plain("token_revocation")
            .attribute("id", Availability::Early)
            .attribute("client_id", Availability::Early)
            .untagged()
    }
}
