//! The releases of OpenHands that this version of the tool supports: one table of what differs between them.

/// What belongs to one release of OpenHands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Release {
    /// The version, as `compute.openhands_version` names it.
    pub version: &'static str,
    /// The repository of the application's image.
    pub openhands_repository: &'static str,
    /// Its tag.
    pub openhands_tag: &'static str,
    /// The repository of the agent server's image, in which sandboxes run.
    pub agent_server_repository: &'static str,
    /// Its tag: the version of `openhands-agent-server` that the release depends on.
    pub agent_server_tag: &'static str,
}

/// Where OpenHands' own workflow publishes, for amd64 and arm64; `docker.openhands.dev` leads there.
const OPENHANDS: &str = "ghcr.io/openhands/openhands";
const AGENT_SERVER: &str = "ghcr.io/openhands/agent-server";

const fn release(version: &'static str, agent_server_tag: &'static str) -> Release {
    Release {
        version,
        openhands_repository: OPENHANDS,
        openhands_tag: version,
        agent_server_repository: AGENT_SERVER,
        agent_server_tag,
    }
}

/// Every supported release, the newest first.
pub const RELEASES: &[Release] = &[release("1.11.0", "1.34.0-python"), release("1.7.0", "1.19.1-python")];

/// The release of a version.
pub fn find(version: &str) -> Option<&'static Release> {
    RELEASES.iter().find(|release| release.version == version)
}

/// The supported versions, for messages.
pub fn versions() -> String {
    RELEASES.iter().map(|release| format!("`{}`", release.version)).collect::<Vec<_>>().join(" or ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::configuration::keys;

    #[test]
    fn the_default_version_is_the_newest_release() {
        let default = keys::default("compute.openhands_version").unwrap();
        assert_eq!(default.as_str(), RELEASES.first().map(|release| release.version));
        assert_eq!(find("1.7.0").unwrap().agent_server_tag, "1.19.1-python");
        assert_eq!(find("1.2.1"), None);
    }
}
