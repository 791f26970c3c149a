//! Shared parts of the RDS kinds: tags and ARNs.

pub mod cluster;
pub mod cluster_parameter_group;
pub mod instance;
pub mod lookups;
pub mod proxy;
pub mod proxy_target_group;
mod snapshots;
mod status;
pub mod subnet_group;

use std::sync::Arc;

use aws_sdk_rds::Client;
use aws_sdk_rds::types::Tag;
use ohinfra_aws_core::{Regional, api_error, none_if_missing};
use ohinfra_core::tag_index::KnownTags;
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};

/// RDS clients.
pub(crate) type Clients = Arc<Regional<Client>>;

pub(crate) fn to_tags(tags: &Tags) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}

pub(crate) fn from_tags(tags: &[Tag]) -> Tags {
    tags.iter().filter_map(|tag| Some((tag.key.clone()?, tag.value.clone().unwrap_or_default()))).collect()
}

/// Returns the tags of a resource whose description does not include them.
pub(crate) async fn tags_of(
    clients: &Clients,
    region: &Region,
    arn: &str,
    known: KnownTags<'_>,
) -> Result<Tags, ProviderError> {
    if let Some(tags) = known.get(region, arn).await {
        return Ok(tags);
    }
    let result = clients.in_region(region).list_tags_for_resource().resource_name(arn).send().await;
    let answer = none_if_missing(result.map_err(api_error("rds:ListTagsForResource")))?;
    Ok(answer.map(|answer| from_tags(answer.tag_list())).unwrap_or_default())
}

/// Builds `arn:<partition>:rds:<region>:<account>:<rest>`.
pub(crate) async fn arn(clients: &Clients, region: &Region, rest: &str) -> Result<String, ProviderError> {
    let caller = clients.connection().caller().details().await?;
    Ok(format!("arn:{}:rds:{region}:{}:{rest}", caller.partition(), caller.account))
}

/// Sets tags and keeps the others.
pub(crate) async fn set_tags(client: &Client, arn: &str, tags: &Tags) -> Result<(), ProviderError> {
    let call = client.add_tags_to_resource().resource_name(arn).set_tags(Some(to_tags(tags)));
    call.send().await.map(|_| ()).map_err(api_error("rds:AddTagsToResource"))
}

/// Removes tags.
pub(crate) async fn remove_tags(client: &Client, arn: &str, keys: &[String]) -> Result<(), ProviderError> {
    let call = client.remove_tags_from_resource().resource_name(arn).set_tag_keys(Some(keys.to_vec()));
    call.send().await.map(|_| ()).map_err(api_error("rds:RemoveTagsFromResource"))
}
