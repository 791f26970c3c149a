//! Shared parts of the AWS Backup kinds.

pub mod lookups;
pub mod plan;
pub mod selection;
pub mod vault;

use std::collections::HashMap;
use std::sync::Arc;

use aws_sdk_backup::Client;
use aws_sdk_backup::error::BuildError;
use ohinfra_aws_core::{Regional, api_error};
use ohinfra_core::tag_index::KnownTags;
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};

/// AWS Backup clients.
pub(crate) type Clients = Arc<Regional<Client>>;

pub(crate) async fn tags_of(
    clients: &Clients,
    region: &Region,
    arn: &str,
    known: KnownTags<'_>,
) -> Result<Tags, ProviderError> {
    if let Some(tags) = known.get(region, arn).await {
        return Ok(tags);
    }
    let answer =
        clients.in_region(region).list_tags().resource_arn(arn).send().await.map_err(api_error("backup:ListTags"))?;
    Ok(answer.tags.unwrap_or_default().into_iter().collect())
}

pub(crate) fn to_tags(tags: &Tags) -> HashMap<String, String> {
    tags.clone().into_iter().collect()
}

/// Sets tags and keeps the others.
pub(crate) async fn set_tags(client: &Client, arn: &str, tags: &Tags) -> Result<(), ProviderError> {
    let call = client.tag_resource().resource_arn(arn).set_tags(Some(to_tags(tags)));
    call.send().await.map(|_| ()).map_err(api_error("backup:TagResource"))
}

/// Removes tags.
pub(crate) async fn remove_tags(client: &Client, arn: &str, keys: &[String]) -> Result<(), ProviderError> {
    let call = client.untag_resource().resource_arn(arn).set_tag_key_list(Some(keys.to_vec()));
    call.send().await.map(|_| ()).map_err(api_error("backup:UntagResource"))
}

/// Builds `arn:<partition>:backup:<region>:<account>:<rest>`.
pub(crate) async fn arn(clients: &Clients, region: &Region, rest: &str) -> Result<String, ProviderError> {
    let caller = clients.connection().caller().details().await?;
    Ok(format!("arn:{}:backup:{region}:{}:{rest}", caller.partition(), caller.account))
}

/// Converts a missing required member of a request, which only a defect in ohinfra can cause.
pub(crate) fn defect(operation: &'static str) -> impl Fn(BuildError) -> ProviderError {
    move |error| ProviderError::incomplete(operation, &error.to_string())
}
