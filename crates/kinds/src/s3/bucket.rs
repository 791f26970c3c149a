//! S3 bucket and its settings.

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::Availability;
use ohinfra_derive::Inputs;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `s3.bucket`
pub struct Bucket;

/// Inputs of a bucket. The bucket policy is a separate resource, because it references the bucket.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Inputs)]
pub struct BucketInputs<T = String> {
    /// Name of the bucket. Globally unique; 3 to 63 characters.
    #[input(replace, nominal)]
    pub bucket_name: String,
    /// Default encryption: `AES256` (S3-managed keys) or `aws:kms`.
    pub encryption: String,
    /// ID of the KMS key for `aws:kms`. Unset: the AWS managed key.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[input(defaulted)]
    pub kms_key_id: Option<T>,
    /// Keeps old object versions. Once enabled, versioning can only be suspended, not disabled.
    pub versioning: bool,
    /// Enables all four public access blocks.
    pub block_public_access: bool,
    /// Object ownership. `BucketOwnerEnforced` disables access control lists.
    pub object_ownership: String,
    /// Lifecycle rules, sorted by ID.
    #[input(structure)]
    pub lifecycle_rules: Vec<LifecycleRule>,
}

/// Lifecycle rule of a bucket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Inputs)]
pub struct LifecycleRule {
    /// ID of the rule, unique within the bucket.
    pub id: String,
    /// Age in days at which noncurrent object versions are deleted. Unset: never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub noncurrent_expiration_days: Option<i32>,
    /// Age in days at which incomplete multipart uploads are aborted. Unset: never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub abort_multipart_upload_days: Option<i32>,
}

impl Definition for Bucket {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = BucketInputs<T>;

    fn schema() -> Schema {
        Schema::of::<BucketInputs>(
            "s3.bucket",
            "An S3 bucket and its settings for encryption, versioning, access and lifecycle",
        )
        .attribute("id", Availability::Early)
        .attribute("name", Availability::Early)
        .attribute("arn", Availability::Early)
        .named_by(&["bucket_name"])
        .holds_data()
    }
}
