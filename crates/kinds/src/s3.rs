//! Amazon S3.

pub mod bucket;
pub mod bucket_policy;

pub use bucket::{Bucket, BucketInputs, LifecycleRule};
pub use bucket_policy::{BucketPolicy, BucketPolicyInputs};
