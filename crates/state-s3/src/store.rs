//! Reads and writes the state document.

use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::ServerSideEncryption;
use futures::future::BoxFuture;
use jiff::Timestamp;
use ohinfra_aws_core::api_error;
use ohinfra_core::ProviderError;
use ohinfra_core::error::ErrorKind;
use ohinfra_state::local::LARGEST_DOCUMENT;
use ohinfra_state::migrations::parse;
use ohinfra_state::{Holder, Lock, LockInfo, StateDocument, StateError, StateStore, Stored, Version, VersionEntry};

use crate::server_date::ServerDate;

/// The maximum number of attempts of a conditional write: retried if S3 reports a concurrent write of the same object (409),
/// or if an earlier attempt of our own caused the conflict.
pub(crate) const ATTEMPTS: usize = 5;

/// An object as read from S3.
pub(crate) struct Object {
    /// The content.
    pub(crate) bytes: Vec<u8>,
    /// The ETag.
    pub(crate) etag: String,
    /// The time since the last write, by the clock of S3; `None` if S3 did not report it.
    pub(crate) age: Option<Duration>,
}

/// Stores the state in one S3 object.
#[derive(Clone)]
pub struct S3Store {
    pub(crate) client: Client,
    pub(crate) bucket: String,
    pub(crate) key: String,
}

impl S3Store {
    /// Creates a store for `s3://bucket/key`, which need not exist.
    pub fn new(client: Client, bucket: &str, key: &str) -> Self {
        Self { client, bucket: bucket.to_owned(), key: key.to_owned() }
    }

    fn url(&self) -> String {
        format!("s3://{}/{}", self.bucket, self.key)
    }

    /// Maps the errors that callers handle to their own variants, and all others to [`StateError::Access`].
    pub(crate) fn error(&self, operation: &'static str, error: &ProviderError) -> StateError {
        match error.code.as_deref() {
            Some("NoSuchBucket") => StateError::NoBucket { place: self.url() },
            // 412, and 409 for a concurrent conditional write.
            Some("PreconditionFailed" | "ConditionalRequestConflict") => StateError::Changed { place: self.url() },
            _ => StateError::Access { operation, place: self.url(), message: error.to_string() },
        }
    }

    /// Reads an object; `None` if it does not exist.
    pub(crate) async fn get(
        &self,
        key: &str,
        version: Option<&str>,
        operation: &'static str,
    ) -> Result<Option<Object>, StateError> {
        let call = self.client.get_object().bucket(&self.bucket).key(key).set_version_id(version.map(str::to_owned));
        let date = ServerDate::default();
        let answer = match call.customize().interceptor(date.clone()).send().await.map_err(api_error("s3:GetObject")) {
            Ok(answer) => answer,
            Err(error) if error.kind == ErrorKind::NotFound && error.code.as_deref() != Some("NoSuchBucket") => {
                return Ok(None);
            }
            Err(error) => return Err(self.error(operation, &error)),
        };
        let length = answer.content_length.unwrap_or_default().unsigned_abs();
        if length > LARGEST_DOCUMENT {
            let reason = format!("larger than {} MiB", LARGEST_DOCUMENT / 1024 / 1024);
            return Err(StateError::Corrupt { place: self.url(), reason });
        }
        let etag = answer.e_tag.unwrap_or_default();
        let written = answer.last_modified.and_then(|time| Timestamp::from_second(time.secs()).ok());
        let age = date.get().zip(written).and_then(|(now, written)| now.duration_since(written).try_into().ok());
        let bytes = answer.body.collect().await.map_err(|error| StateError::Access {
            operation,
            place: self.url(),
            message: error.to_string(),
        })?;
        Ok(Some(Object { bytes: bytes.to_vec(), etag, age }))
    }

    /// Writes an object if it still has the ETag `expected` (`None`: if it does not exist), and returns the new ETag.
    pub(crate) async fn put(
        &self,
        key: &str,
        bytes: Vec<u8>,
        expected: Option<&str>,
        operation: &'static str,
    ) -> Result<String, StateError> {
        let call = self
            .client
            .put_object()
            .bucket(&self.bucket)
            .key(key)
            .content_type("application/json")
            .server_side_encryption(ServerSideEncryption::Aes256)
            .body(ByteStream::from(bytes));
        let call = match expected {
            Some(etag) => call.if_match(etag),
            None => call.if_none_match("*"),
        };
        let answer = call.send().await.map_err(api_error("s3:PutObject")).map_err(|error| match error.kind {
            // If-Match on an object that no longer exists.
            ErrorKind::NotFound if error.code.as_deref() != Some("NoSuchBucket") => {
                StateError::Changed { place: self.url() }
            }
            _ => self.error(operation, &error),
        })?;
        Ok(answer.e_tag.unwrap_or_default())
    }
}

impl StateStore for S3Store {
    fn place(&self) -> String {
        self.url()
    }

    fn read(&self) -> BoxFuture<'_, Result<Option<Stored>, StateError>> {
        Box::pin(async move {
            let Some(object) = self.get(&self.key, None, "read").await? else { return Ok(None) };
            Ok(Some(Stored { document: parse(&object.bytes, &self.url())?, version: Version(object.etag) }))
        })
    }

    fn version(&self) -> BoxFuture<'_, Result<Option<Version>, StateError>> {
        Box::pin(async move {
            let call = self.client.head_object().bucket(&self.bucket).key(&self.key);
            match call.send().await.map_err(api_error("s3:GetObject")) {
                Ok(answer) => Ok(answer.e_tag.map(Version)),
                Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
                Err(error) => Err(self.error("read", &error)),
            }
        })
    }

    fn read_version<'a>(&'a self, version: &'a str) -> BoxFuture<'a, Result<StateDocument, StateError>> {
        Box::pin(async move {
            let operation = "read an older version of";
            let found = self.get(&self.key, Some(version), operation).await?;
            let object = found.ok_or_else(|| StateError::Access {
                operation,
                place: self.url(),
                message: format!("version `{version}` does not exist"),
            })?;
            parse(&object.bytes, &format!("{} (version {version})", self.url()))
        })
    }

    fn write<'a>(
        &'a self,
        document: &'a StateDocument,
        expected: Option<&'a Version>,
    ) -> BoxFuture<'a, Result<Version, StateError>> {
        Box::pin(async move {
            let (bytes, expected) = (document.to_bytes(), expected.map(|version| version.0.as_str()));
            let mut attempt = 1;
            loop {
                let place = match self.put(&self.key, bytes.clone(), expected, "write").await {
                    Err(StateError::Changed { place }) => place,
                    result => return result.map(Version),
                };
                // If a response is lost, the SDK's retry fails because of our own write: compare the stored content.
                match self.get(&self.key, None, "write").await? {
                    Some(object) if object.bytes == bytes => return Ok(Version(object.etag)),
                    // S3 rejects concurrent writes, and the other write may be an earlier attempt of our own.
                    found if found.as_ref().map(|o| o.etag.as_str()) == expected && attempt < ATTEMPTS => attempt += 1,
                    _ => return Err(StateError::Changed { place }),
                }
            }
        })
    }

    fn lock<'a>(&'a self, info: &'a LockInfo) -> BoxFuture<'a, Result<Box<dyn Lock>, StateError>> {
        Box::pin(self.take_lock(info))
    }

    fn holder(&self) -> BoxFuture<'_, Result<Option<Holder>, StateError>> {
        Box::pin(async move { Ok(self.read_lock().await?.map(|(holder, _)| holder)) })
    }

    fn unlock<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<LockInfo, StateError>> {
        Box::pin(self.break_lock(id))
    }

    fn history(&self) -> BoxFuture<'_, Result<Vec<VersionEntry>, StateError>> {
        Box::pin(async move {
            let (mut versions, mut key_marker, mut version_marker) = (Vec::new(), None, None);
            loop {
                let call = self.client.list_object_versions().bucket(&self.bucket).prefix(&self.key);
                let call = call.set_key_marker(key_marker).set_version_id_marker(version_marker);
                let answer = call.send().await.map_err(api_error("s3:ListBucketVersions"));
                let answer = answer.map_err(|error| self.error("list versions of", &error))?;
                versions.extend(answer.versions.unwrap_or_default());
                // Keys are listed in order: the versions of the state come before those of its lock.
                if answer.is_truncated != Some(true) || answer.next_key_marker.as_deref() != Some(&self.key) {
                    break;
                }
                (key_marker, version_marker) = (answer.next_key_marker, answer.next_version_id_marker);
            }
            let ours = versions.into_iter().filter(|version| version.key.as_deref() == Some(&self.key));
            Ok(ours
                .map(|version| VersionEntry {
                    written_at: version.last_modified.map(|time| time.to_string()),
                    size: version.size.unwrap_or_default(),
                    current: version.is_latest.unwrap_or_default(),
                    version: version.version_id.unwrap_or_default(),
                })
                .collect())
        })
    }
}
