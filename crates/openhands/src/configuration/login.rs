//! `[auth]`: login methods. Passwords of the user pool, SAML or OpenID Connect single sign-on, or a combination.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Values;
use super::tree::Node;
use super::validators::is_secret_name;

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

/// Provider names reserved by Cognito, for itself and for social providers.
const RESERVED: &[&str] = &["cognito", "facebook", "google", "loginwithamazon", "signinwithapple"];

/// Issuers that accept any user, not only members of one organization.
const OPEN_ISSUERS: &[&str] = &[
    "https://accounts.google.com",
    "https://login.microsoftonline.com/common",
    "https://login.microsoftonline.com/organizations",
    "https://login.microsoftonline.com/consumers",
    "https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad",
];

/// The login methods.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Login {
    /// `true` to allow login with an email address and a password.
    pub local: bool,
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

/// Returns `true` for a valid Cognito identity provider name that is suitable as a button label.
fn is_provider_name(text: &str) -> bool {
    (3..=32).contains(&text.len())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "-.".contains(c))
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.ends_with(|c: char| c.is_ascii_alphanumeric())
        && !RESERVED.contains(&text.to_ascii_lowercase().as_str())
}

fn is_https(text: &str) -> bool {
    text.strip_prefix("https://").is_some_and(|rest| {
        let host = rest.split('/').next().unwrap_or_default();
        !host.is_empty() && host.contains('.') && text.chars().all(|c| c.is_ascii_graphic()) && text.len() <= 1024
    })
}

fn is_issuer(text: &str) -> bool {
    is_https(text) && !text.ends_with('/') && !text.contains(['?', '#'])
}

fn is_open(issuer: &str) -> bool {
    let issuer = issuer.strip_suffix("/v2.0").unwrap_or(issuer);
    OPEN_ISSUERS.contains(&issuer)
}

/// Returns `true` if a string looks like SAML metadata. Cognito validates the whole document.
pub fn is_saml_metadata(text: &str) -> bool {
    text.trim_start_matches('\u{feff}').trim_start().starts_with('<') && text.contains("EntityDescriptor")
}

impl Values {
    /// Reads `[auth]` and reports all its problems.
    pub(super) fn login(&mut self, tree: &Node) -> Login {
        let has = |name: &str| tree.table("auth").and_then(|auth| auth.table(name)).is_some();
        let (has_saml, has_oidc) = (has("saml"), has("oidc"));
        let local = self.flag("auth.local_login");
        if !local && !has_saml && !has_oidc {
            let message = "`auth.local_login` is `false` and no other login method is configured".to_owned();
            self.refuse("auth.local_login", message, "configure [auth.saml] or [auth.oidc], or enable local login");
        }
        let saml = if has_saml { self.saml() } else { None };
        let oidc = has_oidc.then(|| self.oidc());
        if let (Some(saml), Some(oidc)) = (&saml, &oidc)
            && saml.name.eq_ignore_ascii_case(&oidc.name)
        {
            let message = format!("[auth.saml] and [auth.oidc] have the same name, `{}`", oidc.name);
            self.refuse("auth.oidc.name", message, "choose different names");
        }
        Login { local, saml, oidc }
    }

    fn provider_name(&mut self, path: &str) -> String {
        let help = "the label of the button on the login page, for example `name = \"Example-SSO\"`";
        let name = self.require(path, help);
        self.form(
            path,
            "a valid identity provider name",
            "3 to 32 letters, digits, hyphens and dots; not the name of a social provider",
            is_provider_name,
        );
        name
    }

    fn saml(&mut self) -> Option<Saml> {
        let name = self.provider_name("auth.saml.name");
        let [url, file] = ["auth.saml.metadata_url", "auth.saml.metadata_file"].map(|path| self.text(path));
        self.form("auth.saml.metadata_url", "an HTTPS URL", "for example `https://sso.example.com/metadata`", is_https);
        let metadata = match (url, file) {
            (Some(url), None) => Some(SamlMetadata::Url(url)),
            (None, Some(file)) => Some(SamlMetadata::File(file)),
            (Some(_), Some(_)) => {
                let message = "`metadata_url` and `metadata_file` are both set".to_owned();
                self.refuse(
                    "auth.saml.metadata_file",
                    message,
                    "keep `metadata_url`: Cognito then refreshes the metadata",
                );
                None
            }
            (None, None) => {
                let message = "`auth.saml.metadata_url` is missing".to_owned();
                let help = "set it to the metadata URL of the provider, or set `metadata_file` to a metadata file";
                self.refuse("auth.saml.metadata_url", message, help);
                None
            }
        };
        let attributes = self.attributes("auth.saml.attributes", &[("email", SAML_EMAIL)]);
        Some(Saml { name, metadata: metadata?, sign_out: self.flag("auth.saml.sign_out"), attributes })
    }

    fn oidc(&mut self) -> Oidc {
        let name = self.provider_name("auth.oidc.name");
        let issuer = self.require("auth.oidc.issuer", "for example `issuer = \"https://sso.example.com\"`");
        let help = "an https:// URL without a trailing slash, equal to the `iss` claim of the provider's tokens";
        self.form("auth.oidc.issuer", "a valid issuer", help, is_issuer);
        if is_open(&issuer) {
            let message =
                format!("`{issuer}` accepts every account of the provider, not only those of one organization");
            self.refuse("auth.oidc.issuer", message, "use the issuer of your own organization");
        }
        let client_id = self.require("auth.oidc.client_id", "the client ID of this application at the provider");
        let help = "the name of the Secrets Manager secret, in the main region, that contains the client secret";
        let client_secret_name = self.require("auth.oidc.client_secret_name", help);
        self.form("auth.oidc.client_secret_name", "a valid secret name", "letters, digits and /_+=.@-", is_secret_name);
        let scopes = self.texts("auth.oidc.scopes");
        if !scopes.iter().any(|scope| scope == "openid") || scopes.iter().any(|scope| scope.contains(' ')) {
            let message = "`auth.oidc.scopes` must include `openid`, with one scope per list item".to_owned();
            self.refuse("auth.oidc.scopes", message, "for example `scopes = [\"openid\", \"email\", \"profile\"]`");
        }
        let defaults = [("email", "email"), ("email_verified", "email_verified")];
        let mut attributes = self.attributes("auth.oidc.attributes", &defaults);
        // Cognito adds this mapping and returns it in reads.
        attributes.insert("username".to_owned(), "sub".to_owned());
        Oidc { name, issuer, client_id, client_secret_name, scopes, attributes }
    }

    /// Merges the default attribute mapping with the configured one.
    fn attributes(&mut self, path: &str, defaults: &[(&str, &str)]) -> BTreeMap<String, String> {
        let own = |(name, of): &(&str, &str)| ((*name).to_owned(), (*of).to_owned());
        let mut attributes: BTreeMap<String, String> = defaults.iter().map(own).collect();
        let prefix = format!("{path}.");
        let given: Vec<(String, String)> = self
            .leaves
            .range(prefix.clone()..)
            .take_while(|(path, _)| path.starts_with(&prefix))
            .filter_map(|(path, (value, _))| Some((path.strip_prefix(&prefix)?.to_owned(), value.as_str()?.to_owned())))
            .collect();
        for (name, of) in given {
            let at = format!("{prefix}{name}");
            if !ATTRIBUTES.contains(&name.as_str()) {
                let message = format!("`{name}` is not a mappable user attribute");
                self.refuse(&at, message, &format!("one of {}", ATTRIBUTES.join(", ")));
            } else if of.is_empty() {
                self.refuse(
                    &at,
                    format!("the mapping of the attribute `{name}` is empty"),
                    "remove it, or set it to the attribute name of the provider",
                );
            }
            attributes.insert(name, of);
        }
        attributes
    }
}
