//! The two Lambda@Edge functions.

use serde::{Deserialize, Serialize};

use super::archive::{archive, with_settings};
use super::template::{PayloadError, render};

/// The AWS limit for the zipped code of a Lambda@Edge function with a viewer trigger, in bytes.
pub const LARGEST_EDGE_ZIP: usize = 1024 * 1024;

/// Settings of the viewer-request function. They are part of the code, because Lambda@Edge does not support environment variables.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViewerRequest {
    /// The ID of the Cognito user pool.
    pub user_pool_id: String,
    /// The ID of the user pool client.
    pub client_id: String,
    /// The client secret, the only secret in a payload. It is in the function code, protected by IAM permissions.
    pub client_secret: String,
    /// The token issuer.
    pub issuer: String,
    /// The URL of the token signing keys (JWKS).
    pub key_set_url: String,
    /// The authorization endpoint.
    pub login_url: String,
    /// The token endpoint, for authorization codes and refresh tokens.
    pub token_url: String,
    /// The logout endpoint.
    pub logout_url: String,
    /// The host name that users open.
    pub full_domain: String,
    /// The allowed login redirect domains of the client.
    pub callback_domains: Vec<String>,
    /// Access to apps started by agents: `owner` or `public`.
    pub runtime_access: String,
}

impl ViewerRequest {
    /// Returns the settings for a user pool, `<region>_…`, with the domain `<prefix>.auth.<region>.amazoncognito.com`.
    pub fn of_pool(
        user_pool_id: &str,
        pool_domain: &str,
        client: (&str, &str),
        full_domain: &str,
        callback_domains: &[String],
        runtime_access: &str,
    ) -> Self {
        let region = user_pool_id.split('_').next().unwrap_or_default();
        let issuer = format!("https://cognito-idp.{region}.amazonaws.com/{user_pool_id}");
        Self {
            user_pool_id: user_pool_id.to_owned(),
            client_id: client.0.to_owned(),
            client_secret: client.1.to_owned(),
            key_set_url: format!("{issuer}/.well-known/jwks.json"),
            issuer,
            login_url: format!("https://{pool_domain}/oauth2/authorize"),
            token_url: format!("https://{pool_domain}/oauth2/token"),
            logout_url: format!("https://{pool_domain}/logout"),
            full_domain: full_domain.to_owned(),
            callback_domains: callback_domains.to_vec(),
            runtime_access: runtime_access.to_owned(),
        }
    }

    /// Returns the files of the function.
    pub fn files(&self) -> Result<Vec<(&'static str, String)>, PayloadError> {
        Ok(with_settings(("settings.mjs", settings("viewer-request/settings.mjs", self)?), VIEWER_REQUEST))
    }

    /// Returns the zipped code; the handler is `index.handler`.
    pub fn zip(&self) -> Result<Vec<u8>, PayloadError> {
        zip("viewer-request.zip", &self.files()?)
    }
}

/// Settings of the origin-response function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OriginResponse {
    /// The host name that users open.
    pub full_domain: String,
}

impl OriginResponse {
    /// Returns the files of the function.
    pub fn files(&self) -> Result<Vec<(&'static str, String)>, PayloadError> {
        Ok(with_settings(("settings.mjs", settings("origin-response/settings.mjs", self)?), ORIGIN_RESPONSE))
    }

    /// Returns the zipped code; the handler is `index.handler`.
    pub fn zip(&self) -> Result<Vec<u8>, PayloadError> {
        zip("origin-response.zip", &self.files()?)
    }
}

const VIEWER_REQUEST: &[(&str, &str)] = &[
    ("answers.mjs", include_str!("../../payload/edge/viewer-request/answers.mjs")),
    ("cognito.mjs", include_str!("../../payload/edge/viewer-request/cognito.mjs")),
    ("cookies.mjs", include_str!("../../payload/edge/viewer-request/cookies.mjs")),
    ("handler.mjs", include_str!("../../payload/edge/viewer-request/handler.mjs")),
    ("index.mjs", include_str!("../../payload/edge/viewer-request/index.mjs")),
    ("login.mjs", include_str!("../../payload/edge/viewer-request/login.mjs")),
    ("requests.mjs", include_str!("../../payload/edge/viewer-request/requests.mjs")),
    ("tokens.mjs", include_str!("../../payload/edge/viewer-request/tokens.mjs")),
];

const ORIGIN_RESPONSE: &[(&str, &str)] = &[
    ("handler.mjs", include_str!("../../payload/edge/origin-response/handler.mjs")),
    ("index.mjs", include_str!("../../payload/edge/origin-response/index.mjs")),
];

fn settings(name: &str, values: &impl Serialize) -> Result<String, PayloadError> {
    /// The settings as a single template value.
    #[derive(Serialize)]
    struct Wrapped<'a, T> {
        settings: &'a T,
    }
    render(name, include_str!("../../payload/edge/settings.mjs.tmpl"), &Wrapped { settings: values })
}

fn zip(name: &str, files: &[(&'static str, String)]) -> Result<Vec<u8>, PayloadError> {
    let bytes = archive(files)?;
    if bytes.len() > LARGEST_EDGE_ZIP {
        return Err(PayloadError::TooLarge { name: name.to_owned(), bytes: bytes.len(), limit: LARGEST_EDGE_ZIP });
    }
    Ok(bytes)
}
