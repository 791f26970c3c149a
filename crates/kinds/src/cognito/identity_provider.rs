//! External identity provider of a user pool: SAML 2.0 or OpenID Connect.

use std::collections::BTreeMap;

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::Availability;
use ohinfra_derive::Inputs;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `cognito.identity_provider`
pub struct IdentityProvider;

/// Inputs of an identity provider of a user pool: SAML 2.0 or OpenID Connect.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Inputs)]
pub struct IdentityProviderInputs<T = String> {
    /// ID of the user pool. Replaces.
    #[input(replace)]
    pub user_pool_id: T,
    /// Name of the provider: the label of its login button and the prefix of its users' names in the pool. Replaces.
    #[input(replace)]
    pub provider_name: String,
    /// Type: `SAML` or `OIDC`. Replaces.
    #[input(replace)]
    pub provider_type: String,
    /// Attribute mapping: user pool attribute to provider attribute.
    #[input(exact)]
    pub attribute_mapping: BTreeMap<String, String>,
    /// SAML: URL of the provider's metadata.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata_url: Option<String>,
    /// SAML: metadata document (XML), if the provider does not publish a URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[input(unreported = "Cognito returns the parsed metadata, not the file")]
    pub metadata: Option<String>,
    /// SAML: also signs users out of the provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sign_out: Option<bool>,
    /// OIDC: issuer URL, as in the `iss` claim of the provider's tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// OIDC: client ID that the provider assigned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// OIDC: ARN of the secret with the client secret, as text or as a JSON object with `client_secret`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[input(unreported = "the secret that the value was read from; Cognito does not record it")]
    pub client_secret_arn: Option<T>,
    /// OIDC: version of that secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[input(unreported = "the version that the value was read from; `client_secret` shows another value")]
    pub client_secret_version: Option<T>,
    /// OIDC: digest of the client secret in AWS. Reported, not configured.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[input(recorded, sensitive)]
    pub client_secret: Option<Value>,
    /// OIDC: scopes to request: `openid`, …
    #[serde(skip_serializing_if = "Option::is_none")]
    #[input(unordered)]
    pub scopes: Option<Vec<String>>,
}

impl Definition for IdentityProvider {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = IdentityProviderInputs<T>;

    fn schema() -> Schema {
        Schema::of::<IdentityProviderInputs>(
            "cognito.identity_provider",
            "A SAML or OpenID Connect identity provider of a user pool",
        )
        .attribute("id", Availability::Early)
        .attribute("name", Availability::Early)
        .untagged()
        .named_by(&["user_pool_id", "provider_name"])
    }
}
