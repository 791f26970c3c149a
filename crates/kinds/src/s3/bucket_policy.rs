//! S3 bucket policy.

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::Availability;
use ohinfra_derive::Inputs;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `s3.bucket_policy`
pub struct BucketPolicy;

/// Inputs of a bucket policy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Inputs)]
pub struct BucketPolicyInputs<T = String> {
    /// Name of the bucket.
    #[input(replace)]
    pub bucket_name: T,
    /// Policy document (JSON); at most 20 KB.
    #[input(document)]
    pub document: T,
}

impl Definition for BucketPolicy {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = BucketPolicyInputs<T>;

    fn schema() -> Schema {
        Schema::of::<BucketPolicyInputs>("s3.bucket_policy", "An S3 bucket policy")
            .attribute("id", Availability::Early)
            .named_by(&["bucket_name"])
            .untagged()
    }
}
