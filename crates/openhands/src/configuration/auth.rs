//! `[auth]`: login methods. Passwords of the user pool, SAML or OpenID Connect single sign-on, or a combination.

use std::collections::BTreeMap;

use serde::Serialize;

use super::checks::Checks;
use super::document::{AuthDocument, OidcDocument, SamlDocument};
use super::edges::Edge;

const PROVIDER_NAME_HELP: &str = "the label of the button on the login page, for example `name = \"Example-SSO\"`";

/// The usual SAML attribute name of the email address.
const SAML_EMAIL: &str = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress";

/// Mappable user attributes: the standard attributes of a user pool, except `username`, which Cognito derives from the
/// user ID of the provider.
const ATTRIBUTES: &[&str] = &[
    "address",
    "birthdate",
    "email",
    "email_verified",
    "family_name",
    "gender",
    "given_name",
    "locale",
    "middle_name",
    "name",
    "nickname",
    "phone_number",
    "phone_number_verified",
    "picture",
    "preferred_username",
    "profile",
    "updated_at",
    "website",
    "zoneinfo",
];

/// Issuers that accept any user, not only members of one organization.
const OPEN_ISSUERS: &[&str] = &[
    "https://accounts.google.com",
    "https://login.microsoftonline.com/common",
    "https://login.microsoftonline.com/organizations",
    "https://login.microsoftonline.com/consumers",
    "https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad",
];

/// The login, `[auth]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Auth {
    /// The domains allowed as login redirect targets.
    pub callback_domains: Vec<String>,
    /// The suffix of the Cognito domain prefix.
    pub domain_prefix_suffix: String,
    /// `true` to allow login with an email address and a password.
    pub local_login: bool,
    /// The SAML provider, if configured.
    pub saml: Option<Saml>,
    /// The OpenID Connect provider, if configured.
    pub oidc: Option<Oidc>,
}

/// The SAML provider, `[auth.saml]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Saml {
    /// The provider name, the label of the button on the login page.
    pub name: String,
    /// The source of the SAML metadata.
    pub metadata: SamlMetadata,
    /// `true` to also log out of the provider (single logout).
    pub sign_out: bool,
    /// SAML attribute names by user attribute.
    pub attributes: BTreeMap<String, String>,
}

/// The source of the metadata of a SAML provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SamlMetadata {
    /// A URL published by the provider.
    Url(String),
    /// A file, relative to the configuration file. The caller that reads files replaces it with [`Self::Text`].
    File(String),
    /// The metadata document.
    Text(String),
}

/// The OpenID Connect provider, `[auth.oidc]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Oidc {
    /// The provider name, the label of the button on the login page.
    pub name: String,
    /// The issuer URL.
    pub issuer: String,
    /// The client ID of this deployment at the provider.
    pub client_id: String,
    /// The name of the Secrets Manager secret that contains the client secret.
    pub client_secret_name: String,
    /// The requested scopes.
    pub scopes: Vec<String>,
    /// Claim names by user attribute.
    pub attributes: BTreeMap<String, String>,
}

fn is_open(issuer: &str) -> bool {
    let issuer = issuer.strip_suffix("/v2.0").unwrap_or(issuer);
    OPEN_ISSUERS.contains(&issuer)
}

/// Returns `true` if a string looks like SAML metadata. Cognito validates the whole document.
pub fn is_saml_metadata(text: &str) -> bool {
    text.trim_start_matches('\u{feff}').trim_start().starts_with('<') && text.contains("EntityDescriptor")
}

/// Maximum number of login redirect targets: the quota of callback URLs of a Cognito client.
const MAX_CALLBACK_DOMAINS: usize = 100;

/// Validates `[auth]`.
pub(super) fn auth(checks: &mut Checks, document: AuthDocument, edges: &[Edge]) -> Option<Auth> {
    let AuthDocument { callback_domains, domain_prefix_suffix, local_login, saml, oidc } = document;
    if !local_login && saml.is_none() && oidc.is_none() {
        let message = "`auth.local_login` is `false` and no other login method is configured".to_owned();
        checks.refuse("auth.local_login", message, "configure [auth.saml] or [auth.oidc], or enable local login");
    }
    if let (Some(saml), Some(oidc)) = (&saml, &oidc)
        && let (Some(one), Some(other)) = (&saml.name, &oidc.name)
        && one.eq_ignore_ascii_case(other)
    {
        let message = format!("[auth.saml] and [auth.oidc] have the same name, `{other}`");
        checks.refuse("auth.oidc.name", message, "choose different names");
    }
    if callback_domains.len() > MAX_CALLBACK_DOMAINS {
        let message = format!("`auth.callback_domains` has {} domains", callback_domains.len());
        checks.refuse("auth.callback_domains", message, &format!("at most {MAX_CALLBACK_DOMAINS}"));
    }
    let callback_domains = match callback_domains {
        listed if listed.is_empty() => edges.iter().map(Edge::full_domain).collect(),
        listed => listed,
    };
    // All problems of one provider are reported even if the other is invalid.
    let (has_saml, has_oidc) = (saml.is_some(), oidc.is_some());
    let saml = saml.and_then(|document| saml_provider(checks, document));
    let oidc = oidc.and_then(|document| oidc_provider(checks, document));
    let is_complete = saml.is_some() == has_saml && oidc.is_some() == has_oidc;
    is_complete.then_some(Auth { callback_domains, domain_prefix_suffix, local_login, saml, oidc })
}

fn saml_provider(checks: &mut Checks, document: SamlDocument) -> Option<Saml> {
    let SamlDocument { name, metadata_url, metadata_file, sign_out, attributes: given } = document;
    let name = checks.require("auth.saml.name", name, PROVIDER_NAME_HELP);
    let metadata = match (metadata_url, metadata_file) {
        (Some(url), None) => Some(SamlMetadata::Url(url)),
        (None, Some(file)) => Some(SamlMetadata::File(file)),
        (Some(_), Some(_)) => {
            let message = "`metadata_url` and `metadata_file` are both set".to_owned();
            let help = "keep `metadata_url`: Cognito then refreshes the metadata";
            checks.refuse("auth.saml.metadata_file", message, help);
            None
        }
        (None, None) => {
            let help = "set it to the metadata URL of the provider, or set `metadata_file` to a metadata file";
            checks.require("auth.saml.metadata_url", None, help)
        }
    };
    let attributes = attributes(checks, "auth.saml.attributes", &[("email", SAML_EMAIL)], given);
    Some(Saml { name: name?, metadata: metadata?, sign_out, attributes })
}

fn oidc_provider(checks: &mut Checks, document: OidcDocument) -> Option<Oidc> {
    let OidcDocument { name, issuer, client_id, client_secret_name, scopes, attributes: given } = document;
    let name = checks.require("auth.oidc.name", name, PROVIDER_NAME_HELP);
    let issuer = checks.require("auth.oidc.issuer", issuer, "for example `issuer = \"https://sso.example.com\"`");
    if let Some(issuer) = issuer.as_ref().filter(|issuer| is_open(issuer)) {
        let message = format!("`{issuer}` accepts every account of the provider, not only those of one organization");
        checks.refuse("auth.oidc.issuer", message, "use the issuer of your own organization");
    }
    let help = "the client ID of this application at the provider";
    let client_id = checks.require("auth.oidc.client_id", client_id, help);
    let help = "the name of the Secrets Manager secret, in the main region, that contains the client secret";
    let client_secret_name = checks.require("auth.oidc.client_secret_name", client_secret_name, help);
    if !scopes.iter().any(|scope| scope == "openid") || scopes.iter().any(|scope| scope.contains(' ')) {
        let message = "`auth.oidc.scopes` must include `openid`, with one scope per list item".to_owned();
        checks.refuse("auth.oidc.scopes", message, "for example `scopes = [\"openid\", \"email\", \"profile\"]`");
    }
    let defaults = [("email", "email"), ("email_verified", "email_verified")];
    let mut attributes = attributes(checks, "auth.oidc.attributes", &defaults, given);
    // Cognito adds this mapping and returns it in reads.
    attributes.insert("username".to_owned(), "sub".to_owned());
    let (name, client_secret_name) = (name?, client_secret_name?);
    Some(Oidc { name, issuer: issuer?, client_id: client_id?, client_secret_name, scopes, attributes })
}

/// Merges the default attribute mapping with the given one.
fn attributes(
    checks: &mut Checks,
    path: &str,
    defaults: &[(&str, &str)],
    given: BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let own = |(name, of): &(&str, &str)| ((*name).to_owned(), (*of).to_owned());
    let mut attributes: BTreeMap<String, String> = defaults.iter().map(own).collect();
    for (name, of) in &given {
        let at = format!("{path}.{name}");
        if !ATTRIBUTES.contains(&name.as_str()) {
            let message = format!("`{name}` is not a mappable user attribute");
            checks.refuse(&at, message, &format!("one of {}", ATTRIBUTES.join(", ")));
        } else if of.is_empty() {
            let message = format!("the mapping of the attribute `{name}` is empty");
            checks.refuse(&at, message, "remove it, or set it to the attribute name of the provider");
        }
    }
    attributes.extend(given);
    attributes
}
