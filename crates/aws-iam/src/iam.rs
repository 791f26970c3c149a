//! Shared parts of the IAM kinds.

pub mod instance_profile;
pub mod role;
pub mod role_policy;

use std::sync::Arc;

use aws_sdk_iam::Client;
use aws_sdk_iam::types::Tag;
use ohinfra_aws_core::Regional;
use ohinfra_core::ProviderError;
use ohinfra_core::tags::Tags;

/// IAM clients. IAM is global; the region only selects the endpoint of the partition.
pub(crate) type Clients = Arc<Regional<Client>>;

pub(crate) fn from_tags(tags: Option<&[Tag]>) -> Tags {
    tags.unwrap_or_default().iter().map(|tag| (tag.key.clone(), tag.value.clone())).collect()
}

pub(crate) fn to_tags(tags: &Tags, operation: &str) -> Result<Vec<Tag>, ProviderError> {
    let tag = |(key, value): (&String, &String)| Tag::builder().key(key).value(value).build();
    tags.iter().map(tag).collect::<Result<_, _>>().map_err(|_| ProviderError::incomplete(operation, "tag"))
}

/// Decodes a policy document: IAM returns documents percent-encoded (RFC 3986).
pub(crate) fn decoded(document: &str) -> String {
    percent_encoding::percent_decode_str(document).decode_utf8_lossy().into_owned()
}
