//! S3 bucket policy.

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::{Availability, DOCUMENT, REPLACE};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `s3.bucket_policy`
pub struct BucketPolicy;

/// Inputs of a bucket policy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BucketPolicyInputs<T = String> {
    /// Name of the bucket.
    pub bucket_name: T,
    /// Policy document (JSON); at most 20 KB.
    pub document: T,
}

impl Definition for BucketPolicy {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = BucketPolicyInputs<T>;

    fn schema() -> Schema {
        Schema::new("s3.bucket_policy", "An S3 bucket policy")
            .input("bucket_name", REPLACE)
            .input("document", DOCUMENT)
            .attribute("id", Availability::Early)
            .named_by(&["bucket_name"])
            .untagged()
    }
}
