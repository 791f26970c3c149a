//! Shared parts of the KMS kinds.

pub mod alias;
pub mod key;

use std::sync::Arc;

use aws_sdk_kms::Client;
use aws_sdk_kms::types::Tag;
use ohinfra_aws_core::{Regional, api_error};
use ohinfra_core::tag_index::KnownTags;
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};

/// KMS clients.
pub(crate) type Clients = Arc<Regional<Client>>;

pub(crate) async fn tags_of(
    clients: &Clients,
    region: &Region,
    key: &str,
    known: KnownTags<'_>,
) -> Result<Tags, ProviderError> {
    let caller = clients.connection().caller().details().await?;
    let arn = format!("arn:{}:kms:{region}:{}:key/{key}", caller.partition(), caller.account);
    if let Some(tags) = known.get(region, &arn).await {
        return Ok(tags);
    }
    let call = clients.in_region(region).list_resource_tags().key_id(key);
    let tags = call.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
    Ok(tags.map_err(api_error("kms:ListResourceTags"))?.into_iter().map(|tag| (tag.tag_key, tag.tag_value)).collect())
}

pub(crate) fn to_tags(tags: &Tags, operation: &str) -> Result<Vec<Tag>, ProviderError> {
    let tag = |(key, value): (&String, &String)| Tag::builder().tag_key(key).tag_value(value).build();
    tags.iter().map(tag).collect::<Result<_, _>>().map_err(|_| ProviderError::incomplete(operation, "tag"))
}
