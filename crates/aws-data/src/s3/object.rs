//! Implementation of `s3.object`. The key contains the digest of the content, so that readers never see a partial change.

use std::sync::Arc;

use aws_sdk_s3::primitives::ByteStream;
use ohinfra_aws_core::{api_error, api_error_eventual, none_if_missing};
use ohinfra_core::contract::{
    Created, Deletion, Evidence, Found, Kind, Known, Live, Resolved, Subject, Update, attributes,
};
use ohinfra_core::error::ErrorKind;
use ohinfra_core::package::Packages;
use ohinfra_core::secret::sha256_hex;
use ohinfra_core::tag_index::KnownTags;
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::s3::{Object, ObjectLive};

use super::Clients;

/// `s3.object`
pub struct ObjectKind {
    pub(crate) clients: Clients,
    pub(crate) packages: Arc<dyn Packages>,
}

type Inputs = Resolved<Object>;

impl Kind for ObjectKind {
    type Definition = Object;

    /// Finds the object by its key, which depends only on the content: creating the same object again is idempotent.
    async fn find(&self, subject: &Subject, known: &Known<Object>) -> Result<Option<Found>, ProviderError> {
        let Some(bucket) = &known.bucket_name else { return Ok(None) };
        let Some(bytes) = self.packages.render_known(&known.package, &known.parameters) else { return Ok(None) };
        let id = format!("{bucket}:{}{}{}", known.key_prefix, sha256_hex(&bytes), known.key_suffix);
        let exists = subject.seeks(&id) && self.read_one(&subject.region, &id, KnownTags::NONE).await?.is_some();
        Ok(exists.then(|| Found::new(id, Evidence::Ours)))
    }

    async fn read_one(&self, region: &Region, id: &str, _tags: KnownTags<'_>) -> Result<Option<Live>, ProviderError> {
        let (bucket, key) = ProviderError::split_identity(id, "bucket:key")?;
        let result = self.clients.in_region(region).head_object().bucket(bucket).key(key).send().await;
        let Some(_) = none_if_missing(result.map_err(api_error("s3:GetObject")))? else { return Ok(None) };
        let (rest, suffix) = key.rsplit_once('.').map_or((key, String::new()), |(rest, end)| (rest, format!(".{end}")));
        let (prefix, digest) = rest.split_at_checked(rest.len().saturating_sub(64)).unwrap_or((rest, ""));
        let inputs = ObjectLive {
            bucket_name: Some(bucket.to_owned()),
            key_prefix: Some(prefix.to_owned()),
            key_suffix: Some(suffix),
            ..ObjectLive::default()
        };
        Ok(Some(Live::new(&inputs, attributes([("id", id), ("key", key), ("sha256", digest)]))))
    }

    async fn create(&self, subject: &Subject, inputs: &Inputs, _tags: &Tags) -> Result<Created, ProviderError> {
        let operation = "s3:PutObject";
        let bytes = self
            .packages
            .render(&inputs.package, &inputs.parameters)
            .map_err(|message| ProviderError::new(ErrorKind::Invalid, operation, message))?;
        let digest = sha256_hex(&bytes);
        let (bucket, key) = (&inputs.bucket_name, format!("{}{digest}{}", inputs.key_prefix, inputs.key_suffix));
        let call = self.clients.in_region(&subject.region).put_object().bucket(bucket).key(&key);
        call.body(ByteStream::from(bytes)).send().await.map_err(api_error_eventual(operation))?;
        let id = format!("{bucket}:{key}");
        Ok(Created::new(&id, [("id", &id), ("key", &key), ("sha256", &digest)]))
    }

    /// Does nothing: every change replaces the object.
    async fn update(&self, _subject: &Subject, _id: &str, _update: &Update<Inputs>) -> Result<(), ProviderError> {
        Ok(())
    }

    async fn delete(&self, region: &Region, id: &str, _how: Deletion) -> Result<(), ProviderError> {
        let (bucket, key) = ProviderError::split_identity(id, "bucket:key")?;
        let result = self.clients.in_region(region).delete_object().bucket(bucket).key(key).send().await;
        none_if_missing(result.map_err(api_error("s3:DeleteObject"))).map(|_| ())
    }
}
