//! The contexts of images that are built here: what `docker buildx build` gets.

use std::collections::BTreeMap;

use ohinfra_core::secret::sha256_hex;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::archive::context;
use super::template::{PayloadError, render};
use crate::Configuration;

/// The image that the AWS CLI is copied from.
const AWS_CLI: &str = "public.ecr.aws/aws-cli/aws-cli:2.32.3";
/// The version of boto3: the one that both supported releases of OpenHands pin.
const BOTO3: &str = "1.42.82";

/// The digests of published images, by `repository:tag`.
pub type Digests = BTreeMap<String, String>;

/// Every published image that images are built of, `repository:tag`, with the key that sets its digest.
pub fn published(configuration: &Configuration) -> [(String, &'static str); 3] {
    let release = configuration.release();
    [
        (format!("{}:{}", release.openhands_repository, release.openhands_tag), "images.openhands_digest"),
        (format!("{}:{}", release.agent_server_repository, release.agent_server_tag), "images.agent_server_digest"),
        (AWS_CLI.to_owned(), "images.aws_cli_digest"),
    ]
}

/// What an image is built of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bases {
    /// The published image that it is built on.
    pub base: String,
    /// The image that the AWS CLI is copied from.
    pub aws_cli: String,
}

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

    /// What it is built of: images of the configured release, pinned by the configured digest or by one of `digests`.
    pub fn bases(self, configuration: &Configuration, digests: &Digests) -> Bases {
        let [openhands, agent_server, aws_cli] = published(configuration).map(|(image, key)| {
            let configured = configuration.value(key).as_str().filter(|digest| !digest.is_empty()).map(str::to_owned);
            match configured.as_ref().or_else(|| digests.get(&image)) {
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

    /// The Dockerfile.
    ///
    /// # Errors
    /// The template is broken.
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

    /// The context, as a tar: the same bytes for the same bases on any machine.
    ///
    /// # Errors
    /// The template is broken.
    pub fn context(self, bases: &Bases) -> Result<Vec<u8>, PayloadError> {
        context(&[("Dockerfile", self.dockerfile(bases)?)])
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

    fn bases(image: Image, more: &str) -> Bases {
        let file = format!(
            "vpc_id = \"vpc-0123456789abcdef0\"\nhosted_zone_id = \"Z1\"\ndomain_name = \"example.com\"\n{more}"
        );
        let sources = Sources { file: Some(("x".to_owned(), file)), ..Sources::default() };
        image.bases(&Configuration::load(&sources).unwrap().0, &Digests::new())
    }

    #[test]
    fn a_context_is_the_same_for_the_same_bases_and_another_one_for_others() {
        let bases = |base: &str, aws_cli: &str| Bases { base: base.to_owned(), aws_cli: aws_cli.to_owned() };
        let context = |base: &str| Image::OpenHands.context(&bases(base, "")).unwrap();
        assert_eq!(context("a:1"), context("a:1"));
        assert_ne!(tag_of(&context("a:1")), tag_of(&context("a:2")));
        let agent_server = |aws_cli: &str| Image::AgentServer.context(&bases("a:1", aws_cli)).unwrap();
        assert_ne!(context("a:1"), agent_server("b:1"));
        assert_ne!(agent_server("b:1"), agent_server("b:2"));
    }

    #[test]
    fn the_bases_follow_from_the_release_and_are_pinned_by_digests_that_are_configured() {
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
    fn the_agent_server_gets_the_tools_and_its_own_user_back() {
        let text = Image::AgentServer.dockerfile(&bases(Image::AgentServer, "")).unwrap();
        let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(lines.first(), Some(&format!("FROM {AWS_CLI} AS aws-cli").as_str()));
        assert!(text.contains("\nFROM ghcr.io/openhands/agent-server:1.34.0-python\n"), "{text}");
        assert!(text.contains(&format!("boto3=={BOTO3}")), "{text}");
        assert_eq!(lines.iter().rev().find(|line| line.starts_with("USER ")), Some(&"USER openhands"));
    }
}
