//! A company's own login, which a user pool lets in.

use std::collections::BTreeMap;

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::{Availability, RECORDED, REPLACE, SENSITIVE, UNORDERED, WRITE_ONLY};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `cognito.identity_provider`
pub struct IdentityProvider;

/// Inputs of an identity provider of a user pool: SAML 2.0 or OpenID Connect.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct IdentityProviderInputs<T = String> {
    /// The pool. Replaces.
    pub user_pool_id: T,
    /// Shown on the button of the login page, and the beginning of its users' names in the pool. Replaces.
    pub provider_name: String,
    /// `SAML` or `OIDC`. Replaces.
    pub provider_type: String,
    /// Attributes of the pool's users, and what the provider calls each.
    pub attribute_mapping: BTreeMap<String, String>,
    /// SAML: where the provider publishes its metadata.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata_url: Option<String>,
    /// SAML: the metadata themselves, where they are not published.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<String>,
    /// SAML: log out of the provider, too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sign_out: Option<bool>,
    /// OIDC: the provider, as its tokens name it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// OIDC: the id that the provider has given to this pool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// OIDC: the secret that holds the client's secret, as text or as a JSON object with `client_secret`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret_arn: Option<T>,
    /// OIDC: which version of that secret is handed over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret_version: Option<T>,
    /// OIDC: a digest of the client's secret in AWS. Never configured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<Value>,
    /// OIDC: `openid`, …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<String>>,
}

impl Definition for IdentityProvider {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = IdentityProviderInputs<T>;

    fn schema() -> Schema {
        Schema::new("cognito.identity_provider", "A SAML or OpenID Connect login of a user pool")
            .input("user_pool_id", REPLACE)
            .input("provider_name", REPLACE)
            .input("provider_type", REPLACE)
            .plain("attribute_mapping")
            .plain("metadata_url")
            .unreported("metadata", WRITE_ONLY, "Cognito returns the parsed metadata, not the file")
            .plain("sign_out")
            .plain("issuer")
            .plain("client_id")
            .unreported(
                "client_secret_arn",
                WRITE_ONLY,
                "the secret that the value was read from; Cognito does not record it",
            )
            .unreported(
                "client_secret_version",
                WRITE_ONLY,
                "the version that the value was read from; `client_secret` shows another value",
            )
            .input("client_secret", RECORDED | SENSITIVE)
            .input("scopes", UNORDERED)
            .attribute("id", Availability::Early)
            .attribute("name", Availability::Early)
            .untagged()
            .named_by(&["user_pool_id", "provider_name"])
    }
}
