//! Rendering of the payload by package name, for the resource kinds that deliver it, from string parameters to bytes.

use std::collections::BTreeMap;

use ohinfra_core::Text;
use ohinfra_core::package::Packages;
use ohinfra_core::secret::sha256_hex;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::boot::Boot;
use super::database::{Bootstrap, verifier};
use super::edge::{OriginResponse, ViewerRequest};
use super::images::Image;
use super::overlay::mcp_servers;
use super::template::{PayloadError, with_names};
use super::user_config::UserConfig;

/// The Lambda@Edge function for viewer requests.
pub const VIEWER_REQUEST: &str = "viewer-request";
/// The Lambda@Edge function for origin responses.
pub const ORIGIN_RESPONSE: &str = "origin-response";
/// The bundle that an instance downloads at boot.
pub const BOOT_BUNDLE: &str = "boot-bundle";
/// The Lambda function that serves `/api/v1/user-config`.
pub const USER_CONFIG: &str = "user-config";
/// The SQL that bootstraps the database, as a list of transactions.
pub const DATABASE_BOOTSTRAP: &str = "database-bootstrap";
/// The build context of the OpenHands image.
pub const OPENHANDS_IMAGE: &str = "image-openhands";
/// The build context of the agent server image.
pub const AGENT_SERVER_IMAGE: &str = "image-agent-server";

/// The packages of OpenHands.
pub struct OpenHandsPackages;

type Parameters = BTreeMap<String, String>;

fn parameter<'a>(parameters: &'a Parameters, name: &str) -> Result<&'a str, String> {
    parameters.get(name).map(String::as_str).ok_or_else(|| format!("the parameter `{name}` is missing"))
}

/// Parses a JSON parameter. Errors do not quote its value, which may be secret.
fn parsed<T: DeserializeOwned>(parameters: &Parameters, name: &str) -> Result<T, String> {
    serde_json::from_str(parameter(parameters, name)?).map_err(|_| format!("the parameter `{name}` is invalid"))
}

impl Packages for OpenHandsPackages {
    fn render(&self, package: &str, parameters: &Parameters) -> Result<Vec<u8>, String> {
        let text = |name: &str| parameter(parameters, name);
        let rendered = match package {
            VIEWER_REQUEST => ViewerRequest::of_pool(
                text("user_pool_id")?,
                text("pool_domain")?,
                (text("client_id")?, text("client_secret")?),
                text("full_domain")?,
                &[text("full_domain")?.to_owned()],
                text("runtime_access")?,
            )
            .zip(),
            ORIGIN_RESPONSE => OriginResponse { full_domain: text("full_domain")?.to_owned() }.zip(),
            BOOT_BUNDLE => parsed::<Boot>(parameters, "boot")?.bundle(),
            USER_CONFIG => mcp_servers().and_then(|servers| UserConfig { servers }.zip()),
            OPENHANDS_IMAGE => Image::OpenHands.context(&parsed(parameters, "bases")?),
            AGENT_SERVER_IMAGE => Image::AgentServer.context(&parsed(parameters, "bases")?),
            DATABASE_BOOTSTRAP => {
                let proxy_role = text("username")?.to_owned();
                let bootstrap =
                    Bootstrap { database: text("database")?.to_owned(), proxy_role, ..Bootstrap::default() };
                let transactions = bootstrap.transactions(&verifier(text("password")?));
                transactions.map(|transactions| json!(transactions).to_string().into_bytes())
            }
            other => return Err(format!("unknown package `{other}`")),
        };
        rendered.map_err(|error| error.to_string())
    }
}

/// Returns the digest of a package in which references are written by name. It changes with the files of the package, and with
/// the parameters as far as they are known before the apply.
///
/// # Errors
/// Fails if the package cannot be rendered.
pub fn digest(package: &str, parameters: &BTreeMap<String, Text>) -> Result<String, PayloadError> {
    // A verifier has a random salt, so the digest covers only the other statements.
    if package == DATABASE_BOOTSTRAP {
        let transactions = Bootstrap::default().transactions("verifier")?;
        return Ok(sha256_hex(json!(transactions).to_string().as_bytes()));
    }
    let named = parameters.iter().map(|(name, value)| (name.clone(), with_names(value))).collect();
    let bytes = OpenHandsPackages
        .render(package, &named)
        .map_err(|reason| PayloadError::Template { name: package.to_owned(), reason })?;
    Ok(sha256_hex(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_changes_with_known_parameters_and_fails_with_the_package() {
        let reference = ohinfra_core::Reference { resource: "a/b".parse().unwrap(), attribute: "id".to_owned() };
        let digest_of = |value: Text| digest(ORIGIN_RESPONSE, &BTreeMap::from([("full_domain".to_owned(), value)]));
        assert_eq!(digest_of(reference.clone().into()).unwrap().len(), 64);
        assert_eq!(digest_of(reference.into()), digest_of(Text::from("a/b.id")));
        assert_ne!(digest_of(Text::from("a")), digest_of(Text::from("b")));
        assert_eq!(digest(DATABASE_BOOTSTRAP, &BTreeMap::new()), digest(DATABASE_BOOTSTRAP, &BTreeMap::new()));
        let error = digest(ORIGIN_RESPONSE, &BTreeMap::new()).unwrap_err();
        assert_eq!(error.to_string(), "origin-response: the parameter `full_domain` is missing");
    }

    #[test]
    fn missing_parameters_are_named_and_invalid_values_are_not_quoted() {
        let render = |parameters: &[(&str, &str)]| {
            let parameters = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            OpenHandsPackages.render(BOOT_BUNDLE, &parameters)
        };
        assert_eq!(render(&[]).unwrap_err(), "the parameter `boot` is missing");
        assert!(!render(&[("boot", "hunter2")]).unwrap_err().contains("hunter2"));
        assert!(OpenHandsPackages.render("other", &BTreeMap::new()).is_err());
    }
}
