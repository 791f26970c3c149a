//! S3 object with content that ohinfra renders.

use std::collections::BTreeMap;

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::Availability;
use ohinfra_derive::Inputs;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `s3.object`
pub struct Object;

/// Inputs of an S3 object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Inputs)]
pub struct ObjectInputs<T = String> {
    /// Name of the bucket.
    #[input(replace)]
    pub bucket_name: T,
    /// Prefix of the object key, followed by the SHA-256 digest of the content.
    #[input(replace)]
    pub key_prefix: String,
    /// Suffix of the object key, for example `.zip`.
    #[input(replace)]
    pub key_suffix: String,
    /// Package name of the content.
    #[input(replace, unreported = "rendered into the object; the key contains the digest of the content")]
    pub package: String,
    /// Template parameters of the content.
    #[input(replace, unreported = "rendered into the object; the key contains the digest of the content")]
    pub parameters: BTreeMap<String, T>,
    /// Digest of the content before rendering.
    #[input(replace, unreported = "represented by the digest in the key")]
    pub digest: String,
}

impl Definition for Object {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = ObjectInputs<T>;

    fn schema() -> Schema {
        Schema::of::<ObjectInputs>("s3.object", "An S3 object")
            .attribute("id", Availability::Early)
            .attribute("key", Availability::Early)
            .attribute("sha256", Availability::Early)
            .untagged()
    }
}
