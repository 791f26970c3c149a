//! Bucket settings, each with a call to read and a call to write.

use aws_sdk_s3::Client;
use aws_sdk_s3::error::BuildError;
use aws_sdk_s3::types::{
    AbortIncompleteMultipartUpload, BucketLifecycleConfiguration, BucketVersioningStatus, ExpirationStatus,
    LifecycleRule as AwsRule, LifecycleRuleFilter, NoncurrentVersionExpiration, ObjectOwnership, OwnershipControls,
    OwnershipControlsRule, PublicAccessBlockConfiguration, ServerSideEncryption, ServerSideEncryptionByDefault,
    ServerSideEncryptionConfiguration, ServerSideEncryptionRule, Tag, Tagging, VersioningConfiguration,
};
use ohinfra_aws_core::{api_error, none_if_missing};
use ohinfra_core::ProviderError;
use ohinfra_core::contract::Resolved;
use ohinfra_core::tags::Tags;
use ohinfra_kinds::s3::{Bucket, LifecycleRule};

type Inputs = Resolved<Bucket>;
type Done = Result<(), ProviderError>;

/// Converts a missing required member of a request, which only a defect in ohinfra can cause.
fn defect(operation: &'static str) -> impl Fn(BuildError) -> ProviderError {
    move |error| ProviderError::incomplete(operation, &error.to_string())
}

/// Converts a missing setting to `None`. A missing bucket remains an error, see [`is_bucket_missing`].
fn absent<T>(result: Result<T, ProviderError>) -> Result<Option<T>, ProviderError> {
    match result {
        Err(error) if is_bucket_missing(&error) => Err(error),
        result => none_if_missing(result),
    }
}

/// Returns `true` if a read failed because the bucket does not exist.
pub(super) fn is_bucket_missing(error: &ProviderError) -> bool {
    error.code.as_deref() == Some("NoSuchBucket")
}

pub(super) async fn tags(client: &Client, bucket: &str) -> Result<Tags, ProviderError> {
    let result = client.get_bucket_tagging().bucket(bucket).send().await.map_err(api_error("s3:GetBucketTagging"));
    let tags = absent(result)?.map(|answer| answer.tag_set).unwrap_or_default();
    Ok(tags.into_iter().map(|tag| (tag.key, tag.value)).collect())
}

pub(super) fn to_tags(tags: &Tags, operation: &'static str) -> Result<Vec<Tag>, ProviderError> {
    let tag = |(key, value): (&String, &String)| Tag::builder().key(key).value(value).build();
    tags.iter().map(tag).collect::<Result<_, _>>().map_err(defect(operation))
}

/// Replaces all tags of the bucket.
pub(super) async fn put_tags(client: &Client, bucket: &str, tags: &Tags) -> Done {
    let operation = "s3:PutBucketTagging";
    let tagging = Tagging::builder().set_tag_set(Some(to_tags(tags, operation)?)).build().map_err(defect(operation))?;
    client.put_bucket_tagging().bucket(bucket).tagging(tagging).send().await.map(|_| ()).map_err(api_error(operation))
}

pub(super) async fn versioning(client: &Client, bucket: &str) -> Result<bool, ProviderError> {
    let result =
        client.get_bucket_versioning().bucket(bucket).send().await.map_err(api_error("s3:GetBucketVersioning"));
    Ok(absent(result)?.and_then(|answer| answer.status) == Some(BucketVersioningStatus::Enabled))
}

pub(super) async fn put_versioning(client: &Client, bucket: &str, inputs: &Inputs) -> Done {
    let status = if inputs.versioning { BucketVersioningStatus::Enabled } else { BucketVersioningStatus::Suspended };
    let configuration = VersioningConfiguration::builder().status(status).build();
    let call = client.put_bucket_versioning().bucket(bucket).versioning_configuration(configuration);
    call.send().await.map(|_| ()).map_err(api_error("s3:PutBucketVersioning"))
}

/// Returns the rule of the default encryption.
pub(super) async fn encryption_rule(
    client: &Client,
    bucket: &str,
) -> Result<Option<ServerSideEncryptionRule>, ProviderError> {
    let result = client.get_bucket_encryption().bucket(bucket).send().await;
    let answer = absent(result.map_err(api_error("s3:GetEncryptionConfiguration")))?;
    let rules =
        answer.and_then(|answer| answer.server_side_encryption_configuration).map(|c| c.rules).unwrap_or_default();
    Ok(rules.into_iter().next())
}

/// Returns the algorithm and the key of the default encryption. The algorithm is empty if the bucket has no default encryption,
/// which differs from every configured algorithm.
pub(super) async fn encryption(client: &Client, bucket: &str) -> Result<(String, Option<String>), ProviderError> {
    let rule = encryption_rule(client, bucket).await?;
    let default = rule.and_then(|rule| rule.apply_server_side_encryption_by_default);
    Ok(default.map_or_else(Default::default, |d| (d.sse_algorithm.as_str().to_owned(), d.kms_master_key_id)))
}

/// Sets the default encryption. The settings of the live rule that are not inputs stay.
pub(super) async fn put_encryption(
    client: &Client,
    bucket: &str,
    inputs: &Inputs,
    live: Option<ServerSideEncryptionRule>,
) -> Done {
    let operation = "s3:PutEncryptionConfiguration";
    let default = ServerSideEncryptionByDefault::builder()
        .sse_algorithm(ServerSideEncryption::from(inputs.encryption.as_str()))
        .set_kms_master_key_id(inputs.kms_key_id.clone())
        .build()
        .map_err(defect(operation))?;
    let mut rule = live.unwrap_or_else(|| ServerSideEncryptionRule::builder().build());
    rule.apply_server_side_encryption_by_default = Some(default);
    let configuration = ServerSideEncryptionConfiguration::builder().rules(rule).build().map_err(defect(operation))?;
    let call = client.put_bucket_encryption().bucket(bucket).server_side_encryption_configuration(configuration);
    call.send().await.map(|_| ()).map_err(api_error(operation))
}

/// Returns `true` if all four public access blocks are enabled.
pub(super) async fn public_access_block(client: &Client, bucket: &str) -> Result<bool, ProviderError> {
    let result = client.get_public_access_block().bucket(bucket).send().await;
    let answer = absent(result.map_err(api_error("s3:GetBucketPublicAccessBlock")))?;
    let block = answer.and_then(|answer| answer.public_access_block_configuration);
    Ok(block.is_some_and(|block| {
        [block.block_public_acls, block.ignore_public_acls, block.block_public_policy, block.restrict_public_buckets]
            .iter()
            .all(|flag| *flag == Some(true))
    }))
}

pub(super) async fn put_public_access_block(client: &Client, bucket: &str, inputs: &Inputs) -> Done {
    let on = inputs.block_public_access;
    let configuration = PublicAccessBlockConfiguration::builder()
        .block_public_acls(on)
        .ignore_public_acls(on)
        .block_public_policy(on)
        .restrict_public_buckets(on)
        .build();
    let call = client.put_public_access_block().bucket(bucket).public_access_block_configuration(configuration);
    call.send().await.map(|_| ()).map_err(api_error("s3:PutBucketPublicAccessBlock"))
}

pub(super) async fn ownership(client: &Client, bucket: &str) -> Result<String, ProviderError> {
    let result = client.get_bucket_ownership_controls().bucket(bucket).send().await;
    let answer = absent(result.map_err(api_error("s3:GetBucketOwnershipControls")))?;
    let rules = answer.and_then(|answer| answer.ownership_controls).map(|controls| controls.rules).unwrap_or_default();
    // Without ownership controls, S3 behaves like `ObjectWriter`.
    Ok(rules.first().map_or("ObjectWriter", |rule| rule.object_ownership.as_str()).to_owned())
}

pub(super) async fn put_ownership(client: &Client, bucket: &str, inputs: &Inputs) -> Done {
    let operation = "s3:PutBucketOwnershipControls";
    let ownership = ObjectOwnership::from(inputs.object_ownership.as_str());
    let rule = OwnershipControlsRule::builder().object_ownership(ownership).build().map_err(defect(operation))?;
    let controls = OwnershipControls::builder().rules(rule).build().map_err(defect(operation))?;
    let call = client.put_bucket_ownership_controls().bucket(bucket).ownership_controls(controls);
    call.send().await.map(|_| ()).map_err(api_error(operation))
}

/// Returns the lifecycle rules. The ID of a rule with settings that are not inputs gets a suffix, so that the rule differs.
pub(super) async fn lifecycle(client: &Client, bucket: &str) -> Result<Vec<LifecycleRule>, ProviderError> {
    let result = client.get_bucket_lifecycle_configuration().bucket(bucket).send().await;
    let answer = absent(result.map_err(api_error("s3:GetLifecycleConfiguration")))?;
    let rule = |rule: AwsRule| {
        let is_whole_bucket = rule.filter.as_ref().is_none_or(|filter| {
            let is_empty = |prefix: &Option<String>| prefix.as_deref().is_none_or(str::is_empty);
            *filter == LifecycleRuleFilter::builder().set_prefix(filter.prefix.clone()).build()
                && is_empty(&filter.prefix)
        });
        let noncurrent = rule.noncurrent_version_expiration.as_ref();
        let foreign = rule.status != ExpirationStatus::Enabled
            || !is_whole_bucket
            || rule.expiration.is_some()
            || rule.transitions.is_some()
            || rule.noncurrent_version_transitions.is_some()
            || noncurrent.is_some_and(|expiration| expiration.newer_noncurrent_versions.is_some());
        let id = rule.id.unwrap_or_default();
        LifecycleRule {
            id: if foreign { format!("{id} (with other settings)") } else { id },
            noncurrent_expiration_days: rule.noncurrent_version_expiration.and_then(|e| e.noncurrent_days),
            abort_multipart_upload_days: rule.abort_incomplete_multipart_upload.and_then(|a| a.days_after_initiation),
        }
    };
    let mut rules: Vec<LifecycleRule> =
        answer.and_then(|a| a.rules).unwrap_or_default().into_iter().map(rule).collect();
    rules.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(rules)
}

pub(super) async fn put_lifecycle(client: &Client, bucket: &str, inputs: &Inputs) -> Done {
    let operation = "s3:PutLifecycleConfiguration";
    if inputs.lifecycle_rules.is_empty() {
        let result = client.delete_bucket_lifecycle().bucket(bucket).send().await;
        return result.map(|_| ()).map_err(api_error(operation));
    }
    let rule = |rule: &LifecycleRule| {
        let expiration = rule.noncurrent_expiration_days;
        let abort = rule.abort_multipart_upload_days;
        AwsRule::builder()
            .id(&rule.id)
            .status(ExpirationStatus::Enabled)
            .filter(LifecycleRuleFilter::builder().prefix("").build())
            .set_noncurrent_version_expiration(
                expiration.map(|days| NoncurrentVersionExpiration::builder().noncurrent_days(days).build()),
            )
            .set_abort_incomplete_multipart_upload(
                abort.map(|days| AbortIncompleteMultipartUpload::builder().days_after_initiation(days).build()),
            )
            .build()
            .map_err(defect(operation))
    };
    let rules = inputs.lifecycle_rules.iter().map(rule).collect::<Result<Vec<_>, _>>()?;
    let configuration =
        BucketLifecycleConfiguration::builder().set_rules(Some(rules)).build().map_err(defect(operation))?;
    let call = client.put_bucket_lifecycle_configuration().bucket(bucket).lifecycle_configuration(configuration);
    call.send().await.map(|_| ()).map_err(api_error(operation))
}
