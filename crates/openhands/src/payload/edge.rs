//! The two functions at CloudFront's edge.

use serde::{Deserialize, Serialize};

use super::archive::{archive, with_settings};
use super::template::{PayloadError, render};

/// AWS's limit for the code of a function at the edge of viewers, zipped, in bytes.
pub const LARGEST_EDGE_ZIP: usize = 1024 * 1024;

/// What the viewer-request function is made with: Lambda@Edge has no environment variables.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViewerRequest {
    /// Cognito's user pool.
    pub user_pool_id: String,
    /// Its client.
    pub client_id: String,
    /// The client's secret. The only secret in a payload: it is in the function's code, which only who may read functions sees.
    pub client_secret: String,
    /// Who issues tokens.
    pub issuer: String,
    /// Where the keys are that sign them.
    pub key_set_url: String,
    /// Where users log in.
    pub login_url: String,
    /// Where codes and refresh tokens are exchanged for tokens.
    pub token_url: String,
    /// Where a session ends.
    pub logout_url: String,
    /// The name that users open.
    pub full_domain: String,
    /// Every domain that the client lets users come back to.
    pub callback_domains: Vec<String>,
    /// `owner` or `public`.
    pub runtime_access: String,
}

impl ViewerRequest {
    /// The settings for a pool `<region>_…` with its domain `<prefix>.auth.<region>.amazoncognito.com`.
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

    /// The function's files.
    pub fn files(&self) -> Result<Vec<(&'static str, String)>, PayloadError> {
        Ok(with_settings(("settings.mjs", settings("viewer-request/settings.mjs", self)?), VIEWER_REQUEST))
    }

    /// The function's code, zipped; its handler is `index.handler`.
    pub fn zip(&self) -> Result<Vec<u8>, PayloadError> {
        zip("viewer-request.zip", &self.files()?)
    }
}

/// What the origin-response function is made with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OriginResponse {
    /// The name that users open.
    pub full_domain: String,
}

impl OriginResponse {
    /// The function's files.
    pub fn files(&self) -> Result<Vec<(&'static str, String)>, PayloadError> {
        Ok(with_settings(("settings.mjs", settings("origin-response/settings.mjs", self)?), ORIGIN_RESPONSE))
    }

    /// The function's code, zipped; its handler is `index.handler`.
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
    /// The settings as one value of the template.
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
