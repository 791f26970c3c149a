//! Shared parts of the EC2 kinds: tags, filters, ARNs.

pub mod launch_template;
pub mod lookups;
pub mod security_group;
pub mod security_group_rule;
pub mod vpc_endpoint;

use std::sync::Arc;

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{Filter, ResourceType, Tag, TagSpecification};
use ohinfra_aws_core::{Regional, api_error};
use ohinfra_core::tags::{Ownership, Tags};
use ohinfra_core::{ProviderError, Region};

/// EC2 clients.
pub(crate) type Clients = Arc<Regional<Client>>;

pub(crate) fn filter(name: &str, values: impl IntoIterator<Item = impl Into<String>>) -> Filter {
    Filter::builder().name(name).set_values(Some(values.into_iter().map(Into::into).collect())).build()
}

/// Returns filters for resources with the ownership tags.
pub(crate) fn owned_by(ownership: &Ownership) -> Vec<Filter> {
    ownership.tags().into_iter().map(|(key, value)| filter(&format!("tag:{key}"), [value])).collect()
}

pub(crate) fn from_tags(tags: Option<&[Tag]>) -> Tags {
    let pair = |tag: &Tag| Some((tag.key.clone()?, tag.value.clone().unwrap_or_default()));
    tags.unwrap_or_default().iter().filter_map(pair).collect()
}

fn to_tags(tags: &Tags) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}

/// Builds tags to set in the create call, so that a resource of this deployment is never without ownership tags.
pub(crate) fn tagged(kind: ResourceType, tags: &Tags) -> TagSpecification {
    TagSpecification::builder().resource_type(kind).set_tags(Some(to_tags(tags))).build()
}

/// Sets tags and keeps the others.
pub(crate) async fn set_tags(client: &Client, id: &str, tags: &Tags) -> Result<(), ProviderError> {
    let call = client.create_tags().resources(id).set_tags(Some(to_tags(tags)));
    call.send().await.map(|_| ()).map_err(api_error("ec2:CreateTags"))
}

/// Removes tags.
pub(crate) async fn remove_tags(client: &Client, id: &str, keys: &[String]) -> Result<(), ProviderError> {
    let tags = keys.iter().map(|key| Tag::builder().key(key).build()).collect();
    let call = client.delete_tags().resources(id).set_tags(Some(tags));
    call.send().await.map(|_| ()).map_err(api_error("ec2:DeleteTags"))
}

/// Returns a member of a response that AWS documents as always present.
///
/// # Errors
/// The member is missing.
pub(crate) fn present(text: Option<&str>, operation: &str, member: &str) -> Result<String, ProviderError> {
    text.map(str::to_owned).ok_or_else(|| ProviderError::incomplete(operation, member))
}

/// Builds `arn:<partition>:ec2:<region>:<account>:<rest>`.
pub(crate) async fn arn(clients: &Clients, region: &Region, rest: &str) -> Result<String, ProviderError> {
    let caller = clients.connection().caller().details().await?;
    Ok(format!("arn:{}:ec2:{region}:{}:{rest}", caller.partition(), caller.account))
}
