//! Rendering of the payload by package name, for the resource kinds that deliver it, from string parameters to bytes.

use std::collections::BTreeMap;

use ohinfra_core::package::Packages;
use ohinfra_core::secret::sha256_hex;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::boot::Boot;
use super::database::{Bootstrap, verifier};
use super::edge::{OriginResponse, ViewerRequest};
use super::images::{Bases, Image};
use super::overlay::mcp_servers;
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
            USER_CONFIG => UserConfig { servers: mcp_servers() }.zip(),
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

/// Returns the digest of the static files of a package. It changes when a version of ohinfra changes these files.
pub fn digest(package: &str) -> String {
    let sample = |name: &str| (name.to_owned(), "sample".to_owned());
    let mut parameters: Parameters = [
        "user_pool_id",
        "pool_domain",
        "client_id",
        "client_secret",
        "full_domain",
        "runtime_access",
        "username",
        "database",
    ]
    .map(sample)
    .into();
    parameters.insert("boot".to_owned(), json!(Boot::sample()).to_string());
    let bases = Bases { base: "sample".to_owned(), aws_cli: "sample".to_owned() };
    parameters.insert("bases".to_owned(), json!(bases).to_string());
    // A verifier has a random salt, so the digest covers only the other statements.
    if package == DATABASE_BOOTSTRAP {
        let transactions = Bootstrap::default().transactions("sample").unwrap_or_default();
        return sha256_hex(json!(transactions).to_string().as_bytes());
    }
    OpenHandsPackages.render(package, &parameters).map(|bytes| sha256_hex(&bytes)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_package_has_a_stable_digest() {
        for package in [
            VIEWER_REQUEST,
            ORIGIN_RESPONSE,
            BOOT_BUNDLE,
            USER_CONFIG,
            DATABASE_BOOTSTRAP,
            OPENHANDS_IMAGE,
            AGENT_SERVER_IMAGE,
        ] {
            assert_eq!(digest(package).len(), 64, "{package}");
            assert_eq!(digest(package), digest(package), "{package}");
        }
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
