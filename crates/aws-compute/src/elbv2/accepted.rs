//! Accepted values of a secret header of a listener rule. A tag of the rule records the version of the secret and a digest of
//! each value, so that a value added outside ohinfra is drift, and no value is compared in clear text.

use aws_sdk_elasticloadbalancingv2::types::{HttpHeaderConditionConfig, Rule, RuleCondition, Tag};
use ohinfra_aws_core::{SecretText, api_error};
use ohinfra_core::secret::sha256_hex;
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};

use super::Clients;

/// Tag key. The value is the version, then the digests, separated by spaces.
const RECORD: &str = "ohinfra:accepted-values";
/// Maximum number of accepted header values of a rule. AWS allows five values in all conditions of a rule; one is the path.
const VALUES: usize = 4;
/// Number of recorded hexadecimal digits of a digest: a tag value has at most 256 characters.
const DIGITS: usize = 16;
/// Reported instead of the version if the values differ from the recorded ones.
const OTHERS: &str = "other values";

/// Returns the header condition of a rule.
pub(super) fn header(rule: &Rule) -> Option<&HttpHeaderConditionConfig> {
    rule.conditions().iter().find_map(RuleCondition::http_header_config)
}

/// Returns the accepted header values of a rule. They are secrets: only for comparison and for other calls.
pub(super) fn accepted(rule: &Rule) -> Vec<String> {
    header(rule).map(|header| header.values().to_vec()).unwrap_or_default()
}

fn digest(value: &str) -> String {
    sha256_hex(value.as_bytes()).chars().take(DIGITS).collect()
}

/// Returns the tag value.
fn record(version: &str, values: &[String]) -> String {
    let digests = values.iter().map(|value| digest(value));
    std::iter::once(version.to_owned()).chain(digests).collect::<Vec<_>>().join(" ")
}

/// Returns the tags with the record added.
pub(super) fn with_record(tags: &Tags, version: &str, values: &[String]) -> Tags {
    let mut tags = tags.clone();
    tags.insert(RECORD.to_owned(), record(version, values));
    tags
}

/// Removes the record from the tags of a rule. Returns the version of the secret if the accepted values are the recorded ones.
pub(super) fn version(rule: &Rule, tags: &mut Tags) -> String {
    let recorded = tags.remove(RECORD).unwrap_or_default();
    let version = recorded.split(' ').next().unwrap_or_default();
    if record(version, &accepted(rule)) == recorded { version.to_owned() } else { OTHERS.to_owned() }
}

/// Returns the current value, followed by the values that were accepted and recorded before.
pub(super) fn with_current(current: &SecretText, rule: Option<&Rule>, tags: &Tags) -> Vec<String> {
    let recorded: Vec<&str> = tags.get(RECORD).map(|record| record.split(' ').skip(1).collect()).unwrap_or_default();
    let before = rule.map(accepted).unwrap_or_default().into_iter();
    let before = before.filter(|value| value != current.expose() && recorded.contains(&digest(value).as_str()));
    std::iter::once(current.expose().to_owned()).chain(before).take(VALUES).collect()
}

/// Records the accepted values of a rule.
pub(super) async fn keep_record(
    clients: &Clients,
    region: &Region,
    arn: &str,
    version: &str,
    values: &[String],
) -> Result<(), ProviderError> {
    let tag = Tag::builder().key(RECORD).value(record(version, values)).build();
    let call = clients.in_region(region).add_tags().resource_arns(arn).tags(tag).send();
    call.await.map(|_| ()).map_err(api_error("elasticloadbalancing:AddTags"))
}
