//! Creates and configures the state bucket: versioning, encryption, blocked public access, TLS only. Idempotent.

use aws_sdk_s3::Client;
use aws_sdk_s3::error::BuildError;
use aws_sdk_s3::types::{
    BucketLifecycleConfiguration, BucketLocationConstraint, BucketVersioningStatus, CreateBucketConfiguration,
    ExpirationStatus, LifecycleExpiration, LifecycleRule, LifecycleRuleFilter, NoncurrentVersionExpiration,
    ObjectOwnership, PublicAccessBlockConfiguration, ServerSideEncryption, ServerSideEncryptionByDefault,
    ServerSideEncryptionConfiguration, ServerSideEncryptionRule, VersioningConfiguration,
};
use ohinfra_aws_core::{api_error, none_if_missing};
use ohinfra_core::document::same_meaning;
use ohinfra_core::error::ErrorKind;
use ohinfra_core::{ProviderError, Region};
use serde_json::json;

/// Creates the bucket if it does not exist and configures it for a state under `key`. Returns one line per change; empty if
/// the bucket was already configured.
pub async fn bootstrap(
    client: &Client,
    bucket: &str,
    key: &str,
    region: &Region,
    partition: &str,
) -> Result<Vec<String>, ProviderError> {
    let mut done = Vec::new();
    create(client, bucket, region, &mut done).await?;
    block_public_access(client, bucket, &mut done).await?;
    enable_encryption(client, bucket, &mut done).await?;
    enable_versioning(client, bucket, &mut done).await?;
    expire_versions(client, bucket, key, &mut done).await?;
    require_tls(client, bucket, partition, &mut done).await?;
    Ok(done)
}

async fn create(client: &Client, bucket: &str, region: &Region, done: &mut Vec<String>) -> Result<(), ProviderError> {
    let head = client.head_bucket().bucket(bucket).send().await.map_err(api_error("s3:ListBucket"));
    match none_if_missing(head) {
        Ok(Some(_)) => return Ok(()),
        Ok(None) => {}
        Err(error) if matches!(error.kind, ErrorKind::Denied | ErrorKind::Other) => {
            let message = format!("bucket `{bucket}` belongs to another account or is in another region");
            return Err(ProviderError { kind: ErrorKind::Exists, message, ..error });
        }
        Err(error) => return Err(error),
    }
    let call = client.create_bucket().bucket(bucket).object_ownership(ObjectOwnership::BucketOwnerEnforced);
    // us-east-1 is the default without a location constraint, and S3 rejects it as a constraint.
    let configuration = (*region != Region::us_east_1()).then(|| {
        let constraint = BucketLocationConstraint::from(region.as_str());
        CreateBucketConfiguration::builder().location_constraint(constraint).build()
    });
    call.set_create_bucket_configuration(configuration).send().await.map_err(api_error("s3:CreateBucket"))?;
    done.push(format!("created bucket {bucket} in {region}"));
    Ok(())
}

async fn block_public_access(client: &Client, bucket: &str, done: &mut Vec<String>) -> Result<(), ProviderError> {
    let desired = PublicAccessBlockConfiguration::builder()
        .block_public_acls(true)
        .ignore_public_acls(true)
        .block_public_policy(true)
        .restrict_public_buckets(true)
        .build();
    let answer = client.get_public_access_block().bucket(bucket).send().await;
    let existing = none_if_missing(answer.map_err(api_error("s3:GetBucketPublicAccessBlock")))?;
    if existing.and_then(|answer| answer.public_access_block_configuration).as_ref() == Some(&desired) {
        return Ok(());
    }
    let call = client.put_public_access_block().bucket(bucket).public_access_block_configuration(desired);
    call.send().await.map_err(api_error("s3:PutBucketPublicAccessBlock"))?;
    done.push("blocked public access".to_owned());
    Ok(())
}

async fn enable_encryption(client: &Client, bucket: &str, done: &mut Vec<String>) -> Result<(), ProviderError> {
    let operation = "s3:PutEncryptionConfiguration";
    let answer = client.get_bucket_encryption().bucket(bucket).send().await;
    let existing = none_if_missing(answer.map_err(api_error("s3:GetEncryptionConfiguration")))?;
    // Keep an existing encryption configuration, such as a KMS key.
    if existing.and_then(|answer| answer.server_side_encryption_configuration).is_some_and(|c| !c.rules.is_empty()) {
        return Ok(());
    }
    let defect = |error: BuildError| ProviderError::incomplete(operation, &error.to_string());
    let default =
        ServerSideEncryptionByDefault::builder().sse_algorithm(ServerSideEncryption::Aes256).build().map_err(defect)?;
    let rule = ServerSideEncryptionRule::builder().apply_server_side_encryption_by_default(default).build();
    let desired = ServerSideEncryptionConfiguration::builder().rules(rule).build().map_err(defect)?;
    let call = client.put_bucket_encryption().bucket(bucket).server_side_encryption_configuration(desired);
    call.send().await.map_err(api_error(operation))?;
    done.push("enabled encryption".to_owned());
    Ok(())
}

async fn enable_versioning(client: &Client, bucket: &str, done: &mut Vec<String>) -> Result<(), ProviderError> {
    let answer =
        client.get_bucket_versioning().bucket(bucket).send().await.map_err(api_error("s3:GetBucketVersioning"))?;
    if answer.status == Some(BucketVersioningStatus::Enabled) {
        return Ok(());
    }
    let desired = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
    let call = client.put_bucket_versioning().bucket(bucket).versioning_configuration(desired);
    call.send().await.map_err(api_error("s3:PutBucketVersioning"))?;
    done.push("enabled versioning".to_owned());
    Ok(())
}

/// The number of days after which older versions of the state expire. Every change of a resource writes a version; the
/// newest [`VERSIONS`] noncurrent ones never expire.
const STATE_DAYS: i32 = 90;
/// The number of noncurrent versions to keep: the maximum that S3 allows in a lifecycle rule.
const VERSIONS: i32 = 100;
/// The number of days after which older versions of the lock expire. Every heartbeat writes a version, and none is needed.
const LOCK_DAYS: i32 = 1;

async fn expire_versions(
    client: &Client,
    bucket: &str,
    key: &str,
    done: &mut Vec<String>,
) -> Result<(), ProviderError> {
    let operation = "s3:PutLifecycleConfiguration";
    let defect = |error: BuildError| ProviderError::incomplete(operation, &error.to_string());
    let rule = |id: String, prefix: &str, expiration: NoncurrentVersionExpiration| {
        LifecycleRule::builder()
            .id(id)
            .status(ExpirationStatus::Enabled)
            .filter(LifecycleRuleFilter::builder().prefix(prefix).build())
            .expiration(LifecycleExpiration::builder().expired_object_delete_marker(true).build())
            .noncurrent_version_expiration(expiration)
            .build()
            .map_err(defect)
    };
    let versions = NoncurrentVersionExpiration::builder();
    let desired = [
        rule(
            format!("ohinfra versions of {key}"),
            key,
            versions.clone().noncurrent_days(STATE_DAYS).newer_noncurrent_versions(VERSIONS).build(),
        )?,
        rule(format!("ohinfra lock of {key}"), &format!("{key}.lock"), versions.noncurrent_days(LOCK_DAYS).build())?,
    ];
    let answer = client.get_bucket_lifecycle_configuration().bucket(bucket).send().await;
    let existing = none_if_missing(answer.map_err(api_error("s3:GetLifecycleConfiguration")))?;
    let mut rules = existing.and_then(|answer| answer.rules).unwrap_or_default();
    if desired.iter().all(|rule| rules.contains(rule)) {
        return Ok(());
    }
    // Keep all other rules.
    rules.retain(|existing| desired.iter().all(|rule| rule.id != existing.id));
    rules.extend(desired);
    let desired = BucketLifecycleConfiguration::builder().set_rules(Some(rules)).build().map_err(defect)?;
    let call = client.put_bucket_lifecycle_configuration().bucket(bucket).lifecycle_configuration(desired);
    call.send().await.map_err(api_error(operation))?;
    done.push(format!(
        "set older versions of the state to expire after {STATE_DAYS} days, except the newest {VERSIONS}"
    ));
    Ok(())
}

async fn require_tls(
    client: &Client,
    bucket: &str,
    partition: &str,
    done: &mut Vec<String>,
) -> Result<(), ProviderError> {
    let statement = json!({
        "Sid": "DenyInsecureTransport",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [format!("arn:{partition}:s3:::{bucket}"), format!("arn:{partition}:s3:::{bucket}/*")],
        "Condition": { "Bool": { "aws:SecureTransport": "false" } },
    });
    let answer = client.get_bucket_policy().bucket(bucket).send().await.map_err(api_error("s3:GetBucketPolicy"));
    let existing = none_if_missing(answer)?.and_then(|answer| answer.policy);
    let mut policy = match existing.as_deref().map(serde_json::from_str::<serde_json::Value>) {
        Some(Ok(policy)) => policy,
        Some(Err(_)) | None => json!({ "Version": "2012-10-17", "Statement": [] }),
    };
    let before = policy.to_string();
    if let Some(statements) = policy["Statement"].as_array_mut() {
        // Keep all other statements.
        statements.retain(|existing| existing["Sid"] != statement["Sid"]);
        statements.push(statement);
    }
    if same_meaning(&before, &policy.to_string()) {
        return Ok(());
    }
    let call = client.put_bucket_policy().bucket(bucket).policy(policy.to_string());
    call.send().await.map_err(api_error("s3:PutBucketPolicy"))?;
    done.push("added TLS-only policy".to_owned());
    Ok(())
}
