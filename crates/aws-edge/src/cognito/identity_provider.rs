//! Implementation of `cognito.identity_provider`. Cognito reports the client secret of an OIDC provider: only its digest is kept.
//! `UpdateIdentityProvider` replaces all details, so an update starts with the live ones.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_cognitoidentityprovider::types::{IdentityProviderType, IdentityProviderTypeType};
use ohinfra_aws_core::{SecretText, Secrets, api_error, api_error_eventual, none_if_missing};
use ohinfra_core::contract::{
    Created, Deletion, Evidence, Found, Kind, Known, Live, Resolved, Subject, Update, returned,
};
use ohinfra_core::error::ErrorKind;
use ohinfra_core::secret::digest;
use ohinfra_core::tag_index::KnownTags;
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::cognito::{IdentityProvider, IdentityProviderLive};
use serde_json::Value;

use super::Clients;

/// `cognito.identity_provider`
pub struct IdentityProviderKind {
    pub(crate) clients: Clients,
    pub(crate) secrets: Secrets,
}

type Inputs = Resolved<IdentityProvider>;
type Details = HashMap<String, String>;

const CREATE: &str = "cognito-idp:CreateIdentityProvider";
const UPDATE: &str = "cognito-idp:UpdateIdentityProvider";
/// Detail: the HTTP method of attribute requests to an OIDC provider. Set on creation and left unmanaged.
const METHOD: &str = "attributes_request_method";

/// Details that the inputs set. An update keeps all others.
const OURS: &[&str] =
    &["MetadataURL", "MetadataFile", "IDPSignout", "oidc_issuer", "client_id", "client_secret", "authorize_scopes"];
/// Details that Cognito reports but does not accept.
const REPORTED: &[&str] =
    &["ActiveEncryptionCertificate", "SSORedirectBindingURI", "SLORedirectBindingURI", "attributes_url_add_attributes"];
/// Endpoints that Cognito discovers from the issuer or an operator sets. Kept until the issuer changes.
const ENDPOINTS: &[&str] = &["attributes_url", "authorize_url", "jwks_uri", "token_url"];

/// Returns the client secret: the text without surrounding white space, or `client_secret` of a JSON object.
fn client_secret(text: &SecretText, arn: &str) -> Result<SecretText, ProviderError> {
    let plain = text.expose().trim();
    if plain.starts_with('{') { text.field("client_secret", arn) } else { Ok(SecretText::new(plain.to_owned())) }
}

/// Converts the live provider. The client secret becomes a digest, keyed by the identity of the provider.
fn live_inputs(id: &str, provider: &IdentityProviderType) -> IdentityProviderLive {
    let detail = |name: &str| provider.provider_details().and_then(|details| details.get(name)).cloned();
    let is_oidc = provider.provider_type() == Some(&IdentityProviderTypeType::Oidc);
    let mut mapping: BTreeMap<String, String> =
        provider.attribute_mapping().cloned().unwrap_or_default().into_iter().collect();
    // The user name of a SAML user is always the NameID; Cognito may report it as a mapping.
    if !is_oidc {
        mapping.remove("username");
    }
    IdentityProviderLive {
        user_pool_id: provider.user_pool_id().map(str::to_owned),
        provider_name: provider.provider_name().map(str::to_owned),
        provider_type: provider.provider_type().map(|of| of.as_str().to_owned()),
        attribute_mapping: Some(mapping),
        metadata_url: detail("MetadataURL"),
        sign_out: (!is_oidc).then(|| detail("IDPSignout").is_some_and(|flag| flag.eq_ignore_ascii_case("true"))),
        issuer: detail("oidc_issuer"),
        client_id: detail("client_id"),
        client_secret: detail("client_secret").map(|secret| digest(id, &Value::from(secret))),
        scopes: detail("authorize_scopes").map(|scopes| scopes.split_whitespace().map(str::to_owned).collect()),
        ..IdentityProviderLive::default()
    }
}

impl IdentityProviderKind {
    async fn get(&self, region: &Region, id: &str) -> Result<Option<IdentityProviderType>, ProviderError> {
        let (pool, name) = ProviderError::split_identity(id, "pool:provider")?;
        let call = self.clients.in_region(region).describe_identity_provider().user_pool_id(pool).provider_name(name);
        let answer = none_if_missing(call.send().await.map_err(api_error("cognito-idp:DescribeIdentityProvider")))?;
        Ok(answer.and_then(|answer| answer.identity_provider))
    }

    /// Returns the details for a call, including the client secret.
    async fn details(&self, inputs: &Inputs) -> Result<Details, ProviderError> {
        let sign_out = inputs.sign_out.map(|flag| flag.to_string());
        let scopes = inputs.scopes.as_ref().map(|scopes| scopes.join(" "));
        let given = [
            ("MetadataURL", inputs.metadata_url.clone()),
            ("MetadataFile", inputs.metadata.clone()),
            ("IDPSignout", sign_out),
            ("oidc_issuer", inputs.issuer.clone()),
            ("client_id", inputs.client_id.clone()),
            ("authorize_scopes", scopes),
        ];
        let given = given.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        let mut details: Details = given.collect();
        if inputs.issuer.is_some() {
            details.insert(METHOD.to_owned(), "GET".to_owned());
        }
        if let Some(arn) = &inputs.client_secret_arn {
            let secret = client_secret(&self.secrets.text(arn).await?, arn)?;
            details.insert("client_secret".to_owned(), secret.expose().to_owned());
        }
        Ok(details)
    }
}

impl Kind for IdentityProviderKind {
    type Definition = IdentityProvider;

    async fn find(&self, subject: &Subject, known: &Known<IdentityProvider>) -> Result<Option<Found>, ProviderError> {
        let Some(pool) = &known.user_pool_id else { return Ok(None) };
        let id = format!("{pool}:{}", known.provider_name);
        let found = self.get(&subject.region, &id).await?.filter(|_| subject.seeks(&id));
        Ok(found.map(|found| {
            // A provider has no tags: one with this name and type in an owned pool is owned.
            let is_it = found.provider_type().is_some_and(|of| of.as_str() == known.provider_type);
            Found::new(&id, if is_it { Evidence::Ours } else { Evidence::NotOurs })
        }))
    }

    async fn read_one(&self, region: &Region, id: &str, _tags: KnownTags<'_>) -> Result<Option<Live>, ProviderError> {
        let provider = self.get(region, id).await?;
        Ok(provider.map(|provider| {
            let attributes = returned([("id", Some(id)), ("name", provider.provider_name())]);
            Live::new(&live_inputs(id, &provider), attributes)
        }))
    }

    async fn create(&self, subject: &Subject, inputs: &Inputs, _tags: &Tags) -> Result<Created, ProviderError> {
        let call =
            self.clients.in_region(&subject.region).create_identity_provider().user_pool_id(&inputs.user_pool_id);
        let call = call.provider_name(&inputs.provider_name);
        let call = call.provider_type(IdentityProviderTypeType::from(inputs.provider_type.as_str()));
        let call = call.set_provider_details(Some(self.details(inputs).await?));
        let call = call.set_attribute_mapping(Some(inputs.attribute_mapping.clone().into_iter().collect()));
        call.send().await.map_err(api_error_eventual(CREATE))?;
        let id = format!("{}:{}", inputs.user_pool_id, inputs.provider_name);
        Ok(Created::new(&id, [("id", &id), ("name", &inputs.provider_name)]))
    }

    async fn update(&self, subject: &Subject, id: &str, update: &Update<Inputs>) -> Result<(), ProviderError> {
        let (pool, name) = ProviderError::split_identity(id, "pool:provider")?;
        let Some(present) = self.get(&subject.region, id).await? else {
            return Err(ProviderError::new(ErrorKind::NotFound, UPDATE, "the identity provider no longer exists"));
        };
        let mut details = present.provider_details.unwrap_or_default();
        let is_same_issuer = details.get("oidc_issuer") == update.desired.issuer.as_ref();
        details.retain(|key, _| {
            let key = key.as_str();
            !OURS.contains(&key) && !REPORTED.contains(&key) && (is_same_issuer || !ENDPOINTS.contains(&key))
        });
        let method = details.get(METHOD).cloned();
        details.extend(self.details(&update.desired).await?);
        details.extend(method.map(|method| (METHOD.to_owned(), method)));
        let call =
            self.clients.in_region(&subject.region).update_identity_provider().user_pool_id(pool).provider_name(name);
        let call = call.set_provider_details(Some(details));
        let call = call.set_attribute_mapping(Some(update.desired.attribute_mapping.clone().into_iter().collect()));
        let call = call.set_idp_identifiers(present.idp_identifiers).set_acr_mapping(present.acr_mapping);
        call.send().await.map(|_| ()).map_err(api_error(UPDATE))
    }

    async fn delete(&self, region: &Region, id: &str, _how: Deletion) -> Result<(), ProviderError> {
        let (pool, name) = ProviderError::split_identity(id, "pool:provider")?;
        let call = self.clients.in_region(region).delete_identity_provider().user_pool_id(pool).provider_name(name);
        none_if_missing(call.send().await.map_err(api_error("cognito-idp:DeleteIdentityProvider"))).map(|_| ())
    }
}
