//! The supported OpenHands releases, with their images.

use serde::Serialize;

/// An OpenHands release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Release {
    /// The version, a value of `compute.openhands_version`.
    pub version: &'static str,
    /// The repository of the OpenHands image.
    pub openhands_repository: &'static str,
    /// The tag of the OpenHands image.
    pub openhands_tag: &'static str,
    /// The repository of the agent server image, in which sandboxes run.
    pub agent_server_repository: &'static str,
    /// The tag of the agent server image: the version of `openhands-agent-server` that the release depends on.
    pub agent_server_tag: &'static str,
}

/// The repository to which the OpenHands workflow publishes, for amd64 and arm64; `docker.openhands.dev` redirects to it.
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

/// All supported releases, newest first.
pub const RELEASES: &[Release] = &[release("1.11.0", "1.34.0-python"), release("1.7.0", "1.19.1-python")];

/// Returns the release with this version, if it is supported.
pub fn find(version: &str) -> Option<&'static Release> {
    RELEASES.iter().find(|release| release.version == version)
}

/// Returns the supported versions, for messages.
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
