//! The boot script of an instance, deployed as user data, and the bundle of files that the script downloads from the data bucket
//! and verifies.

mod files;

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ohinfra_core::Text;
use ohinfra_core::secret::sha256_hex;
use serde::{Deserialize, Serialize};

use super::archive::archive;
use super::overlay::SandboxLimits;
use super::template::{PayloadError, script, with_names};

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

/// The boot values of an instance. `T` is the type of a string that can reference resources: [`Text`] as the stack defines it,
/// `String` when all references are resolved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Boot<T = String> {
    /// The AWS region.
    pub region: String,
    /// The ARN of the topic for alerts about failed boots and rolled-back updates.
    pub alert_topic_arn: T,
    /// The log group of the boot log, the health log and the container logs.
    pub log_group_name: T,
    /// The Auto Scaling group name, a dimension of the health metric.
    pub group_name: String,
    /// The bucket of user data.
    pub data_bucket: T,
    /// The ID of the shared file system.
    pub file_system_id: T,
    /// The ID of the access point of the file system.
    pub access_point_id: T,
    /// The name of the secret with the user name and password for the database proxy.
    pub database_secret: T,
    /// The endpoint of the database proxy.
    pub database_host: T,
    /// The port of the database proxy.
    pub database_port: u16,
    /// The database name.
    pub database_name: String,
    /// The name of the secret that encrypts agent sessions.
    pub sandbox_secret: String,
    /// The name of the secret with the header value that authenticates CloudFront.
    pub origin_secret: T,
    /// The ID of the KMS key that encrypts user secrets.
    pub user_secrets_key_id: T,
    /// The ARN of the role of the sandboxes.
    pub sandbox_role_arn: T,
    /// The repository of the OpenHands image.
    pub openhands_repository: T,
    /// The tag of the OpenHands image.
    pub openhands_tag: T,
    /// The repository of the agent server image, in which sandboxes run.
    pub agent_server_repository: T,
    /// The tag of the agent server image.
    pub agent_server_tag: T,
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
    pub registry: Option<T>,
}

impl<T: Clone + Into<Text>> Boot<T> {
    /// Returns the agent server image, in which sandboxes run.
    fn agent_server_image(&self) -> Text {
        text(&self.agent_server_repository) + ":" + self.agent_server_tag.clone()
    }

    /// Returns the boot script that downloads the bundle with this key and digest.
    ///
    /// # Errors
    /// Fails if the script exceeds the AWS limit.
    pub fn user_data(&self, bundle_key: T, bundle_sha256: T) -> Result<Text, PayloadError> {
        let values = BTreeMap::from([
            ("region", Text::from(self.region.as_str())),
            ("alert_topic_arn", text(&self.alert_topic_arn)),
            ("log_group_name", text(&self.log_group_name)),
            ("bundle_url", Text::from("s3://") + self.data_bucket.clone() + "/" + bundle_key),
            ("bundle_sha256", bundle_sha256.into()),
            ("file_system_id", text(&self.file_system_id)),
            ("access_point_id", text(&self.access_point_id)),
            ("database_secret", text(&self.database_secret)),
            ("sandbox_secret", Text::from(self.sandbox_secret.as_str())),
            ("registry", self.registry.as_ref().map_or_else(Text::default, text)),
            ("agent_server_image", self.agent_server_image()),
            ("compose_version", Text::from(COMPOSE.0)),
            ("compose_sha256", Text::from(COMPOSE.1)),
            ("auto_update", Text::from(if self.auto_update { "on" } else { "off" })),
        ]);
        let name = "boot/user-data.sh.tmpl";
        let script = script(name, include_str!("../../payload/boot/user-data.sh.tmpl"), &values)?;
        let bytes = STANDARD.encode(with_names(&script)).len();
        if bytes > LARGEST_USER_DATA {
            return Err(PayloadError::TooLarge { name: name.to_owned(), bytes, limit: LARGEST_USER_DATA });
        }
        Ok(script)
    }
}

fn text<T: Clone + Into<Text>>(value: &T) -> Text {
    value.clone().into()
}

impl Boot {
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
    pub fn script(&self, bundle: &[u8]) -> Result<String, PayloadError> {
        self.user_data(Self::bundle_key(bundle), sha256_hex(bundle)).map(|script| with_names(&script))
    }
}

#[cfg(test)]
mod tests;
