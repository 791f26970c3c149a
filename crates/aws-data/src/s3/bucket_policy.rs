//! Implementation of `s3.bucket_policy`. The identity is the bucket name.

use ohinfra_aws_core::{api_error, api_error_eventual, none_if_missing};
use ohinfra_core::contract::{
    Created, Deletion, Evidence, Found, Kind, Known, Live, Resolved, Subject, Update, attributes,
};
use ohinfra_core::tag_index::KnownTags;
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::s3::{BucketPolicy, BucketPolicyLive};

use super::Clients;

/// `s3.bucket_policy`
pub struct BucketPolicyKind(pub(crate) Clients);

type Inputs = Resolved<BucketPolicy>;

impl BucketPolicyKind {
    async fn policy(&self, region: &Region, bucket: &str) -> Result<Option<String>, ProviderError> {
        let result = self.0.in_region(region).get_bucket_policy().bucket(bucket).send().await;
        Ok(none_if_missing(result.map_err(api_error("s3:GetBucketPolicy")))?.and_then(|answer| answer.policy))
    }

    async fn put(&self, region: &Region, inputs: &Inputs) -> Result<(), ProviderError> {
        let call = self.0.in_region(region).put_bucket_policy().bucket(&inputs.bucket_name).policy(&inputs.document);
        call.send().await.map(|_| ()).map_err(api_error_eventual("s3:PutBucketPolicy"))
    }
}

impl Kind for BucketPolicyKind {
    type Definition = BucketPolicy;

    async fn find(&self, subject: &Subject, known: &Known<BucketPolicy>) -> Result<Option<Found>, ProviderError> {
        let Some(bucket) = &known.bucket_name else { return Ok(None) };
        let policy = self.policy(&subject.region, bucket).await?;
        Ok(policy.map(|_| Found::new(bucket.clone(), Evidence::Ours)))
    }

    async fn read_one(
        &self,
        region: &Region,
        bucket: &str,
        _tags: KnownTags<'_>,
    ) -> Result<Option<Live>, ProviderError> {
        Ok(self.policy(region, bucket).await?.map(|document| {
            let inputs = BucketPolicyLive { bucket_name: Some(bucket.to_owned()), document: Some(document) };
            Live::new(&inputs, attributes([("id", bucket)]))
        }))
    }

    async fn create(&self, subject: &Subject, inputs: &Inputs, _tags: &Tags) -> Result<Created, ProviderError> {
        self.put(&subject.region, inputs).await?;
        Ok(Created::new(&inputs.bucket_name, [("id", &inputs.bucket_name)]))
    }

    async fn update(&self, subject: &Subject, _bucket: &str, update: &Update<Inputs>) -> Result<(), ProviderError> {
        self.put(&subject.region, &update.desired).await
    }

    async fn delete(&self, region: &Region, bucket: &str, _how: Deletion) -> Result<(), ProviderError> {
        let result = self.0.in_region(region).delete_bucket_policy().bucket(bucket).send().await;
        none_if_missing(result.map_err(api_error("s3:DeleteBucketPolicy"))).map(|_| ())
    }
}
