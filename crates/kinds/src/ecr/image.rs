//! Container image that ohinfra builds and pushes.

use std::collections::BTreeMap;
use std::time::Duration;

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::Availability;
use ohinfra_derive::Inputs;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `ecr.image`
pub struct Image;

/// Inputs of a container image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Inputs)]
pub struct ImageInputs<T = String> {
    /// Name of the repository.
    #[input(replace)]
    pub repository_name: T,
    /// URI of the repository that the image is pushed to.
    #[input(replace, unreported = "the repository is part of the ID")]
    pub repository_uri: T,
    /// Target platform, for example `linux/arm64`.
    #[input(replace, unreported = "a build option; the platform of an existing image is not read")]
    pub platform: String,
    /// Package name of the build context. The image tag is the SHA-256 digest of the rendered context.
    #[input(replace, unreported = "rendered into the build context; the tag is its digest")]
    pub package: String,
    /// Template parameters of the build context.
    #[input(replace, unreported = "rendered into the build context; the tag is its digest")]
    pub parameters: BTreeMap<String, T>,
    /// Digest of the build context before rendering.
    #[input(replace, unreported = "represented by the digest in the tag")]
    pub digest: String,
}

impl Definition for Image {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = ImageInputs<T>;

    fn schema() -> Schema {
        Schema::of::<ImageInputs>("ecr.image", "A container image that ohinfra builds and pushes")
            .attribute("id", Availability::Early)
            .attribute("tag", Availability::Early)
            .untagged()
            .expected_create(Duration::from_secs(300))
    }
}
