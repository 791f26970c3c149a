//! Shared parts of the Parameter Store kinds.

pub mod lookups;
pub mod parameter;

use std::sync::Arc;

use aws_sdk_ssm::Client;
use aws_sdk_ssm::types::Tag;
use ohinfra_aws_core::Regional;
use ohinfra_core::ProviderError;
use ohinfra_core::error::ErrorKind;
use ohinfra_core::tags::Tags;

/// Parameter Store clients.
pub(crate) type Clients = Arc<Regional<Client>>;

pub(crate) fn to_tags(tags: &Tags, operation: &str) -> Result<Vec<Tag>, ProviderError> {
    let tag = |(key, value): (&String, &String)| Tag::builder().key(key).value(value).build();
    let tags: Result<Vec<Tag>, _> = tags.iter().map(tag).collect();
    tags.map_err(|error| ProviderError::new(ErrorKind::Invalid, operation, error.to_string()))
}

pub(crate) fn from_tags(tags: &[Tag]) -> Tags {
    tags.iter().map(|tag| (tag.key.clone(), tag.value.clone())).collect()
}
