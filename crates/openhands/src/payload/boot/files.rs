//! The files of the boot bundle.

use serde::Serialize;
use serde_json::json;

use super::{Boot, OPENRESTY_IMAGE};
use crate::payload::overlay::{self, OVERLAY, Settings};
use crate::payload::routing::{LUA, Routing};
use crate::payload::template::{PayloadError, render, with_names};
use crate::payload::user_config::USER_DATA;

/// An environment variable of OpenHands.
#[derive(Serialize)]
struct Variable {
    name: &'static str,
    value: String,
}

/// Embeds a static file of the bundle: its name and content.
macro_rules! file {
    ($name:literal) => {
        ($name, include_str!(concat!("../../../payload/boot/bundle/", $name)))
    };
}

const UNCHANGED: &[(&str, &str)] = &[
    file!("daemon.json"),
    file!("docker.service.conf"),
    file!("environment.py"),
    file!("openhands-health.service"),
    file!("openhands-health.timer"),
    file!("openhands-update.service"),
    file!("openhands-update.timer"),
    file!("openhands.service"),
    file!("refresh-sandbox-credentials.service"),
    file!("refresh-sandbox-credentials.timer"),
    file!("sandbox-network"),
];

macro_rules! template {
    ($name:literal, $values:expr) => {
        render(
            concat!("boot/", $name, ".tmpl"),
            include_str!(concat!("../../../payload/boot/bundle/", $name, ".tmpl")),
            $values,
        )
        .map(|text| ($name.to_owned(), text))
    };
}

impl Boot {
    /// Returns the environment variables of OpenHands, without secrets.
    fn environment(&self) -> Vec<Variable> {
        let values: [(&'static str, &str); 9] = [
            ("AGENT_SERVER_IMAGE_REPOSITORY", &self.agent_server_repository),
            ("AGENT_SERVER_IMAGE_TAG", &self.agent_server_tag),
            ("AWS_DEFAULT_REGION", &self.region),
            ("AWS_REGION_NAME", &self.region),
            // Log the output of all loggers, not only of the application logger.
            ("LOG_ALL_EVENTS", "true"),
            ("OHINFRA_SETTINGS", "/opt/ohinfra/settings.json"),
            ("OH_PERSISTENCE_DIR", "/root/.openhands"),
            ("OPENHANDS_CONFIG_CLS", "ohinfra_overlay.server_config.OhinfraServerConfig"),
            // The image locates its own package in its working directory through this variable.
            ("PYTHONPATH", "/opt/ohinfra:/app"),
        ];
        // Docker Compose would interpret a dollar sign as a variable.
        values.map(|(name, value)| Variable { name, value: value.replace('$', "$$") }).into()
    }

    /// Returns the content of `settings.json` of the overlay.
    ///
    /// # Errors
    /// Fails if serialization fails, which does not happen for this document.
    pub fn settings(&self) -> Result<String, PayloadError> {
        let settings = Settings {
            region: &self.region,
            data_bucket: &self.data_bucket,
            user_secrets_key_id: &self.user_secrets_key_id,
            origin_secret: &self.origin_secret,
            model: &self.model,
            allowed_models: &self.allowed_models,
        };
        let document = overlay::settings(&settings, &self.sandbox)?;
        serde_json::to_string_pretty(&document).map(|text| text + "\n").map_err(|error| PayloadError::Template {
            name: "overlay/settings.json".to_owned(),
            reason: error.to_string(),
        })
    }

    /// Returns the files of the bundle, by path under `/opt/openhands`.
    ///
    /// # Errors
    /// Fails if a template is invalid.
    pub fn files(&self) -> Result<Vec<(String, String)>, PayloadError> {
        let openhands_image = format!("{}:{}", self.openhands_repository, self.openhands_tag);
        let mut files = vec![
            template!(
                "cloudwatch-agent.json",
                &json!({ "region": self.region, "log_group_name": self.log_group_name })
            )?,
            template!(
                "compose.yaml",
                &json!({
                    "openhands_image": openhands_image,
                    "openresty_image": OPENRESTY_IMAGE,
                    "workspace": overlay::WORKSPACE,
                    "environment": self.environment(),
                })
            )?,
            template!(
                "database.json",
                &json!({
                    "database_host": self.database_host,
                    "database_port": self.database_port,
                    "database_name": self.database_name,
                })
            )?,
            template!("openhands-health", &json!({ "region": self.region, "group_name": self.group_name }))?,
            template!(
                "openhands-update",
                &json!({
                    "region": self.region,
                    "alert_topic_arn": self.alert_topic_arn,
                    "images": [openhands_image.as_str(), OPENRESTY_IMAGE],
                    "agent_server_image": with_names(&self.agent_server_image()),
                })
            )?,
            template!(
                "refresh-sandbox-credentials",
                &json!({ "region": self.region, "role_arn": self.sandbox_role_arn })
            )?,
            ("nginx.conf".to_owned(), Routing::on_instance(self.public_access).configuration()?),
            ("overlay/settings.json".to_owned(), self.settings()?),
        ];
        let below = |folder: &'static str, list: &[(&str, &str)]| {
            list.iter().map(|(name, text)| (format!("{folder}{name}"), (*text).to_owned())).collect::<Vec<_>>()
        };
        files.extend(below("", UNCHANGED));
        files.extend(below("lua/", LUA));
        files.extend(below("overlay/ohinfra_overlay/", OVERLAY));
        files.extend(below("overlay/", USER_DATA));
        files.sort();
        Ok(files)
    }
}
