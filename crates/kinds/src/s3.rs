//! Amazon S3.

pub mod bucket;
pub mod bucket_policy;
pub mod object;

pub use bucket::{Bucket, BucketInputs, BucketLive, LifecycleRule};
pub use bucket_policy::{BucketPolicy, BucketPolicyInputs, BucketPolicyLive};
pub use object::{Object, ObjectInputs, ObjectLive};
