//! Takes everything out of a bucket: objects, old versions, delete markers, unfinished uploads.

use aws_sdk_s3::Client;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use futures::future::try_join_all;
use ohinfra_aws_core::{failed, is_missing};
use ohinfra_core::ProviderError;
use ohinfra_core::error::ErrorKind;

/// Empties the bucket. What has been deleted in the meantime does not matter; what cannot be deleted is an error.
pub(super) async fn empty(client: &Client, bucket: &str) -> Result<(), ProviderError> {
    abort_uploads(client, bucket).await?;
    loop {
        // One page at a time, always the first one: what it showed is gone when it is asked for again.
        let answer = client.list_object_versions().bucket(bucket).send().await.map_err(failed("s3:ListBucketVersions"));
        let Some(answer) = is_missing(answer)? else { return Ok(()) };
        let versions = answer.versions().iter().map(|v| (v.key.clone(), v.version_id.clone()));
        let markers = answer.delete_markers().iter().map(|m| (m.key.clone(), m.version_id.clone()));
        let objects: Vec<ObjectIdentifier> = versions
            .chain(markers)
            .filter_map(|(key, version)| ObjectIdentifier::builder().key(key?).set_version_id(version).build().ok())
            .collect();
        if objects.is_empty() {
            return Ok(());
        }
        delete(client, bucket, objects).await?;
    }
}

async fn delete(client: &Client, bucket: &str, objects: Vec<ObjectIdentifier>) -> Result<(), ProviderError> {
    let operation = "s3:DeleteObjectVersion";
    let delete = Delete::builder().set_objects(Some(objects)).quiet(true).build();
    let delete = delete.map_err(|error| ProviderError::incomplete(operation, &error.to_string()))?;
    let answer = client.delete_objects().bucket(bucket).delete(delete).send().await.map_err(failed(operation))?;
    // The call succeeds as a whole and lists what it could not do.
    // What an attempt before this one has deleted, whose answer was lost, is gone as it should be.
    let is_gone = |code: Option<&str>| matches!(code, Some("NoSuchVersion" | "NoSuchKey"));
    match answer.errors().iter().find(|error| !is_gone(error.code())) {
        None => Ok(()),
        Some(error) => Err(ProviderError {
            code: error.code.clone(),
            ..ProviderError::new(
                ErrorKind::Denied,
                operation,
                format!("{}: {}", error.key().unwrap_or_default(), error.message().unwrap_or_default()),
            )
        }),
    }
}

async fn abort_uploads(client: &Client, bucket: &str) -> Result<(), ProviderError> {
    let operation = "s3:ListBucketMultipartUploads";
    let answer = client.list_multipart_uploads().bucket(bucket).send().await.map_err(failed(operation));
    let Some(answer) = is_missing(answer)? else { return Ok(()) };
    try_join_all(answer.uploads().iter().map(|upload| async move {
        let call = client.abort_multipart_upload().bucket(bucket);
        let call = call.set_key(upload.key.clone()).set_upload_id(upload.upload_id.clone());
        is_missing(call.send().await.map_err(failed("s3:AbortMultipartUpload")))
    }))
    .await?;
    Ok(())
}
