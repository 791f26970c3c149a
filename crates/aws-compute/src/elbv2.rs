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
use ohinfra_core::tag_index::KnownTags;
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};

/// Elastic Load Balancing clients.
pub(crate) type Clients = Arc<Regional<Client>>;

pub(crate) fn to_tags(tags: &Tags) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}

/// Maximum number of resources per describe call (AWS limit).
const MAX_ARNS: usize = 20;

/// Returns the tags of a resource.
pub(crate) async fn tags_of(
    clients: &Clients,
    region: &Region,
    arn: &str,
    known: KnownTags<'_>,
) -> Result<Tags, ProviderError> {
    Ok(all_tags(clients, region, &[arn.to_owned()], known).await?.remove(arn).unwrap_or_default())
}

/// Returns the tags of existing resources, by ARN.
pub(crate) async fn all_tags(
    clients: &Clients,
    region: &Region,
    arns: &[String],
    known: KnownTags<'_>,
) -> Result<BTreeMap<String, Tags>, ProviderError> {
    let mut found = BTreeMap::new();
    let mut unknown = Vec::new();
    for arn in arns {
        match known.get(region, arn).await {
            Some(tags) => drop(found.insert(arn.clone(), tags)),
            None => unknown.push(arn.clone()),
        }
    }
    for chunk in unknown.chunks(MAX_ARNS) {
        let result = clients.in_region(region).describe_tags().set_resource_arns(Some(chunk.to_vec())).send().await;
        let answer = none_if_missing(result.map_err(api_error("elasticloadbalancing:DescribeTags")))?;
        for description in answer.and_then(|answer| answer.tag_descriptions).unwrap_or_default() {
            let Some(arn) = description.resource_arn else { continue };
            let tags = description.tags.unwrap_or_default().into_iter();
            let tags = tags.filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default()))).collect();
            found.insert(arn, tags);
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
    for chunk in arns.chunks(MAX_ARNS) {
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

/// Sets tags of a resource and keeps the others.
pub(crate) async fn set_tags(client: &Client, arn: &str, tags: &Tags) -> Result<(), ProviderError> {
    let call = client.add_tags().resource_arns(arn).set_tags(Some(to_tags(tags)));
    call.send().await.map(|_| ()).map_err(api_error("elasticloadbalancing:AddTags"))
}

/// Removes tags of a resource.
pub(crate) async fn remove_tags(client: &Client, arn: &str, keys: &[String]) -> Result<(), ProviderError> {
    let call = client.remove_tags().resource_arns(arn).set_tag_keys(Some(keys.to_vec()));
    call.send().await.map(|_| ()).map_err(api_error("elasticloadbalancing:RemoveTags"))
}
