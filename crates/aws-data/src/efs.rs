//! Shared parts of the EFS kinds.

pub mod access_point;
pub mod file_system;
pub mod mount_target;

use std::sync::Arc;

use aws_sdk_efs::Client;
use aws_sdk_efs::types::{LifeCycleState, Tag};
use ohinfra_aws_core::{Regional, api_error};
use ohinfra_core::ProviderError;
use ohinfra_core::error::ErrorKind;
use ohinfra_core::tags::Tags;

/// EFS clients.
pub(crate) type Clients = Arc<Regional<Client>>;

pub(crate) fn to_tags(tags: &Tags, operation: &str) -> Result<Vec<Tag>, ProviderError> {
    let tag = |(key, value): (&String, &String)| Tag::builder().key(key).value(value).build();
    let tags: Result<Vec<Tag>, _> = tags.iter().map(tag).collect();
    tags.map_err(|error| ProviderError::new(ErrorKind::Invalid, operation, error.to_string()))
}

pub(crate) fn from_tags(tags: &[Tag]) -> Tags {
    tags.iter().map(|tag| (tag.key.clone(), tag.value.clone())).collect()
}

/// Returns `true` for a resource that is being deleted or deleted.
pub(crate) fn is_going(state: &LifeCycleState) -> bool {
    matches!(state, LifeCycleState::Deleting | LifeCycleState::Deleted)
}

/// Returns the error for the state `error`, which is permanent.
pub(crate) fn in_error(id: &str) -> ProviderError {
    let message = format!("the status of {id} is `error`: delete the resource and run the same command again");
    ProviderError::new(ErrorKind::Other, "elasticfilesystem:Describe", message)
}

/// Sets tags and keeps the others.
pub(crate) async fn set_tags(client: &Client, id: &str, tags: &Tags) -> Result<(), ProviderError> {
    let operation = "elasticfilesystem:TagResource";
    let call = client.tag_resource().resource_id(id).set_tags(Some(to_tags(tags, operation)?));
    call.send().await.map(|_| ()).map_err(api_error(operation))
}

/// Removes tags.
pub(crate) async fn remove_tags(client: &Client, id: &str, keys: &[String]) -> Result<(), ProviderError> {
    let call = client.untag_resource().resource_id(id).set_tag_keys(Some(keys.to_vec()));
    call.send().await.map(|_| ()).map_err(api_error("elasticfilesystem:UntagResource"))
}
