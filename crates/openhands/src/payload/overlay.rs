//! The overlay: a Python package that OpenHands loads in addition to its own code, and its settings.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::template::PayloadError;
use crate::configuration::sections::Sandbox;

/// Embeds a file of the package: its name and content.
macro_rules! overlay {
    ($name:literal) => {
        ($name, include_str!(concat!("../../payload/overlay/ohinfra_overlay/", $name)))
    };
}

/// The Python files of the overlay, as name and content. A test compares the list with the directory.
pub const OVERLAY: &[(&str, &str)] = &[
    overlay!("__init__.py"),
    overlay!("addresses.py"),
    overlay!("app.py"),
    overlay!("aws.py"),
    overlay!("compat.py"),
    overlay!("containers.py"),
    overlay!("conversation_info.py"),
    overlay!("conversations.py"),
    overlay!("events.py"),
    overlay!("guard.py"),
    overlay!("health.py"),
    overlay!("identity.py"),
    overlay!("janitor.py"),
    overlay!("leases.py"),
    overlay!("mcp.py"),
    overlay!("migrations.py"),
    overlay!("models.py"),
    overlay!("origin.py"),
    overlay!("owners.py"),
    overlay!("pending.py"),
    overlay!("sandboxes.py"),
    overlay!("server_config.py"),
    overlay!("settings.py"),
    overlay!("spool.py"),
    overlay!("stores.py"),
    overlay!("tokens.py"),
];

/// The directory of the workspaces, on the shared file system.
pub const WORKSPACE: &str = "/data/openhands/workspace";
/// The directory with the AWS credentials of the sandboxes.
pub const CREDENTIALS: &str = "/data/openhands/config/aws";
/// The Docker network of the sandboxes, created by the script `sandbox-network`.
pub const NETWORK: &str = "openhands-sandboxes";
/// The address of the instance on that network.
pub const HOST_ADDRESS: &str = "172.30.0.1";
/// The port of the sandbox gateway, the only port of the instance that sandboxes can reach.
pub const GATEWAY_PORT: u16 = 3001;
/// Timeout of the start of a sandbox, in seconds.
const START_SECONDS: u32 = 180;

/// Resource limits and lifetimes of sandboxes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SandboxLimits {
    /// Memory, in MB.
    pub memory_mb: u32,
    /// CPUs.
    pub cpus: f64,
    /// Maximum number of processes and threads.
    pub processes: u32,
    /// Disk, in GB, excluding the workspace; 0 for no limit.
    pub disk_gb: u32,
    /// Minutes of inactivity before a sandbox is stopped; 0 for never.
    pub idle_minutes: u32,
    /// Days before an archived conversation is deleted; 0 for never.
    pub retention_days: u32,
    /// Maximum number of running sandboxes per user.
    pub per_user: u32,
}

impl From<&Sandbox> for SandboxLimits {
    fn from(sandbox: &Sandbox) -> Self {
        Self {
            memory_mb: sandbox.memory_mb,
            cpus: sandbox.cpus,
            processes: sandbox.processes,
            disk_gb: sandbox.disk_gb,
            idle_minutes: sandbox.idle_minutes,
            retention_days: sandbox.retention_days,
            per_user: sandbox.per_user,
        }
    }
}

/// Settings outside the `sandbox` section.
pub(super) struct Settings<'a> {
    pub(super) region: &'a str,
    pub(super) data_bucket: &'a str,
    pub(super) user_secrets_key_id: &'a str,
    pub(super) origin_secret: &'a str,
    pub(super) model: &'a str,
    pub(super) allowed_models: &'a [String],
}

/// Returns the content of `settings.json` of the overlay. It contains no secrets.
pub(super) fn settings(settings: &Settings<'_>, limits: &SandboxLimits) -> Result<Value, PayloadError> {
    Ok(serde_json::json!({
        "region": settings.region,
        "data_bucket": settings.data_bucket,
        "user_secrets_key_id": settings.user_secrets_key_id,
        "origin_secret": settings.origin_secret,
        "model": settings.model,
        "allowed_models": settings.allowed_models,
        "workspace": WORKSPACE,
        "mcp_servers": mcp_servers()?,
        "sandbox": {
            "network": NETWORK,
            "host_address": HOST_ADDRESS,
            "gateway_port": GATEWAY_PORT,
            "credentials": CREDENTIALS,
            "memory_mb": limits.memory_mb,
            "cpus": limits.cpus,
            "processes": limits.processes,
            "disk_gb": limits.disk_gb,
            "idle_minutes": limits.idle_minutes,
            "retention_days": limits.retention_days,
            "per_user": limits.per_user,
            "start_seconds": START_SECONDS,
        },
    }))
}

/// Returns the MCP servers that every user has.
///
/// # Errors
/// Fails if the embedded file is not JSON, which a test excludes.
pub fn mcp_servers() -> Result<Value, PayloadError> {
    let name = "mcp-servers.json";
    serde_json::from_str(include_str!("../../payload/mcp-servers.json"))
        .map_err(|error| PayloadError::Template { name: name.to_owned(), reason: error.to_string() })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    #[test]
    fn every_python_file_is_embedded() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("payload/overlay/ohinfra_overlay");
        let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let found: BTreeSet<String> =
            names.filter(|name| Path::new(name).extension().is_some_and(|e| e == "py")).collect();
        let embedded: BTreeSet<String> = OVERLAY.iter().map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(embedded, found, "add the file to OVERLAY");
    }

    #[test]
    fn script_and_settings_agree_on_the_network() {
        let script = include_str!("../../payload/boot/bundle/sandbox-network");
        for part in [format!(":-{NETWORK}}}"), format!(":-{HOST_ADDRESS}}}"), format!(":-{GATEWAY_PORT}}}")] {
            assert!(script.contains(&part), "{part}");
        }
        let servers = mcp_servers().unwrap();
        assert!(servers["shttp_servers"].is_array() && servers["stdio_servers"].is_array());
    }
}
