//! What an instance starts with: the boot script, which is its user data, and the bundle of files that the script fetches from the
//! data bucket and verifies.

mod files;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ohinfra_core::secret::sha256_hex;
use serde::{Deserialize, Serialize};

use super::archive::archive;
use super::overlay::SandboxLimits;
use super::releases::RELEASES;
use super::template::{PayloadError, render};

/// AWS's limit for user data, in bytes; it is checked after encoding, which is stricter than AWS.
pub const LARGEST_USER_DATA: usize = 16 * 1024;

/// Docker's compose plugin: the version, and the digest of the file for arm64 that Docker's own image of that version names.
const COMPOSE: (&str, &str) = ("2.38.2", "4d0f7678dd3338452beba4518e36a8e22b20cad79ba2535c687da554dc3997fb");
/// The image of OpenResty.
const OPENRESTY_IMAGE: &str = "openresty/openresty:1.27.1.2-alpine";
/// The start of a bundle's key in the data bucket.
pub const BUNDLE_PREFIX: &str = "boot/";
/// Its end.
pub const BUNDLE_SUFFIX: &str = ".zip";

/// What an instance is started with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Boot {
    /// The region.
    pub region: String,
    /// The topic that is alerted when an instance does not start or an update is rolled back.
    pub alert_topic_arn: String,
    /// The log group of the boot log, the health log and the containers' logs.
    pub log_group_name: String,
    /// The Auto Scaling group, by which the metric of the instance's health is known.
    pub group_name: String,
    /// The bucket of users' data.
    pub data_bucket: String,
    /// The shared file system.
    pub file_system_id: String,
    /// Its access point.
    pub access_point_id: String,
    /// The secret with the proxy user's name and password.
    pub database_secret: String,
    /// The proxy's endpoint.
    pub database_host: String,
    /// Its port.
    pub database_port: u16,
    /// The database.
    pub database_name: String,
    /// The secret that encrypts agents' sessions.
    pub sandbox_secret: String,
    /// The secret with the header value by which requests of CloudFront are known.
    pub origin_secret: String,
    /// The key that encrypts users' secrets.
    pub user_secrets_key_id: String,
    /// The role of the sandboxes.
    pub sandbox_role_arn: String,
    /// The repository of OpenHands' image.
    pub openhands_repository: String,
    /// Its tag.
    pub openhands_tag: String,
    /// The repository of the sandboxes' image.
    pub agent_server_repository: String,
    /// Its tag.
    pub agent_server_tag: String,
    /// The model of a new user, as `LiteLLM` names it: `bedrock/…`.
    pub model: String,
    /// Patterns of the models that may be used.
    pub allowed_models: Vec<String>,
    /// The limits of sandboxes.
    pub sandbox: SandboxLimits,
    /// Whether the instance pulls its images again every night.
    pub auto_update: bool,
    /// Whether applications may be open to everybody.
    pub public_access: bool,
    /// The registry of images that were built here; none: the published images.
    pub registry: Option<String>,
}

impl Boot {
    /// Sample values: for the digest of the files alone, and for tests.
    pub fn sample() -> Self {
        let text = || "sample".to_owned();
        let (release, texts) = (RELEASES.first(), |value: Option<&str>| value.unwrap_or_default().to_owned());
        Self {
            region: text(),
            alert_topic_arn: text(),
            log_group_name: text(),
            group_name: text(),
            data_bucket: text(),
            file_system_id: text(),
            access_point_id: text(),
            database_secret: text(),
            database_host: text(),
            database_port: 5432,
            database_name: text(),
            sandbox_secret: text(),
            origin_secret: text(),
            user_secrets_key_id: text(),
            sandbox_role_arn: text(),
            openhands_repository: texts(release.map(|release| release.openhands_repository)),
            openhands_tag: texts(release.map(|release| release.openhands_tag)),
            agent_server_repository: texts(release.map(|release| release.agent_server_repository)),
            agent_server_tag: texts(release.map(|release| release.agent_server_tag)),
            model: "bedrock/sample".to_owned(),
            allowed_models: vec![text()],
            sandbox: SandboxLimits::default(),
            auto_update: false,
            public_access: false,
            registry: None,
        }
    }

    /// The image in which sandboxes run.
    pub(crate) fn agent_server_image(&self) -> String {
        format!("{}:{}", self.agent_server_repository, self.agent_server_tag)
    }

    /// The bundle, zipped.
    pub fn bundle(&self) -> Result<Vec<u8>, PayloadError> {
        archive(&self.files()?)
    }

    /// The key of a bundle in the data bucket: its digest is its name, so that a new one never takes an old one's place.
    pub fn bundle_key(bundle: &[u8]) -> String {
        format!("{BUNDLE_PREFIX}{}{BUNDLE_SUFFIX}", sha256_hex(bundle))
    }

    /// The boot script, which fetches this bundle.
    ///
    /// # Errors
    /// The script is longer than AWS takes.
    pub fn user_data(&self, bundle: &[u8]) -> Result<String, PayloadError> {
        self.user_data_of(&Self::bundle_key(bundle), &sha256_hex(bundle))
    }

    /// The boot script, which fetches the bundle of this key and digest.
    ///
    /// # Errors
    /// The script is longer than AWS takes.
    pub fn user_data_of(&self, bundle_key: &str, bundle_sha256: &str) -> Result<String, PayloadError> {
        let values = serde_json::json!({
            "region": self.region,
            "alert_topic_arn": self.alert_topic_arn,
            "log_group_name": self.log_group_name,
            "bundle_url": format!("s3://{}/{bundle_key}", self.data_bucket),
            "bundle_sha256": bundle_sha256,
            "file_system_id": self.file_system_id,
            "access_point_id": self.access_point_id,
            "database_secret": self.database_secret,
            "sandbox_secret": self.sandbox_secret,
            "registry": self.registry.clone().unwrap_or_default(),
            "agent_server_image": self.agent_server_image(),
            "compose_version": COMPOSE.0,
            "compose_sha256": COMPOSE.1,
            "auto_update": if self.auto_update { "on" } else { "off" },
        });
        let name = "boot/user-data.sh.tmpl";
        let script = render(name, include_str!("../../payload/boot/user-data.sh.tmpl"), &values)?;
        let bytes = STANDARD.encode(&script).len();
        if bytes > LARGEST_USER_DATA {
            return Err(PayloadError::TooLarge { name: name.to_owned(), bytes, limit: LARGEST_USER_DATA });
        }
        Ok(script)
    }
}

#[cfg(test)]
mod tests;
