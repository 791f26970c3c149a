//! What builds images.

use ohinfra_core::look_up::LookUp;
use serde::{Deserialize, Serialize};

/// `docker buildx version` on this machine.
pub struct Buildx;

impl LookUp for Buildx {
    const NAME: &'static str = "docker.buildx";
    type Question = ();
    /// What it says; none if there is no such thing.
    type Answer = Option<String>;
}

/// The digest that a tag of a published image names now, as docker reads it from the registry.
pub struct ImageDigest;

/// What the registry answered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResolvedImage {
    /// `sha256:` and 64 hexadecimal digits; none if it could not be read.
    pub digest: Option<String>,
    /// Why it could not be read.
    pub problem: Option<String>,
}

impl LookUp for ImageDigest {
    const NAME: &'static str = "docker.image_digest";
    /// `repository:tag`.
    type Question = String;
    type Answer = ResolvedImage;
}
