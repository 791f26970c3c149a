//! The sections of the configuration whose values need no further processing. The table of keys documents each field.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::rules;

/// `[state]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// The S3 URL of the state; `None` for a local file.
    pub url: Option<String>,
}

/// `[compute]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Compute {
    /// The instance type.
    pub instance_type: String,
    /// The size of the root volume, in GB.
    pub root_volume_gb: i32,
    /// The size of the data volume, in GB.
    pub data_volume_gb: i32,
    /// The version of OpenHands.
    pub openhands_version: String,
    /// `true` to pull updated images every night.
    pub auto_update: bool,
    /// `true` to protect the load balancer from deletion.
    pub deletion_protection: bool,
}

/// `[database]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// The major version or the minimum version of Aurora PostgreSQL.
    pub engine_version: String,
    /// `true` to let AWS upgrade the minor version.
    pub auto_minor_version_upgrade: bool,
    /// The minimum capacity, in ACU.
    pub min_acu: f64,
    /// The maximum capacity, in ACU.
    pub max_acu: f64,
    /// The retention of automated backups, in days.
    pub backup_retention_days: i32,
    /// `true` to protect the cluster from deletion.
    pub deletion_protection: bool,
    /// The snapshot to create the cluster from, or `latest`.
    pub restore_from_snapshot: Option<String>,
}

/// `[images]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Images {
    /// The source of the images.
    pub source: ImageSource,
    /// The digest of the OpenHands base image.
    pub openhands_digest: Option<String>,
    /// The digest of the agent server base image.
    pub agent_server_digest: Option<String>,
    /// The digest of the image that supplies the AWS CLI.
    pub aws_cli_digest: Option<String>,
}

/// The source of the images.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImageSource {
    /// The published images.
    Upstream,
    /// Images that are built where the apply runs.
    Build,
}

/// Access to apps started by agents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuntimeAccess {
    /// Only the owner of the conversation.
    Owner,
    /// Everyone.
    Public,
}

impl RuntimeAccess {
    /// Returns the value in the configuration and in the settings of the viewer-request function.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Public => "public",
        }
    }
}

/// `[models]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Models {
    /// The default model of new users under its `LiteLLM` name, `bedrock/…`.
    pub default: String,
    /// Patterns of the allowed models. The default model matches one of them.
    pub allowed: Vec<String>,
}

impl Models {
    /// Returns the Bedrock model or inference profile ID of the default model.
    pub fn default_id(&self) -> Option<&str> {
        rules::model_id(&self.default)
    }

    /// Allows the default model.
    pub(super) fn with_default(mut self) -> Self {
        let id = self.default_id().filter(|id| !self.allowed.iter().any(|pattern| rules::fits_pattern(pattern, id)));
        let id = id.map(str::to_owned);
        self.allowed.extend(id);
        self
    }
}

/// `[monitoring]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Monitoring {
    /// The recipients of alerts.
    pub alarm_emails: Vec<String>,
    /// The retention of the application log, in days.
    pub log_retention_days: i32,
    /// The regions, besides us-east-1, in which the log groups of Lambda@Edge functions are managed.
    pub edge_log_regions: Vec<String>,
    /// The name of the data bucket; `None` for the default.
    pub data_bucket_name: Option<String>,
}

/// `[network]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// Interface endpoints by short name; `true` to create the endpoint.
    pub endpoints: BTreeMap<String, bool>,
}

impl Network {
    /// Returns the short names of the interface endpoints to create.
    pub fn wanted_endpoints(&self) -> impl Iterator<Item = &str> {
        self.endpoints.iter().filter(|(_, wanted)| **wanted).map(|(name, _)| name.as_str())
    }
}

/// `[sandbox]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sandbox {
    /// `true` to give agents AWS credentials.
    pub aws_access: bool,
    /// The path of the IAM policy for these credentials.
    pub aws_policy_file: String,
    /// The name of the secret that encrypts agent sessions; `None` for the default.
    pub secret_name: Option<String>,
    /// Memory, in MB.
    pub memory_mb: u32,
    /// CPUs.
    pub cpus: f64,
    /// The maximum number of processes and threads.
    pub processes: u32,
    /// Disk, in GB, excluding the workspace; 0 for no limit.
    pub disk_gb: u32,
    /// Minutes of inactivity before a sandbox is stopped; 0 for never.
    pub idle_minutes: u32,
    /// Days before an archived conversation is deleted; 0 for never.
    pub retention_days: u32,
    /// The maximum number of running sandboxes per user.
    pub per_user: u32,
}

/// `[user_config]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserConfig {
    /// The Lambda runtime of the user configuration API.
    pub runtime: String,
}

/// `[waf]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Waf {
    /// The maximum number of requests per IP address in 5 minutes.
    pub rate_limit: i64,
}
