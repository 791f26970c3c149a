//! An S3 bucket with all its sub-configurations.

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::{Availability, DEFAULTED, NOMINAL, REPLACE};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `s3.bucket`
pub struct Bucket;

/// Inputs of a bucket. Its policy is a resource of its own, because it refers to the bucket.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BucketInputs<T = String> {
    /// Unique among all of AWS; 3 to 63 characters. Replaces.
    pub bucket_name: String,
    /// `AES256` (S3's own keys) or `aws:kms`.
    pub encryption: String,
    /// The key, for `aws:kms`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kms_key_id: Option<T>,
    /// Whether old versions are kept. AWS can only suspend it again, not switch it off.
    pub versioning: bool,
    /// All four public-access blocks.
    pub block_public_access: bool,
    /// `BucketOwnerEnforced` switches access control lists off.
    pub object_ownership: String,
    /// In the order of their ids.
    pub lifecycle_rules: Vec<LifecycleRule>,
}

/// A rule that cleans up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LifecycleRule {
    /// Its name within the bucket.
    pub id: String,
    /// Days after which a version that is no longer current is deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub noncurrent_expiration_days: Option<i32>,
    /// Days after which an upload that was not finished is aborted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub abort_multipart_upload_days: Option<i32>,
}

impl Definition for Bucket {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = BucketInputs<T>;

    fn schema() -> Schema {
        Schema::new("s3.bucket", "A bucket with versioning, encryption, access blocks, ownership and lifecycle")
            .input("bucket_name", REPLACE | NOMINAL)
            .plain("encryption")
            .input("kms_key_id", DEFAULTED)
            .plain("versioning")
            .plain("block_public_access")
            .plain("object_ownership")
            .plain("lifecycle_rules")
            .attribute("id", Availability::Early)
            .attribute("name", Availability::Early)
            .attribute("arn", Availability::Early)
            .named_by(&["bucket_name"])
            .holds_data()
    }
}
