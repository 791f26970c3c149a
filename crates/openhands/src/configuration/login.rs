//! `[auth]`: who may log in, and with what. Passwords of the pool's own, a company's SAML or OpenID Connect login, or both.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Values;
use super::forms::is_secret_name;
use super::tree::Node;

/// What a SAML provider usually calls the email address.
const SAML_EMAIL: &str = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress";

/// Attributes of a user that can be mapped: the standard ones of a user pool, except `username`, which Cognito makes of the
/// provider's own id of the user.
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

/// Names that Cognito keeps for itself and for the social providers.
const RESERVED: &[&str] = &["cognito", "facebook", "google", "loginwithamazon", "signinwithapple"];

/// Issuers that let everybody in, not only the people of one company.
const OPEN_ISSUERS: &[&str] = &[
    "https://accounts.google.com",
    "https://login.microsoftonline.com/common",
    "https://login.microsoftonline.com/organizations",
    "https://login.microsoftonline.com/consumers",
    "https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad",
];

/// Who may log in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Login {
    /// Whether users may log in with an email address and a password.
    pub local: bool,
    /// The company's SAML provider.
    pub saml: Option<Saml>,
    /// The company's OpenID Connect provider.
    pub oidc: Option<Oidc>,
}

/// `[auth.saml]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Saml {
    /// Shown on the button of the login page.
    pub name: String,
    /// Where the metadata are.
    pub metadata: SamlMetadata,
    /// Whether a logout logs out of the provider, too.
    pub sign_out: bool,
    /// Attributes of users, and what the provider calls each.
    pub attributes: BTreeMap<String, String>,
}

/// Where the metadata of a SAML provider are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SamlMetadata {
    /// The provider publishes them here.
    Url(String),
    /// They are in a file, relative to the configuration file; whoever reads files replaces this by [`Self::Text`].
    File(String),
    /// The metadata themselves.
    Text(String),
}

/// `[auth.oidc]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Oidc {
    /// Shown on the button of the login page.
    pub name: String,
    /// The provider.
    pub issuer: String,
    /// The id that the provider has given to this deployment.
    pub client_id: String,
    /// The name of the secret that holds the client's secret.
    pub client_secret_name: String,
    /// What is asked for.
    pub scopes: Vec<String>,
    /// Attributes of users, and what the provider calls each.
    pub attributes: BTreeMap<String, String>,
}

/// A name that Cognito takes for an identity provider, and that a button can show.
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

/// Whether a text can be the metadata of a SAML provider. Cognito checks all of it.
pub fn is_saml_metadata(text: &str) -> bool {
    text.trim_start_matches('\u{feff}').trim_start().starts_with('<') && text.contains("EntityDescriptor")
}

impl Values {
    /// `[auth]`, with every problem of it.
    pub(super) fn login(&mut self, tree: &Node) -> Login {
        let has = |name: &str| tree.table("auth").and_then(|auth| auth.table(name)).is_some();
        let (has_saml, has_oidc) = (has("saml"), has("oidc"));
        let local = self.flag("auth.local_login");
        if !local && !has_saml && !has_oidc {
            let message = "`auth.local_login` is false, and there is no other login".to_owned();
            self.refuse("auth.local_login", message, "configure [auth.saml] or [auth.oidc], or nobody can log in");
        }
        let saml = if has_saml { self.saml() } else { None };
        let oidc = has_oidc.then(|| self.oidc());
        if let (Some(saml), Some(oidc)) = (&saml, &oidc)
            && saml.name.eq_ignore_ascii_case(&oidc.name)
        {
            let message = format!("two logins have the name `{}`", oidc.name);
            self.refuse("auth.oidc.name", message, "give [auth.saml] and [auth.oidc] different names");
        }
        Login { local, saml, oidc }
    }

    fn provider_name(&mut self, path: &str) -> String {
        let help = "what the button of the login page says, for example `name = \"Example-SSO\"`";
        let name = self.require(path, help);
        self.form(
            path,
            "a name that Cognito takes for an identity provider",
            "3 to 32 letters, digits, dashes and dots; not the name of a social provider",
            is_provider_name,
        );
        name
    }

    fn saml(&mut self) -> Option<Saml> {
        let name = self.provider_name("auth.saml.name");
        let [url, file] = ["auth.saml.metadata_url", "auth.saml.metadata_file"].map(|path| self.text(path));
        self.form("auth.saml.metadata_url", "an address", "for example `https://sso.example.com/metadata`", is_https);
        let metadata = match (url, file) {
            (Some(url), None) => Some(SamlMetadata::Url(url)),
            (None, Some(file)) => Some(SamlMetadata::File(file)),
            (Some(_), Some(_)) => {
                let message = "`metadata_url` and `metadata_file` are both set".to_owned();
                self.refuse("auth.saml.metadata_file", message, "keep `metadata_url`: Cognito then follows changes");
                None
            }
            (None, None) => {
                let message = "`auth.saml.metadata_url` is missing".to_owned();
                let help = "where the provider publishes its metadata; or `metadata_file` with a file of them";
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
        let help = "an https:// address without a slash at the end, as the provider's tokens name it";
        self.form("auth.oidc.issuer", "an issuer", help, is_issuer);
        if is_open(&issuer) {
            let message = format!("`{issuer}` lets everybody in who has an account there");
            self.refuse("auth.oidc.issuer", message, "use the issuer of your own organization");
        }
        let client_id = self.require("auth.oidc.client_id", "the id that the provider has given to this application");
        let help = "the name of a secret in Secrets Manager in the main region that holds the client secret";
        let client_secret_name = self.require("auth.oidc.client_secret_name", help);
        self.form("auth.oidc.client_secret_name", "a secret's name", "letters, digits and /_+=.@-", is_secret_name);
        let scopes = self.texts("auth.oidc.scopes");
        if !scopes.iter().any(|scope| scope == "openid") || scopes.iter().any(|scope| scope.contains(' ')) {
            let message = "`auth.oidc.scopes` must hold `openid`, and one scope in each text".to_owned();
            self.refuse("auth.oidc.scopes", message, "for example `scopes = [\"openid\", \"email\", \"profile\"]`");
        }
        let defaults = [("email", "email"), ("email_verified", "email_verified")];
        let mut attributes = self.attributes("auth.oidc.attributes", &defaults);
        // Cognito maps this by itself, and reports it.
        attributes.insert("username".to_owned(), "sub".to_owned());
        Oidc { name, issuer, client_id, client_secret_name, scopes, attributes }
    }

    /// The defaults, and what the user says in their place.
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
                let message = format!("there is no attribute `{name}` that could be mapped");
                self.refuse(&at, message, &format!("one of {}", ATTRIBUTES.join(", ")));
            } else if of.is_empty() {
                self.refuse(
                    &at,
                    format!("the attribute `{name}` is mapped to nothing"),
                    "leave it out, or name the provider's attribute",
                );
            }
            attributes.insert(name, of);
        }
        attributes
    }
}
