//! Shared parts of the Secrets Manager kinds.

pub mod connection_details;
pub mod lookups;
pub mod secret;
pub mod secret_policy;

use std::sync::Arc;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::operation::describe_secret::DescribeSecretOutput;
use aws_sdk_secretsmanager::types::Tag;
use ohinfra_aws_core::{Regional, api_error, none_if_missing};
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};

/// Secrets Manager clients.
pub(crate) type Clients = Arc<Regional<Client>>;

pub(crate) const DESCRIBE: &str = "secretsmanager:DescribeSecret";

/// Returns the description of a secret, without its value.
pub(crate) async fn describe(
    clients: &Clients,
    region: &Region,
    id: &str,
) -> Result<Option<DescribeSecretOutput>, ProviderError> {
    let result = clients.in_region(region).describe_secret().secret_id(id).send().await;
    none_if_missing(result.map_err(api_error(DESCRIBE)))
}

/// Returns the ID of the current version.
pub(crate) fn current_version(secret: &DescribeSecretOutput) -> Option<String> {
    let mut versions = secret.version_ids_to_stages.iter().flatten();
    versions.find(|(_, stages)| stages.iter().any(|stage| stage == "AWSCURRENT")).map(|(id, _)| id.clone())
}

pub(crate) fn from_tags(tags: Option<&[Tag]>) -> Tags {
    let pair = |tag: &Tag| Some((tag.key.clone()?, tag.value.clone().unwrap_or_default()));
    tags.unwrap_or_default().iter().filter_map(pair).collect()
}

pub(crate) fn to_tags(tags: &Tags) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}
