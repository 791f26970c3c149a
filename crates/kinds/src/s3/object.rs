//! An object that the tool renders.

use std::collections::BTreeMap;

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::{Availability, REPLACE, WRITE_ONLY};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `s3.object`
pub struct Object;

/// Inputs of an object in a bucket.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ObjectInputs<T = String> {
    /// The bucket.
    pub bucket_name: T,
    /// The start of its key; the digest of its content follows.
    pub key_prefix: String,
    /// The end of its key.
    pub key_suffix: String,
    /// The name of the content.
    pub package: String,
    /// What it is rendered with.
    pub parameters: BTreeMap<String, T>,
    /// The digest of the content before it is rendered.
    pub digest: String,
}

impl Definition for Object {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = ObjectInputs<T>;

    fn schema() -> Schema {
        Schema::new("s3.object", "An object in a bucket")
            .input("bucket_name", REPLACE)
            .input("key_prefix", REPLACE)
            .input("key_suffix", REPLACE)
            .unreported(
                "package",
                WRITE_ONLY | REPLACE,
                "rendered into the object; the key is the digest of all inputs",
            )
            .unreported(
                "parameters",
                WRITE_ONLY | REPLACE,
                "rendered into the object; the key is the digest of all inputs",
            )
            .unreported("digest", WRITE_ONLY | REPLACE, "the key holds the digest of all inputs")
            .attribute("id", Availability::Early)
            .attribute("key", Availability::Early)
            .attribute("sha256", Availability::Early)
            .untagged()
    }
}
