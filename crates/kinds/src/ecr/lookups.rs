//! Lookups for image builds: the local builder and published images.

use ohinfra_core::lookup::Lookup;
use serde::{Deserialize, Serialize};

/// Lookup of `docker buildx version` on this machine.
pub struct Buildx;

impl Lookup for Buildx {
    const NAME: &'static str = "docker.buildx";
    type Question = ();
    /// Output of the command; `None` if docker or buildx is not installed.
    type Answer = Option<String>;
}

/// Lookup of the current digest of a published image tag, as docker reads it from the registry.
pub struct ImageDigest;

/// Response of the registry.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResolvedImage {
    /// `sha256:` and 64 hexadecimal digits; `None` if the lookup failed.
    pub digest: Option<String>,
    /// Reason for a failed lookup.
    pub problem: Option<String>,
}

impl Lookup for ImageDigest {
    const NAME: &'static str = "docker.image_digest";
    /// `repository:tag`.
    type Question = String;
    type Answer = ResolvedImage;
}
