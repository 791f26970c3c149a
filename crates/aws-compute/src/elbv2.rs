//! Shared parts of the Elastic Load Balancing kinds: tags.

mod accepted;
pub mod listener;
pub mod listener_rule;
pub mod load_balancer;
pub mod settled_header;
pub mod target;
pub mod target_group;

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_elasticloadbalancingv2::Client;
use aws_sdk_elasticloadbalancingv2::types::Tag;
use futures::future::try_join_all;
use ohinfra_aws_core::{Regional, api_error, none_if_missing};
use ohinfra_core::contract::Update;
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};

/// Elastic Load Balancing clients.
pub(crate) type Clients = Arc<Regional<Client>>;

pub(crate) fn to_tags(tags: &Tags) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}

/// Maximum number of resources per describe call (AWS limit).
const AT_ONCE: usize = 20;

/// Returns the tags of a resource.
pub(crate) async fn tags_of(clients: &Clients, region: &Region, arn: &str) -> Result<Tags, ProviderError> {
    Ok(all_tags(clients, region, &[arn.to_owned()]).await?.remove(arn).unwrap_or_default())
}

/// Returns the tags of existing resources, by ARN.
pub(crate) async fn all_tags(
    clients: &Clients,
    region: &Region,
    arns: &[String],
) -> Result<BTreeMap<String, Tags>, ProviderError> {
    let mut found = BTreeMap::new();
    let mut unknown = Vec::new();
    for arn in arns {
        match clients.known_tags(region, arn).await {
            Some(tags) => drop(found.insert(arn.clone(), tags)),
            None => unknown.push(arn.clone()),
        }
    }
    for chunk in unknown.chunks(AT_ONCE) {
        let result = clients.at(region).describe_tags().set_resource_arns(Some(chunk.to_vec())).send().await;
        let answer = none_if_missing(result.map_err(api_error("elasticloadbalancing:DescribeTags")))?;
        for description in answer.and_then(|answer| answer.tag_descriptions).unwrap_or_default() {
            let tags = description.tags.unwrap_or_default().into_iter();
            let tags = tags.filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default()))).collect();
            found.insert(description.resource_arn.unwrap_or_default(), tags);
        }
    }
    Ok(found)
}

/// Describes many resources in few calls. A call with a missing resource fails; then each resource is described separately.
pub(crate) async fn describe_many<T, F, Fut>(arns: &[String], describe: F) -> Result<Vec<T>, ProviderError>
where
    F: Fn(Vec<String>) -> Fut,
    Fut: Future<Output = Result<Option<Vec<T>>, ProviderError>>,
{
    let mut found = Vec::new();
    for chunk in arns.chunks(AT_ONCE) {
        match describe(chunk.to_vec()).await? {
            Some(all) => found.extend(all),
            None if chunk.len() == 1 => {}
            None => {
                let each = try_join_all(chunk.iter().map(|arn| describe(vec![arn.clone()]))).await?;
                found.extend(each.into_iter().flatten().flatten());
            }
        }
    }
    Ok(found)
}

/// Sets and removes the tags of an update.
pub(crate) async fn update_tags<I>(client: &Client, arn: &str, update: &Update<I>) -> Result<(), ProviderError> {
    if !update.tags_to_set.is_empty() {
        let operation = "elasticloadbalancing:AddTags";
        let tags = to_tags(&update.tags_to_set);
        client.add_tags().resource_arns(arn).set_tags(Some(tags)).send().await.map_err(api_error(operation))?;
    }
    if !update.tags_to_remove.is_empty() {
        let call = client.remove_tags().resource_arns(arn).set_tag_keys(Some(update.tags_to_remove.clone()));
        call.send().await.map_err(api_error("elasticloadbalancing:RemoveTags"))?;
    }
    Ok(())
}
