//! What an instance starts with: the boot script, which is its user data, and the bundle of files that the script fetches from the
//! data bucket and verifies.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ohinfra_core::secret::sha256_hex;
use serde::{Deserialize, Serialize};

use super::archive::archive;
use super::routing::{LUA, Routing};
use super::template::{PayloadError, render};

/// AWS's limit for user data, in bytes; it is checked after encoding, which is stricter than AWS.
pub const LARGEST_USER_DATA: usize = 16 * 1024;

/// Docker's compose plugin: the version, and the digest of the file for arm64 that Docker's own image of that version names.
const COMPOSE: (&str, &str) = ("2.38.2", "4d0f7678dd3338452beba4518e36a8e22b20cad79ba2535c687da554dc3997fb");
/// The image of OpenResty.
const OPENRESTY_IMAGE: &str = "openresty/openresty:1.27.1.2-alpine";
/// The image of Watchtower.
const WATCHTOWER_IMAGE: &str = "containrrr/watchtower:1.7.1";
/// Where OpenHands' image is published.
pub const OPENHANDS_REPOSITORY: &str = "docker.openhands.dev/openhands/openhands";
/// Where the image of sandboxes is published, in which the agent server runs.
pub const RUNTIME_REPOSITORY: &str = "docker.openhands.dev/openhands/runtime";

/// The start of a bundle's key in the data bucket.
pub const BUNDLE_PREFIX: &str = "boot/";
/// Its end.
pub const BUNDLE_SUFFIX: &str = ".zip";

/// What an instance is made for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Boot {
    /// The region.
    pub region: String,
    /// Who hears of an instance that did not start.
    pub alert_topic_arn: String,
    /// Where the boot log and the containers' logs go.
    pub log_group_name: String,
    /// The bucket of users' data.
    pub data_bucket: String,
    /// The shared file system.
    pub file_system_id: String,
    /// The way into it.
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
    /// The key that encrypts users' secrets.
    pub user_secrets_key_id: String,
    /// The role of agents' sandboxes; none: agents get no AWS credentials.
    pub sandbox_role_arn: Option<String>,
    /// Where OpenHands' image is.
    pub openhands_repository: String,
    /// Its tag.
    pub openhands_version: String,
    /// Where the sandbox image is.
    pub runtime_repository: String,
    /// Its tag.
    pub runtime_version: String,
    /// The model on Bedrock.
    pub llm_model: String,
    /// Whether images are updated by themselves.
    pub watchtower: bool,
    /// Whether applications may be open to everybody.
    pub public_access: bool,
    /// The registry of images of one's own; none: the published ones.
    pub registry: Option<String>,
}

/// A variable of OpenHands' environment.
#[derive(Serialize)]
struct Variable {
    name: &'static str,
    value: String,
}

/// A template without its comments.
fn without_comments(toml: &str) -> String {
    let kept: Vec<&str> = toml.lines().filter(|line| !line.trim_start().starts_with('#')).collect();
    let text = kept.join("\n");
    format!("{}\n", text.trim())
}

impl Boot {
    /// Made-up values, for what depends on the files alone.
    pub(crate) fn sample() -> Self {
        let text = || "sample".to_owned();
        Self {
            region: text(),
            alert_topic_arn: text(),
            log_group_name: text(),
            data_bucket: text(),
            file_system_id: text(),
            access_point_id: text(),
            database_secret: text(),
            database_host: text(),
            database_port: 5432,
            database_name: text(),
            sandbox_secret: text(),
            user_secrets_key_id: text(),
            sandbox_role_arn: Some(text()),
            openhands_repository: text(),
            openhands_version: text(),
            runtime_repository: text(),
            runtime_version: text(),
            llm_model: text(),
            watchtower: true,
            public_access: true,
            registry: None,
        }
    }

    fn runtime_image(&self) -> String {
        format!("{}:{}", self.runtime_repository, self.runtime_version)
    }

    /// OpenHands' environment, but for what is secret.
    fn environment(&self) -> Vec<Variable> {
        let workspace = "/data/openhands/workspace";
        let credentials = "/data/openhands/config/sandbox-credentials:/data/sandbox-credentials:ro";
        let volumes = match &self.sandbox_role_arn {
            Some(_) => format!("{workspace}:/workspace:rw,{credentials}"),
            None => format!("{workspace}:/workspace:rw"),
        };
        let gateway = serde_json::json!({ "extra_hosts": { "host.docker.internal": "host-gateway" } });
        let values: [(&'static str, &str); 21] = [
            ("AGENT_ENABLE_BROWSING", "false"),
            ("AGENT_ENABLE_MCP", "true"),
            ("AGENT_SERVER_IMAGE_REPOSITORY", &self.runtime_repository),
            ("AGENT_SERVER_IMAGE_TAG", &self.runtime_version),
            ("AWS_DEFAULT_REGION", &self.region),
            ("AWS_REGION", &self.region),
            ("AWS_S3_BUCKET", &self.data_bucket),
            ("FILE_STORE", "s3"),
            ("FILE_STORE_PATH", &self.data_bucket),
            ("HIDE_LLM_SETTINGS", "true"),
            ("LLM_AWS_REGION_NAME", &self.region),
            ("LLM_MODEL", &self.llm_model),
            ("LOG_ALL_EVENTS", "true"),
            ("SANDBOX_DOCKER_RUNTIME_KWARGS", &gateway.to_string()),
            ("SANDBOX_RUNTIME_CONTAINER_IMAGE", &self.runtime_image()),
            ("SANDBOX_USER_ID", "0"),
            ("SANDBOX_VOLUMES", &volumes),
            ("USER_CONFIG_ENABLED", "true"),
            ("USER_SECRETS_KMS_KEY_ID", &self.user_secrets_key_id),
            ("WORKSPACE_BASE", workspace),
            ("WORKSPACE_MOUNT_PATH", workspace),
        ];
        // A dollar would be a variable of compose's own.
        let value = |(name, value): (&'static str, &str)| Variable { name, value: value.replace('$', "$$") };
        let mut all: Vec<Variable> = values.map(value).into();
        all.sort_by_key(|variable| variable.name);
        all
    }

    fn compose(&self) -> Result<String, PayloadError> {
        let values = serde_json::json!({
            "openhands_image": format!("{}:{}", self.openhands_repository, self.openhands_version),
            "openresty_image": OPENRESTY_IMAGE,
            "watchtower_image": WATCHTOWER_IMAGE,
            "watchtower": self.watchtower,
            "environment": serde_json::to_value(self.environment()).unwrap_or_default(),
        });
        render("boot/compose.yaml.tmpl", include_str!("../../payload/boot/bundle/compose.yaml.tmpl"), &values)
    }

    fn settings(&self) -> Result<String, PayloadError> {
        let values = serde_json::json!({
            "database_host": self.database_host,
            "database_port": self.database_port,
            "database_name": self.database_name,
            "sandbox_credentials": self.sandbox_role_arn.is_some(),
        });
        render("boot/settings.json.tmpl", include_str!("../../payload/boot/bundle/settings.json.tmpl"), &values)
    }

    /// `config.toml` of OpenHands.
    pub fn openhands_configuration(&self) -> Result<String, PayloadError> {
        let values = serde_json::json!({
            "data_bucket": self.data_bucket,
            "llm_model": self.llm_model,
            "region": self.region,
            "runtime_image": self.runtime_image(),
        });
        let template = include_str!("../../../../config/openhands.toml.tmpl");
        render("config/openhands.toml.tmpl", template, &values).map(|text| without_comments(&text))
    }

    /// The files of the bundle, by their paths under `/opt/openhands`.
    pub fn files(&self) -> Result<Vec<(String, String)>, PayloadError> {
        let agent = include_str!("../../payload/boot/bundle/cloudwatch-agent.json.tmpl");
        let agent = render(
            "boot/cloudwatch-agent.json.tmpl",
            agent,
            &serde_json::json!({ "region": self.region, "log_group_name": self.log_group_name }),
        )?;
        let refresh = include_str!("../../payload/boot/bundle/refresh-sandbox-credentials.tmpl");
        let role_arn = self.sandbox_role_arn.clone().unwrap_or_default();
        let refresh = render(
            "boot/refresh-sandbox-credentials.tmpl",
            refresh,
            &serde_json::json!({ "region": self.region, "role_arn": role_arn }),
        )?;
        let mut files: Vec<(String, String)> = [
            ("cloudwatch-agent.json", agent),
            ("compose.yaml", self.compose()?),
            ("config.toml", self.openhands_configuration()?),
            ("daemon.json", include_str!("../../payload/boot/bundle/daemon.json").to_owned()),
            ("environment.py", include_str!("../../payload/boot/bundle/environment.py").to_owned()),
            ("nginx.conf", Routing::on_instance(self.public_access).configuration()?),
            ("openhands.service", include_str!("../../payload/boot/bundle/openhands.service").to_owned()),
            ("refresh-sandbox-credentials", refresh),
            (
                "refresh-sandbox-credentials.service",
                include_str!("../../payload/boot/bundle/refresh-sandbox-credentials.service").to_owned(),
            ),
            (
                "refresh-sandbox-credentials.timer",
                include_str!("../../payload/boot/bundle/refresh-sandbox-credentials.timer").to_owned(),
            ),
            ("settings.json", self.settings()?),
        ]
        .map(|(name, text)| (name.to_owned(), text))
        .into();
        files.extend(LUA.iter().map(|(name, text)| (format!("lua/{name}"), (*text).to_owned())));
        Ok(files)
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
            "bundle_url": format!("s3://{}/{bundle_key}", self.data_bucket),
            "bundle_sha256": bundle_sha256,
            "file_system_id": self.file_system_id,
            "access_point_id": self.access_point_id,
            "database_secret": self.database_secret,
            "sandbox_secret": self.sandbox_secret,
            "registry": self.registry.clone().unwrap_or_default(),
            "runtime_image": self.runtime_image(),
            "compose_version": COMPOSE.0,
            "compose_sha256": COMPOSE.1,
            "sandbox_credentials": if self.sandbox_role_arn.is_some() { "on" } else { "off" },
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
