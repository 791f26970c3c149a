//! Implementation of `s3.bucket`.

use aws_sdk_s3::types::{
    BucketLocationConstraint, CreateBucketConfiguration, ObjectOwnership, ServerSideEncryptionRule,
};
use futures::future::{try_join3, try_join4};
use ohinfra_aws_core::{api_error, none_if_missing};
use ohinfra_core::contract::{
    Created, Deletion, Evidence, Found, Kind, Known, Live, Resolved, Subject, Update, attributes,
};
use ohinfra_core::error::ErrorKind;
use ohinfra_core::tag_index::KnownTags;
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::s3::{Bucket, BucketLive};

use super::{Clients, emptying, settings};

/// `s3.bucket`
pub struct BucketKind(pub(crate) Clients);

type Inputs = Resolved<Bucket>;

impl BucketKind {
    async fn arn(&self, bucket: &str) -> Result<String, ProviderError> {
        Ok(format!("arn:{}:s3:::{bucket}", self.0.connection().caller().details().await?.partition()))
    }

    async fn created(&self, bucket: &str) -> Result<Created, ProviderError> {
        let arn = self.arn(bucket).await?;
        Ok(Created::new(bucket, [("id", bucket), ("name", bucket), ("arn", &arn)]))
    }

    async fn tags(&self, region: &Region, bucket: &str, known: KnownTags<'_>) -> Result<Tags, ProviderError> {
        match known.get(region, &self.arn(bucket).await?).await {
            Some(tags) => Ok(tags),
            None => settings::tags(&self.0.in_region(region), bucket).await,
        }
    }

    /// Returns `true` if the account has a bucket with this name.
    ///
    /// # Errors
    /// The permission to list buckets is missing: the owner cannot be determined.
    async fn is_of_this_account(&self, region: &Region, bucket: &str) -> Result<bool, ProviderError> {
        let pages = self.0.in_region(region).list_buckets().prefix(bucket).into_paginator().items().send();
        let buckets = pages.collect::<Result<Vec<_>, _>>().await.map_err(api_error("s3:ListAllMyBuckets"))?;
        Ok(buckets.iter().any(|one| one.name() == Some(bucket)))
    }

    /// Writes the settings selected by `wanted`.
    async fn put(
        &self,
        region: &Region,
        bucket: &str,
        inputs: &Inputs,
        encryption: Option<ServerSideEncryptionRule>,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<(), ProviderError> {
        let client = &self.0.in_region(region);
        // Sequentially: S3 rejects concurrent changes of one bucket with OperationAborted.
        if wanted("block_public_access") {
            settings::put_public_access_block(client, bucket, inputs).await?;
        }
        if wanted("object_ownership") {
            settings::put_ownership(client, bucket, inputs).await?;
        }
        if wanted("encryption") || wanted("kms_key_id") {
            settings::put_encryption(client, bucket, inputs, encryption).await?;
        }
        if wanted("versioning") {
            settings::put_versioning(client, bucket, inputs).await?;
        }
        if wanted("lifecycle_rules") {
            settings::put_lifecycle(client, bucket, inputs).await?;
        }
        Ok(())
    }
}

impl Kind for BucketKind {
    type Definition = Bucket;

    async fn find(&self, subject: &Subject, known: &Known<Bucket>) -> Result<Option<Found>, ProviderError> {
        let bucket = &known.bucket_name;
        let client = self.0.in_region(&subject.region);
        match none_if_missing(client.head_bucket().bucket(bucket).send().await.map_err(api_error("s3:ListBucket"))) {
            Ok(None) => Ok(None),
            Ok(Some(_)) => {
                let tags = self.tags(&subject.region, bucket, KnownTags::NONE).await?;
                Ok(Some(Found::new(bucket.clone(), Evidence::Tags(tags))))
            }
            // 403: owned by another account, or the caller lacks the permission (the response has no message).
            Err(error)
                if error.kind == ErrorKind::Denied && self.is_of_this_account(&subject.region, bucket).await? =>
            {
                Err(error)
            }
            // 403 and 301: the name is in use, by another account or in another region.
            Err(error) if error.kind == ErrorKind::Denied || error.kind == ErrorKind::Other => {
                Ok(Some(Found::new(bucket.clone(), Evidence::NotOurs)))
            }
            Err(error) => Err(error),
        }
    }

    async fn read_one(
        &self,
        region: &Region,
        bucket: &str,
        tags: KnownTags<'_>,
    ) -> Result<Option<Live>, ProviderError> {
        let client = &self.0.in_region(region);
        let first = try_join4(
            self.tags(region, bucket, tags),
            settings::versioning(client, bucket),
            settings::encryption(client, bucket),
            settings::public_access_block(client, bucket),
        );
        let second =
            try_join3(settings::ownership(client, bucket), settings::lifecycle(client, bucket), self.arn(bucket));
        let (first, second) = match Box::pin(futures::future::try_join(first, second)).await {
            Ok(answers) => answers,
            Err(error) if settings::is_bucket_missing(&error) => return Ok(None),
            Err(error) => return Err(error),
        };
        let (
            (tags, versioning, (encryption, kms_key_id), block_public_access),
            (object_ownership, lifecycle_rules, arn),
        ) = (first, second);
        let inputs = BucketLive {
            bucket_name: Some(bucket.to_owned()),
            encryption: Some(encryption),
            kms_key_id,
            versioning: Some(versioning),
            block_public_access: Some(block_public_access),
            object_ownership: Some(object_ownership),
            lifecycle_rules: Some(lifecycle_rules),
        };
        Ok(Some(Live::new(&inputs, attributes([("id", bucket), ("name", bucket), ("arn", &arn)])).tagged(tags)))
    }

    async fn create(&self, subject: &Subject, inputs: &Inputs, tags: &Tags) -> Result<Created, ProviderError> {
        let (region, bucket) = (&subject.region, &inputs.bucket_name);
        let operation = "s3:CreateBucket";
        // Without a location constraint the bucket is created in us-east-1; S3 rejects us-east-1 as a constraint.
        let elsewhere = *region != Region::us_east_1();
        // Tagged at creation (requires s3:TagResource), so that a bucket of this deployment always has its ownership tags.
        let configuration = CreateBucketConfiguration::builder()
            .set_location_constraint(elsewhere.then(|| BucketLocationConstraint::from(region.as_str())))
            .set_tags(Some(settings::to_tags(tags, operation)?))
            .build();
        let call = self.0.in_region(region).create_bucket().bucket(bucket).create_bucket_configuration(configuration);
        let call = call.object_ownership(ObjectOwnership::from(inputs.object_ownership.as_str()));
        call.send().await.map_err(api_error(operation))?;
        // A bucket that was just created may not be visible to the next call.
        self.put(region, bucket, inputs, None, |setting| setting != "object_ownership").await.map_err(|error| {
            if settings::is_bucket_missing(&error) {
                ProviderError { kind: ErrorKind::NotYetVisible, ..error }
            } else {
                error
            }
        })?;
        self.created(bucket).await
    }

    async fn update(&self, subject: &Subject, bucket: &str, update: &Update<Inputs>) -> Result<(), ProviderError> {
        let client = self.0.in_region(&subject.region);
        let encryption = if update.changes("encryption") || update.changes("kms_key_id") {
            settings::encryption_rule(&client, bucket).await?
        } else {
            None
        };
        self.put(&subject.region, bucket, &update.desired, encryption, |setting| update.changes(setting)).await
    }

    /// Replaces all tags, because S3 has no call that sets single tags.
    async fn set_tags(&self, region: &Region, bucket: &str, tags: &Tags) -> Result<(), ProviderError> {
        let client = self.0.in_region(region);
        let mut all = settings::tags(&client, bucket).await?;
        all.extend(tags.clone());
        settings::put_tags(&client, bucket, &all).await
    }

    /// Replaces all tags, because S3 has no call that removes single tags.
    async fn remove_tags(&self, region: &Region, bucket: &str, keys: &[String]) -> Result<(), ProviderError> {
        let client = self.0.in_region(region);
        let mut all = settings::tags(&client, bucket).await?;
        all.retain(|key, _| !keys.contains(key));
        settings::put_tags(&client, bucket, &all).await
    }

    async fn delete(&self, region: &Region, bucket: &str, how: Deletion) -> Result<(), ProviderError> {
        let client = self.0.in_region(region);
        if how == Deletion::Purge {
            emptying::empty(&client, bucket).await?;
        }
        none_if_missing(client.delete_bucket().bucket(bucket).send().await.map_err(api_error("s3:DeleteBucket")))
            .map(|_| ())
    }
}
