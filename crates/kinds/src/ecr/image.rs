//! A container image that the tool builds.

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
    /// The repository. Replaces.
    pub repository_name: T,
    /// Where it is pushed to.
    pub repository_uri: T,
    /// What it runs on, for example `linux/arm64`.
    pub platform: String,
    /// The name of the context that it is built of; the context's digest is its tag.
    pub package: String,
    /// What the context is rendered with.
    pub parameters: BTreeMap<String, T>,
    /// The digest of the context.
    pub digest: String,
}

impl Definition for Image {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = ImageInputs<T>;

    fn schema() -> Schema {
        Schema::new("ecr.image", "A container image that the tool builds")
            .input("repository_name", REPLACE)
            .unreported("repository_uri", WRITE_ONLY | REPLACE, "the repository is part of the identity")
            .unreported(
                "platform",
                WRITE_ONLY | REPLACE,
                "rendered into the image; the tag is the digest of all inputs",
            )
            .unreported("package", WRITE_ONLY | REPLACE, "rendered into the image; the tag is the digest of all inputs")
            .unreported(
                "parameters",
                WRITE_ONLY | REPLACE,
                "rendered into the image; the tag is the digest of all inputs",
            )
            .unreported("digest", WRITE_ONLY | REPLACE, "the tag is the digest of all inputs")
            .attribute("id", Availability::Early)
            .attribute("tag", Availability::Early)
            .untagged()
            .usually(Duration::from_secs(300))
    }
}
