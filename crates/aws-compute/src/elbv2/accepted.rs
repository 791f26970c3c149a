//! Which values of a secret header a rule accepts. A tag of the rule records the version of the secret and a digest of every value,
//! so that a value that somebody else added shows as a difference, and no value is compared in clear text.

use aws_sdk_elasticloadbalancingv2::types::{HttpHeaderConditionConfig, Rule, RuleCondition, Tag};
use ohinfra_aws_core::{SecretText, failed};
use ohinfra_core::secret::sha256_hex;
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};

use super::Clients;

/// The tag: the version, then the digests, separated by spaces.
const RECORD: &str = "ohinfra:accepted-values";
/// Header values that a rule accepts at once. AWS allows five values in all conditions of a rule; one is the path.
const VALUES: usize = 4;
/// Hexadecimal digits of a digest that are recorded: a tag's value has at most 256 characters.
const DIGITS: usize = 16;
/// Instead of the version, where the values are not those that were recorded.
const OTHERS: &str = "other values";

/// The header that a rule looks at.
pub(super) fn header(rule: &Rule) -> Option<&HttpHeaderConditionConfig> {
    rule.conditions().iter().find_map(RuleCondition::http_header_config)
}

/// The header values that a rule accepts. Secrets: for comparing and handing on.
pub(super) fn accepted(rule: &Rule) -> Vec<String> {
    header(rule).map(|header| header.values().to_vec()).unwrap_or_default()
}

fn digest(value: &str) -> String {
    sha256_hex(value.as_bytes()).chars().take(DIGITS).collect()
}

/// The text of the tag.
fn record(version: &str, values: &[String]) -> String {
    let digests = values.iter().map(|value| digest(value));
    std::iter::once(version.to_owned()).chain(digests).collect::<Vec<_>>().join(" ")
}

/// The tags with the record.
pub(super) fn with_record(tags: &Tags, version: &str, values: &[String]) -> Tags {
    let mut tags = tags.clone();
    tags.insert(RECORD.to_owned(), record(version, values));
    tags
}

/// Takes the record out of a rule's tags: the version of the secret whose values the rule accepts, if these are the values that were
/// recorded.
pub(super) fn version(rule: &Rule, tags: &mut Tags) -> String {
    let recorded = tags.remove(RECORD).unwrap_or_default();
    let version = recorded.split(' ').next().unwrap_or_default();
    if record(version, &accepted(rule)) == recorded { version.to_owned() } else { OTHERS.to_owned() }
}

/// The current value, then those that were accepted and recorded before.
pub(super) fn with_current(current: &SecretText, rule: Option<&Rule>, tags: &Tags) -> Vec<String> {
    let recorded: Vec<&str> = tags.get(RECORD).map(|record| record.split(' ').skip(1).collect()).unwrap_or_default();
    let before = rule.map(accepted).unwrap_or_default().into_iter();
    let before = before.filter(|value| value != current.expose() && recorded.contains(&digest(value).as_str()));
    std::iter::once(current.expose().to_owned()).chain(before).take(VALUES).collect()
}

/// Records what a rule accepts now.
pub(super) async fn keep_record(
    clients: &Clients,
    region: &Region,
    arn: &str,
    version: &str,
    values: &[String],
) -> Result<(), ProviderError> {
    let tag = Tag::builder().key(RECORD).value(record(version, values)).build();
    let call = clients.at(region).add_tags().resource_arns(arn).tags(tag).send();
    call.await.map(|_| ()).map_err(failed("elasticloadbalancing:AddTags"))
}
