//! Build contexts of images, the input of `docker buildx build`.

use std::collections::BTreeMap;

use ohinfra_core::secret::sha256_hex;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::archive::context;
use super::template::{PayloadError, render};
use crate::Configuration;

/// The image that supplies the AWS CLI.
const AWS_CLI: &str = "public.ecr.aws/aws-cli/aws-cli:2.32.3";
/// The version of boto3, as pinned by all supported OpenHands releases.
const BOTO3: &str = "1.42.82";

/// Digests of published images, by `repository:tag`.
pub type Digests = BTreeMap<String, String>;

/// A published image that a build uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// The image, `repository:tag`.
    pub image: String,
    /// The configured digest.
    pub digest: Option<String>,
    /// The configuration key of the digest.
    pub key: &'static str,
}

/// Returns the published images used in builds: OpenHands, the agent server, the AWS CLI.
pub fn published(configuration: &Configuration) -> [Published; 3] {
    let (release, images) = (configuration.release, &configuration.images);
    let published = |image: String, digest: &Option<String>, key| Published { image, digest: digest.clone(), key };
    let openhands = format!("{}:{}", release.openhands_repository, release.openhands_tag);
    let agent_server = format!("{}:{}", release.agent_server_repository, release.agent_server_tag);
    [
        published(openhands, &images.openhands_digest, "images.openhands_digest"),
        published(agent_server, &images.agent_server_digest, "images.agent_server_digest"),
        published(AWS_CLI.to_owned(), &images.aws_cli_digest, "images.aws_cli_digest"),
    ]
}

/// The images that a build uses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bases {
    /// The base image.
    pub base: String,
    /// The image that supplies the AWS CLI.
    pub aws_cli: String,
}

/// A built image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Image {
    /// The OpenHands application.
    OpenHands,
    /// The agent server, in which sandboxes run.
    AgentServer,
}

impl Image {
    /// All built images.
    pub const ALL: [Self; 2] = [Self::OpenHands, Self::AgentServer];

    /// Returns the noun in the names of the repository and the resources.
    pub fn noun(self) -> &'static str {
        match self {
            Self::OpenHands => "openhands",
            Self::AgentServer => "agent-server",
        }
    }

    /// Returns the images of the configured release that this build uses, pinned by the configured digest or one of `digests`.
    pub fn bases(self, configuration: &Configuration, digests: &Digests) -> Bases {
        let [openhands, agent_server, aws_cli] = published(configuration).map(|Published { image, digest, .. }| {
            match digest.as_ref().or_else(|| digests.get(&image)) {
                Some(digest) => format!("{image}@{digest}"),
                None => image,
            }
        });
        let base = match self {
            Self::OpenHands => openhands,
            Self::AgentServer => agent_server,
        };
        Bases { base, aws_cli }
    }

    /// Returns the Dockerfile.
    ///
    /// # Errors
    /// Fails if the template is invalid.
    pub fn dockerfile(self, bases: &Bases) -> Result<String, PayloadError> {
        match self {
            Self::OpenHands => render(
                "images/openhands/Dockerfile.tmpl",
                include_str!("../../payload/images/openhands/Dockerfile.tmpl"),
                &json!({ "base": bases.base }),
            ),
            Self::AgentServer => render(
                "images/agent-server/Dockerfile.tmpl",
                include_str!("../../payload/images/agent-server/Dockerfile.tmpl"),
                &json!({ "base": bases.base, "aws_cli": bases.aws_cli, "boto3": BOTO3 }),
            ),
        }
    }

    /// Returns the build context as a reproducible tar archive.
    ///
    /// # Errors
    /// Fails if the template is invalid.
    pub fn context(self, bases: &Bases) -> Result<Vec<u8>, PayloadError> {
        context(&[("Dockerfile", self.dockerfile(bases)?)])
    }
}

/// Returns the tag of an image: the digest of its build context, so that an unchanged context is not rebuilt.
pub fn tag_of(context: &[u8]) -> String {
    sha256_hex(context)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Sources;

    fn bases(image: Image, more: &str) -> Bases {
        let file = format!(
            "vpc_id = \"vpc-0123456789abcdef0\"\nhosted_zone_id = \"Z1\"\ndomain_name = \"example.com\"\n{more}"
        );
        let sources = Sources { file: Some(("x".to_owned(), file)), ..Sources::default() };
        image.bases(&Configuration::load(&sources).unwrap().0, &Digests::new())
    }

    #[test]
    fn a_build_context_is_determined_by_its_bases() {
        let bases = |base: &str, aws_cli: &str| Bases { base: base.to_owned(), aws_cli: aws_cli.to_owned() };
        let context = |base: &str| Image::OpenHands.context(&bases(base, "")).unwrap();
        assert_eq!(context("a:1"), context("a:1"));
        assert_ne!(tag_of(&context("a:1")), tag_of(&context("a:2")));
        let agent_server = |aws_cli: &str| Image::AgentServer.context(&bases("a:1", aws_cli)).unwrap();
        assert_ne!(context("a:1"), agent_server("b:1"));
        assert_ne!(agent_server("b:1"), agent_server("b:2"));
    }

    #[test]
    fn base_images_follow_the_release_and_configured_digests() {
        assert_eq!(bases(Image::AgentServer, "").base, "ghcr.io/openhands/agent-server:1.34.0-python");
        let digest = format!("sha256:{}", "a".repeat(64));
        let more = format!(
            "[compute]\nopenhands_version = \"1.7.0\"\n[images]\nopenhands_digest = \"{digest}\"\naws_cli_digest = \"{digest}\"\n"
        );
        let openhands = bases(Image::OpenHands, &more);
        assert_eq!(openhands.base, format!("ghcr.io/openhands/openhands:1.7.0@{digest}"));
        assert_eq!(openhands.aws_cli, format!("{AWS_CLI}@{digest}"));
        assert_eq!(bases(Image::AgentServer, &more).base, "ghcr.io/openhands/agent-server:1.19.1-python");
    }

    #[test]
    fn the_agent_server_image_adds_tools_and_keeps_its_user() {
        let text = Image::AgentServer.dockerfile(&bases(Image::AgentServer, "")).unwrap();
        let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(lines.first(), Some(&format!("FROM {AWS_CLI} AS aws-cli").as_str()));
        assert!(text.contains("\nFROM ghcr.io/openhands/agent-server:1.34.0-python\n"), "{text}");
        assert!(text.contains(&format!("boto3=={BOTO3}")), "{text}");
        assert_eq!(lines.iter().rev().find(|line| line.starts_with("USER ")), Some(&"USER openhands"));
    }
}
