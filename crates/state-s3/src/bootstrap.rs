//! Makes the state bucket and checks it: versioning, encryption, public access blocked, TLS only. Idempotent.

use aws_sdk_s3::Client;
use aws_sdk_s3::error::BuildError;
use aws_sdk_s3::types::{
    BucketLifecycleConfiguration, BucketLocationConstraint, BucketVersioningStatus, CreateBucketConfiguration,
    ExpirationStatus, LifecycleExpiration, LifecycleRule, LifecycleRuleFilter, NoncurrentVersionExpiration,
    ObjectOwnership, PublicAccessBlockConfiguration, ServerSideEncryption, ServerSideEncryptionByDefault,
    ServerSideEncryptionConfiguration, ServerSideEncryptionRule, VersioningConfiguration,
};
use ohinfra_aws_core::{failed, is_missing};
use ohinfra_core::document::same_meaning;
use ohinfra_core::error::ErrorKind;
use ohinfra_core::{ProviderError, Region};
use serde_json::json;

/// Makes the bucket what it must be for a state under `key`, and says what was done: one line each, none if there was nothing to do.
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
    encrypt(client, bucket, &mut done).await?;
    keep_versions(client, bucket, &mut done).await?;
    expire_versions(client, bucket, key, &mut done).await?;
    require_tls(client, bucket, partition, &mut done).await?;
    Ok(done)
}

async fn create(client: &Client, bucket: &str, region: &Region, done: &mut Vec<String>) -> Result<(), ProviderError> {
    let head = client.head_bucket().bucket(bucket).send().await.map_err(failed("s3:ListBucket"));
    match is_missing(head) {
        Ok(Some(_)) => return Ok(()),
        Ok(None) => {}
        Err(error) if matches!(error.kind, ErrorKind::Denied | ErrorKind::Other) => {
            let message = format!("the bucket `{bucket}` belongs to another account or is in another region");
            return Err(ProviderError { kind: ErrorKind::Exists, message, ..error });
        }
        Err(error) => return Err(error),
    }
    let call = client.create_bucket().bucket(bucket).object_ownership(ObjectOwnership::BucketOwnerEnforced);
    // us-east-1 is where a bucket goes without a constraint, and S3 refuses it as one.
    let elsewhere = (*region != Region::us_east_1()).then(|| {
        let constraint = BucketLocationConstraint::from(region.as_str());
        CreateBucketConfiguration::builder().location_constraint(constraint).build()
    });
    call.set_create_bucket_configuration(elsewhere).send().await.map_err(failed("s3:CreateBucket"))?;
    done.push(format!("made the bucket {bucket} in {region}"));
    Ok(())
}

async fn block_public_access(client: &Client, bucket: &str, done: &mut Vec<String>) -> Result<(), ProviderError> {
    let wanted = PublicAccessBlockConfiguration::builder()
        .block_public_acls(true)
        .ignore_public_acls(true)
        .block_public_policy(true)
        .restrict_public_buckets(true)
        .build();
    let answer = client.get_public_access_block().bucket(bucket).send().await;
    let there = is_missing(answer.map_err(failed("s3:GetBucketPublicAccessBlock")))?;
    if there.and_then(|answer| answer.public_access_block_configuration).as_ref() == Some(&wanted) {
        return Ok(());
    }
    let call = client.put_public_access_block().bucket(bucket).public_access_block_configuration(wanted);
    call.send().await.map_err(failed("s3:PutBucketPublicAccessBlock"))?;
    done.push("blocked public access".to_owned());
    Ok(())
}

async fn encrypt(client: &Client, bucket: &str, done: &mut Vec<String>) -> Result<(), ProviderError> {
    let operation = "s3:PutEncryptionConfiguration";
    let answer = client.get_bucket_encryption().bucket(bucket).send().await;
    let there = is_missing(answer.map_err(failed("s3:GetEncryptionConfiguration")))?;
    // A stricter encryption of the user's own (a key in KMS) stays.
    if there.and_then(|answer| answer.server_side_encryption_configuration).is_some_and(|c| !c.rules.is_empty()) {
        return Ok(());
    }
    let defect = |error: BuildError| ProviderError::incomplete(operation, &error.to_string());
    let default =
        ServerSideEncryptionByDefault::builder().sse_algorithm(ServerSideEncryption::Aes256).build().map_err(defect)?;
    let rule = ServerSideEncryptionRule::builder().apply_server_side_encryption_by_default(default).build();
    let wanted = ServerSideEncryptionConfiguration::builder().rules(rule).build().map_err(defect)?;
    let call = client.put_bucket_encryption().bucket(bucket).server_side_encryption_configuration(wanted);
    call.send().await.map_err(failed(operation))?;
    done.push("switched encryption on".to_owned());
    Ok(())
}

async fn keep_versions(client: &Client, bucket: &str, done: &mut Vec<String>) -> Result<(), ProviderError> {
    let answer =
        client.get_bucket_versioning().bucket(bucket).send().await.map_err(failed("s3:GetBucketVersioning"))?;
    if answer.status == Some(BucketVersioningStatus::Enabled) {
        return Ok(());
    }
    let wanted = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
    let call = client.put_bucket_versioning().bucket(bucket).versioning_configuration(wanted);
    call.send().await.map_err(failed("s3:PutBucketVersioning"))?;
    done.push("switched versioning on".to_owned());
    Ok(())
}

/// Older versions of the state, which every change of a resource makes, expire after this many days; the newest
/// [`VERSIONS`] stay in any case.
const STATE_DAYS: i32 = 90;
/// As many as S3 lets a rule keep.
const VERSIONS: i32 = 100;
/// Versions of a lock, one for each heartbeat, are of no use to anybody.
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
    let wanted = [
        rule(
            format!("ohinfra versions of {key}"),
            key,
            versions.clone().noncurrent_days(STATE_DAYS).newer_noncurrent_versions(VERSIONS).build(),
        )?,
        rule(format!("ohinfra lock of {key}"), &format!("{key}.lock"), versions.noncurrent_days(LOCK_DAYS).build())?,
    ];
    let answer = client.get_bucket_lifecycle_configuration().bucket(bucket).send().await;
    let there = is_missing(answer.map_err(failed("s3:GetLifecycleConfiguration")))?;
    let mut rules = there.and_then(|answer| answer.rules).unwrap_or_default();
    if wanted.iter().all(|rule| rules.contains(rule)) {
        return Ok(());
    }
    // Rules of the user's own stay.
    rules.retain(|there| wanted.iter().all(|rule| rule.id != there.id));
    rules.extend(wanted);
    let wanted = BucketLifecycleConfiguration::builder().set_rules(Some(rules)).build().map_err(defect)?;
    let call = client.put_bucket_lifecycle_configuration().bucket(bucket).lifecycle_configuration(wanted);
    call.send().await.map_err(failed(operation))?;
    done.push(format!("set versions to expire: of the state after {STATE_DAYS} days, the newest {VERSIONS} never"));
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
    let answer = client.get_bucket_policy().bucket(bucket).send().await.map_err(failed("s3:GetBucketPolicy"));
    let there = is_missing(answer)?.and_then(|answer| answer.policy);
    let mut policy = match there.as_deref().map(serde_json::from_str::<serde_json::Value>) {
        Some(Ok(policy)) => policy,
        Some(Err(_)) | None => json!({ "Version": "2012-10-17", "Statement": [] }),
    };
    let before = policy.to_string();
    if let Some(statements) = policy["Statement"].as_array_mut() {
        // Statements of the user's own stay.
        statements.retain(|there| there["Sid"] != statement["Sid"]);
        statements.push(statement);
    }
    if same_meaning(&before, &policy.to_string()) {
        return Ok(());
    }
    let call = client.put_bucket_policy().bucket(bucket).policy(policy.to_string());
    call.send().await.map_err(failed("s3:PutBucketPolicy"))?;
    done.push("required TLS".to_owned());
    Ok(())
}
