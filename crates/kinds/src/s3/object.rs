//! S3 object with content that ohinfra renders.

use std::collections::BTreeMap;

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::{Availability, REPLACE, WRITE_ONLY};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `s3.object`
pub struct Object;

/// Inputs of an S3 object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ObjectInputs<T = String> {
    /// Name of the bucket.
    pub bucket_name: T,
    /// Prefix of the object key, followed by the SHA-256 digest of the content.
    pub key_prefix: String,
    /// Suffix of the object key, for example `.zip`.
    pub key_suffix: String,
    /// Package name of the content.
    pub package: String,
    /// Template parameters of the content.
    pub parameters: BTreeMap<String, T>,
    /// Digest of the content before rendering.
    pub digest: String,
}

impl Definition for Object {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = ObjectInputs<T>;

    fn schema() -> Schema {
        Schema::new("s3.object", "An S3 object")
            .input("bucket_name", REPLACE)
            .input("key_prefix", REPLACE)
            .input("key_suffix", REPLACE)
            .unreported(
                "package",
                WRITE_ONLY | REPLACE,
                "rendered into the object; the key contains the digest of the content",
            )
            .unreported(
                "parameters",
                WRITE_ONLY | REPLACE,
                "rendered into the object; the key contains the digest of the content",
            )
            .unreported("digest", WRITE_ONLY | REPLACE, "represented by the digest in the key")
            .attribute("id", Availability::Early)
            .attribute("key", Availability::Early)
            .attribute("sha256", Availability::Early)
            .untagged()
    }
}
