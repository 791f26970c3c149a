//! The boot script of an instance, deployed as user data, and the bundle of files that the script downloads from the data bucket
//! and verifies.

mod files;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ohinfra_core::secret::sha256_hex;
use serde::{Deserialize, Serialize};

use super::archive::archive;
use super::overlay::SandboxLimits;
use super::releases::RELEASES;
use super::template::{PayloadError, render};

/// The AWS limit for user data, in bytes. It is applied after Base64 encoding, which is stricter than AWS.
pub const LARGEST_USER_DATA: usize = 16 * 1024;

/// The Docker Compose plugin: the version, and the SHA-256 digest of the arm64 binary as stated in the official Docker image of
/// that version.
const COMPOSE: (&str, &str) = ("2.38.2", "4d0f7678dd3338452beba4518e36a8e22b20cad79ba2535c687da554dc3997fb");
/// The OpenResty image.
const OPENRESTY_IMAGE: &str = "openresty/openresty:1.27.1.2-alpine";
/// The prefix of bundle keys in the data bucket.
pub const BUNDLE_PREFIX: &str = "boot/";
/// The suffix of bundle keys in the data bucket.
pub const BUNDLE_SUFFIX: &str = ".zip";

/// The boot values of an instance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Boot {
    /// The AWS region.
    pub region: String,
    /// The ARN of the topic for alerts about failed boots and rolled-back updates.
    pub alert_topic_arn: String,
    /// The log group of the boot log, the health log and the container logs.
    pub log_group_name: String,
    /// The Auto Scaling group name, a dimension of the health metric.
    pub group_name: String,
    /// The bucket of user data.
    pub data_bucket: String,
    /// The ID of the shared file system.
    pub file_system_id: String,
    /// The ID of the access point of the file system.
    pub access_point_id: String,
    /// The name of the secret with the user name and password for the database proxy.
    pub database_secret: String,
    /// The endpoint of the database proxy.
    pub database_host: String,
    /// The port of the database proxy.
    pub database_port: u16,
    /// The database name.
    pub database_name: String,
    /// The name of the secret that encrypts agent sessions.
    pub sandbox_secret: String,
    /// The name of the secret with the header value that authenticates CloudFront.
    pub origin_secret: String,
    /// The ID of the KMS key that encrypts user secrets.
    pub user_secrets_key_id: String,
    /// The ARN of the role of the sandboxes.
    pub sandbox_role_arn: String,
    /// The repository of the OpenHands image.
    pub openhands_repository: String,
    /// The tag of the OpenHands image.
    pub openhands_tag: String,
    /// The repository of the agent server image, in which sandboxes run.
    pub agent_server_repository: String,
    /// The tag of the agent server image.
    pub agent_server_tag: String,
    /// The default model of new users under its `LiteLLM` name, `bedrock/…`.
    pub model: String,
    /// Patterns of the allowed models.
    pub allowed_models: Vec<String>,
    /// The limits of sandboxes.
    pub sandbox: SandboxLimits,
    /// `true` to pull updated images every night.
    pub auto_update: bool,
    /// `true` to allow public access to apps started by agents.
    pub public_access: bool,
    /// The registry of built images; `None` for published images.
    pub registry: Option<String>,
}

impl Boot {
    /// Returns sample values, for tests and for the digest of the static files.
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

    /// Returns the agent server image, in which sandboxes run.
    pub(crate) fn agent_server_image(&self) -> String {
        format!("{}:{}", self.agent_server_repository, self.agent_server_tag)
    }

    /// Returns the zipped bundle.
    pub fn bundle(&self) -> Result<Vec<u8>, PayloadError> {
        archive(&self.files()?)
    }

    /// Returns the key of a bundle in the data bucket. The key contains the digest, so that a new bundle never overwrites another.
    pub fn bundle_key(bundle: &[u8]) -> String {
        format!("{BUNDLE_PREFIX}{}{BUNDLE_SUFFIX}", sha256_hex(bundle))
    }

    /// Returns the boot script that downloads this bundle.
    ///
    /// # Errors
    /// Fails if the script exceeds the AWS limit.
    pub fn user_data(&self, bundle: &[u8]) -> Result<String, PayloadError> {
        self.user_data_of(&Self::bundle_key(bundle), &sha256_hex(bundle))
    }

    /// Returns the boot script that downloads the bundle with this key and digest.
    ///
    /// # Errors
    /// Fails if the script exceeds the AWS limit.
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
