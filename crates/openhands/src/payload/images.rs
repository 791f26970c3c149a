//! The contexts of images of one's own: what `docker buildx build` gets.

use ohinfra_core::secret::sha256_hex;

use super::archive::context;
use super::boot::{OPENHANDS_REPOSITORY, RUNTIME_REPOSITORY};
use super::template::{PayloadError, render};

/// An image that is built on a published one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Image {
    /// OpenHands itself.
    OpenHands,
    /// The sandbox of agents.
    Runtime,
}

impl Image {
    /// All that are built.
    pub const ALL: [Self; 2] = [Self::OpenHands, Self::Runtime];

    /// What its repository and its resources are called after.
    pub fn noun(self) -> &'static str {
        match self {
            Self::OpenHands => "openhands",
            Self::Runtime => "runtime",
        }
    }

    /// The key of the configuration that says which version it is built on.
    pub fn version_key(self) -> &'static str {
        match self {
            Self::OpenHands => "compute.openhands_version",
            Self::Runtime => "compute.runtime_version",
        }
    }

    /// What it is built of.
    ///
    /// # Errors
    /// The template is broken.
    pub fn dockerfile(self, version: &str) -> Result<String, PayloadError> {
        let (name, template, repository) = match self {
            Self::OpenHands => (
                "images/openhands/Dockerfile.tmpl",
                include_str!("../../payload/images/openhands/Dockerfile.tmpl"),
                OPENHANDS_REPOSITORY,
            ),
            Self::Runtime => (
                "images/runtime/Dockerfile.tmpl",
                include_str!("../../payload/images/runtime/Dockerfile.tmpl"),
                RUNTIME_REPOSITORY,
            ),
        };
        let values = serde_json::json!({ "repository": repository, "version": version });
        render(name, template, &values)
    }

    /// The context, as a tar: the same bytes for the same version on any machine.
    ///
    /// # Errors
    /// The template is broken.
    pub fn context(self, version: &str) -> Result<Vec<u8>, PayloadError> {
        context(&[("Dockerfile", self.dockerfile(version)?)])
    }
}

/// The tag of the image that is built of a context: the context's digest, so that the same context is not built again.
pub fn tag_of(context: &[u8]) -> String {
    sha256_hex(context)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_context_is_the_same_for_the_same_version_and_another_one_for_another() {
        let context = |version: &str| Image::OpenHands.context(version).unwrap();
        assert_eq!(context("1.2.1"), context("1.2.1"));
        assert_ne!(tag_of(&context("1.2.1")), tag_of(&context("1.2.2")));
        assert_ne!(context("1.2.1"), Image::Runtime.context("1.2.1").unwrap());
        let text = String::from_utf8(context("1.2.1")).unwrap();
        assert!(text.contains("FROM docker.openhands.dev/openhands/openhands:1.2.1\n"), "{text}");
    }
}
