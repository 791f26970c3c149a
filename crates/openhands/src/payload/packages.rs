//! Rendering of the payload by package name, for the resource kinds that deliver it, from string parameters to bytes.

use std::collections::BTreeMap;

use ohinfra_core::Text;
use ohinfra_core::package::Packages;
use ohinfra_core::secret::sha256_hex;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

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

/// Returns the digest of a package in which every value is replaced by its name. It changes when a version of ohinfra changes
/// the package, and not with the values of the parameters.
///
/// # Errors
/// Fails if the package cannot be rendered.
pub fn digest(package: &str, parameters: &BTreeMap<String, Text>) -> Result<String, PayloadError> {
    // A verifier has a random salt, so the digest covers only the other statements.
    if package == DATABASE_BOOTSTRAP {
        let transactions = Bootstrap::default().transactions("sample")?;
        return Ok(sha256_hex(json!(transactions).to_string().as_bytes()));
    }
    let named = parameters.iter().map(|(name, value)| {
        let document = serde_json::from_str(&with_names(value)).ok().filter(Value::is_object);
        (name.clone(), document.map_or_else(|| name.clone(), |document| without_values(name, document).to_string()))
    });
    let bytes = OpenHandsPackages
        .render(package, &named.collect())
        .map_err(|reason| PayloadError::Template { name: package.to_owned(), reason })?;
    Ok(sha256_hex(&bytes))
}

/// Replaces the strings in a document by the names of their fields, and other values by the zero of their type.
fn without_values(name: &str, value: Value) -> Value {
    match value {
        Value::Null => Value::Null,
        Value::Bool(_) => Value::from(false),
        Value::Number(_) => Value::from(0),
        Value::String(_) => Value::from(name),
        Value::Array(_) => json!([]),
        Value::Object(fields) => {
            let without = |(name, field): (String, Value)| (name.clone(), without_values(&name, field));
            fields.into_iter().map(without).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_ignores_values_and_fails_with_its_package() {
        let reference = ohinfra_core::Reference { resource: "a/b".parse().unwrap(), attribute: "id".to_owned() };
        let digest_of =
            |package: &str, name: &str, value: Text| digest(package, &BTreeMap::from([(name.to_owned(), value)]));
        let edge = |value: Text| digest_of(ORIGIN_RESPONSE, "full_domain", value);
        assert_eq!(edge(reference.into()), edge(Text::from("example.com")));
        let bases = |base: &str| Text::from(json!({ "base": base, "aws_cli": "a" }).to_string());
        let [one, other] =
            [OPENHANDS_IMAGE, AGENT_SERVER_IMAGE].map(|image| digest_of(image, "bases", bases("x")).unwrap());
        assert_ne!(one, other, "packages differ");
        assert_eq!(digest_of(OPENHANDS_IMAGE, "bases", bases("y")).unwrap(), one);
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
