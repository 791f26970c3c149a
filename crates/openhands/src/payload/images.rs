//! The contexts of images that are built here: what `docker buildx build` gets.

use ohinfra_core::secret::sha256_hex;

use super::archive::context;
use super::template::{PayloadError, render};
use crate::Configuration;

/// An image that is built on a published one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Image {
    /// OpenHands itself.
    OpenHands,
    /// The agent server, in which sandboxes run.
    AgentServer,
}

impl Image {
    /// All that are built.
    pub const ALL: [Self; 2] = [Self::OpenHands, Self::AgentServer];

    /// The noun in the names of its repository and its resources.
    pub fn noun(self) -> &'static str {
        match self {
            Self::OpenHands => "openhands",
            Self::AgentServer => "agent-server",
        }
    }

    /// The published image that it is built on: of the configured release, and of the configured digest if there is one.
    pub fn base(self, configuration: &Configuration) -> String {
        let release = configuration.release();
        let (repository, tag, key) = match self {
            Self::OpenHands => (release.openhands_repository, release.openhands_tag, "images.openhands_digest"),
            Self::AgentServer => {
                (release.agent_server_repository, release.agent_server_tag, "images.agent_server_digest")
            }
        };
        match configuration.value(key).as_str() {
            Some(digest) if !digest.is_empty() => format!("{repository}:{tag}@{digest}"),
            _ => format!("{repository}:{tag}"),
        }
    }

    /// The Dockerfile.
    ///
    /// # Errors
    /// The template is broken.
    pub fn dockerfile(self, base: &str) -> Result<String, PayloadError> {
        let (name, template) = match self {
            Self::OpenHands => (
                "images/openhands/Dockerfile.tmpl",
                include_str!("../../payload/images/openhands/Dockerfile.tmpl"),
            ),
            Self::AgentServer => (
                "images/agent-server/Dockerfile.tmpl",
                include_str!("../../payload/images/agent-server/Dockerfile.tmpl"),
            ),
        };
        render(name, template, &serde_json::json!({ "base": base }))
    }

    /// The context, as a tar: the same bytes for the same base on any machine.
    ///
    /// # Errors
    /// The template is broken.
    pub fn context(self, base: &str) -> Result<Vec<u8>, PayloadError> {
        context(&[("Dockerfile", self.dockerfile(base)?)])
    }
}

/// The tag of the image that is built of a context: the context's digest, so that the same context is not built again.
pub fn tag_of(context: &[u8]) -> String {
    sha256_hex(context)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Sources;

    fn base(image: Image, more: &str) -> String {
        let file = format!(
            "vpc_id = \"vpc-0123456789abcdef0\"\nhosted_zone_id = \"Z1\"\ndomain_name = \"example.com\"\n{more}"
        );
        let sources = Sources { file: Some(("x".to_owned(), file)), ..Sources::default() };
        image.base(&Configuration::load(&sources).unwrap().0)
    }

    #[test]
    fn a_context_is_the_same_for_the_same_base_and_another_one_for_another() {
        let context = |base: &str| Image::OpenHands.context(base).unwrap();
        assert_eq!(context("a:1"), context("a:1"));
        assert_ne!(tag_of(&context("a:1")), tag_of(&context("a:2")));
        assert_ne!(context("a:1"), Image::AgentServer.context("a:1").unwrap());
        let text = String::from_utf8(context("a:1")).unwrap();
        assert!(text.contains("FROM a:1\n"), "{text}");
    }

    #[test]
    fn the_base_follows_from_the_release_and_is_pinned_by_a_digest_that_is_configured() {
        assert_eq!(base(Image::AgentServer, ""), "ghcr.io/openhands/agent-server:1.34.0-python");
        let digest = format!("sha256:{}", "a".repeat(64));
        let more = format!("[compute]\nopenhands_version = \"1.7.0\"\n[images]\nopenhands_digest = \"{digest}\"\n");
        assert_eq!(
            base(Image::OpenHands, &more),
            format!("docker.openhands.dev/openhands/openhands:1.7.0@{digest}")
        );
        assert_eq!(base(Image::AgentServer, &more), "ghcr.io/openhands/agent-server:1.19.1-python");
    }
}
