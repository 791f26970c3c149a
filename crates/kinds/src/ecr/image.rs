//! Container image that ohinfra builds and pushes.

use std::collections::BTreeMap;
use std::time::Duration;

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::{Availability, REPLACE, WRITE_ONLY};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `ecr.image`
pub struct Image;

/// Inputs of a container image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImageInputs<T = String> {
    /// Name of the repository.
    pub repository_name: T,
    /// URI of the repository that the image is pushed to.
    pub repository_uri: T,
    /// Target platform, for example `linux/arm64`.
    pub platform: String,
    /// Package name of the build context. The image tag is the SHA-256 digest of the rendered context.
    pub package: String,
    /// Template parameters of the build context.
    pub parameters: BTreeMap<String, T>,
    /// Digest of the build context before rendering.
    pub digest: String,
}

impl Definition for Image {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = ImageInputs<T>;

    fn schema() -> Schema {
        Schema::new("ecr.image", "A container image that ohinfra builds and pushes")
            .input("repository_name", REPLACE)
            .unreported("repository_uri", WRITE_ONLY | REPLACE, "the repository is part of the ID")
            .unreported(
                "platform",
                WRITE_ONLY | REPLACE,
                "a build option; the platform of an existing image is not read",
            )
            .unreported("package", WRITE_ONLY | REPLACE, "rendered into the build context; the tag is its digest")
            .unreported("parameters", WRITE_ONLY | REPLACE, "rendered into the build context; the tag is its digest")
            .unreported("digest", WRITE_ONLY | REPLACE, "represented by the digest in the tag")
            .attribute("id", Availability::Early)
            .attribute("tag", Availability::Early)
            .untagged()
            .expected_create(Duration::from_secs(300))
    }
}
