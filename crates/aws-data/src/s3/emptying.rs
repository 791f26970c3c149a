//! Deletion of all content of a bucket: objects, old versions, delete markers, incomplete uploads. Page by page, a few calls
//! concurrently.

use aws_sdk_s3::Client;
use aws_sdk_s3::types::{Delete, Error, MultipartUpload, ObjectIdentifier};
use ohinfra_aws_core::{api_error, classify, none_if_missing};
use ohinfra_core::ProviderError;

use crate::bounded;

/// Number of pages of object versions that are deleted concurrently, one call per page.
const PAGES_PER_ROUND: usize = 4;

/// Empties the bucket. Content that was deleted concurrently is ignored.
///
/// # Errors
/// An object or upload cannot be deleted.
pub(super) async fn empty(client: &Client, bucket: &str) -> Result<(), ProviderError> {
    while let Some(uploads) = uploads(client, bucket).await?.filter(|uploads| !uploads.is_empty()) {
        bounded::for_each(uploads, |upload| abort(client, bucket, upload)).await?;
    }
    // Repeated from the first page until the bucket is empty: a client may still be writing.
    while let Some(pages) = versions(client, bucket).await?.filter(|pages| !pages.is_empty()) {
        bounded::for_each(pages, |page| delete(client, bucket, page)).await?;
    }
    Ok(())
}

/// Returns the first pages of versions and delete markers; `None` if the bucket does not exist.
async fn versions(client: &Client, bucket: &str) -> Result<Option<Vec<Vec<ObjectIdentifier>>>, ProviderError> {
    let mut pages = Vec::new();
    let (mut key, mut version) = (None, None);
    while pages.len() < PAGES_PER_ROUND {
        let call = client.list_object_versions().bucket(bucket).set_key_marker(key).set_version_id_marker(version);
        let Some(answer) = none_if_missing(call.send().await.map_err(api_error("s3:ListBucketVersions")))? else {
            return Ok(None);
        };
        let versions = answer.versions().iter().map(|v| (v.key.clone(), v.version_id.clone()));
        let markers = answer.delete_markers().iter().map(|m| (m.key.clone(), m.version_id.clone()));
        let page: Vec<ObjectIdentifier> = versions
            .chain(markers)
            .filter_map(|(key, version)| ObjectIdentifier::builder().key(key?).set_version_id(version).build().ok())
            .collect();
        if !page.is_empty() {
            pages.push(page);
        }
        if answer.is_truncated() != Some(true) {
            break;
        }
        (key, version) = (answer.next_key_marker, answer.next_version_id_marker);
    }
    Ok(Some(pages))
}

async fn delete(client: &Client, bucket: &str, objects: Vec<ObjectIdentifier>) -> Result<(), ProviderError> {
    let operation = "s3:DeleteObjectVersion";
    let delete = Delete::builder().set_objects(Some(objects)).quiet(true).build();
    let delete = delete.map_err(|error| ProviderError::incomplete(operation, &error.to_string()))?;
    let answer = client.delete_objects().bucket(bucket).delete(delete).send().await.map_err(api_error(operation))?;
    // The call succeeds as a whole and lists the failed keys.
    match worst(answer.errors(), operation) {
        None => Ok(()),
        Some(error) => Err(error),
    }
}

/// Returns the most severe error of the keys: a permanent error if there is one, otherwise a transient error.
fn worst(errors: &[Error], operation: &str) -> Option<ProviderError> {
    let error = |error: &Error| {
        let (code, message) = (error.code().unwrap_or_default(), error.message().unwrap_or_default());
        // Already deleted by an earlier attempt whose response was lost.
        if matches!(code, "NoSuchVersion" | "NoSuchKey") {
            return None;
        }
        let text = format!("{}: {message}", error.key().unwrap_or_default());
        let kind = classify::of_code(code, message);
        Some(ProviderError { code: Some(code.to_owned()), ..ProviderError::new(kind, operation, text) })
    };
    errors.iter().filter_map(error).min_by_key(ProviderError::is_transient)
}

/// Returns the first page of incomplete uploads; `None` if the bucket does not exist.
async fn uploads(client: &Client, bucket: &str) -> Result<Option<Vec<MultipartUpload>>, ProviderError> {
    let answer = client.list_multipart_uploads().bucket(bucket).send().await;
    let answer = none_if_missing(answer.map_err(api_error("s3:ListBucketMultipartUploads")))?;
    Ok(answer.map(|answer| answer.uploads.unwrap_or_default()))
}

async fn abort(client: &Client, bucket: &str, upload: MultipartUpload) -> Result<(), ProviderError> {
    let call = client.abort_multipart_upload().bucket(bucket).set_key(upload.key).set_upload_id(upload.upload_id);
    none_if_missing(call.send().await.map_err(api_error("s3:AbortMultipartUpload"))).map(|_| ())
}

#[cfg(test)]
mod tests {
    use ohinfra_core::error::ErrorKind;

    use super::*;

    fn of(codes: &[&str]) -> Option<ErrorKind> {
        let errors: Vec<Error> = codes.iter().map(|code| Error::builder().key("k").code(*code).build()).collect();
        worst(&errors, "s3:DeleteObjectVersion").map(|error| error.kind)
    }

    #[test]
    fn key_errors_are_classified_by_code() {
        assert_eq!(of(&[]), None);
        assert_eq!(of(&["NoSuchKey", "NoSuchVersion"]), None);
        assert_eq!(of(&["SlowDown"]), Some(ErrorKind::Throttled));
        assert_eq!(of(&["InternalError"]), Some(ErrorKind::Unavailable));
        assert_eq!(of(&["SlowDown", "AccessDenied"]), Some(ErrorKind::Denied), "a retry would not help");
    }
}
