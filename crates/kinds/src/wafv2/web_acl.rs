//! AWS WAF web ACL for CloudFront.

use std::time::Duration;

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::Availability;
use ohinfra_derive::Inputs;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `wafv2.web_acl`
pub struct WebAcl;

/// Inputs of a web ACL for CloudFront. Rules of other names are left unmanaged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Inputs)]
pub struct WebAclInputs {
    /// Name of the web ACL. Unique in the account. Replaces.
    #[input(replace, nominal)]
    pub acl_name: String,
    /// Description.
    pub description: String,
    /// Action for requests that match no rule: `allow` or `block`.
    pub default_action: String,
    /// AWS managed rule groups, in order of evaluation.
    #[input(structure)]
    pub managed_rule_groups: Vec<ManagedRuleGroup>,
    /// Maximum requests per key and window of `rate_rule`.
    pub rate_limit: i64,
    /// Settings of the rate-based rule.
    #[input(nested)]
    pub rate_rule: RateRule,
    /// Prefix of the metric names.
    pub metric_prefix: String,
    /// Enables metrics and sampled requests, for the web ACL and for each rule.
    pub monitored: bool,
}

/// An AWS managed rule group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Inputs)]
pub struct ManagedRuleGroup {
    /// Name of the rule group and of the rule that references it.
    pub name: String,
    /// Rules of the group whose action is overridden with `count`.
    pub count_only: Vec<String>,
    /// Other action overrides: `Rule=allow`, …
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_overrides: Vec<String>,
    /// The whole group only counts requests.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub counts: bool,
    /// The rule has a scope-down statement: it applies only to some requests.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub scoped_down: bool,
    /// Version of the group. Default: the default version of AWS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// Rate-based rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Inputs)]
pub struct RateRule {
    /// Action for requests above the limit: `block`, …
    pub action: String,
    /// Evaluation window in seconds.
    pub window_seconds: i64,
    /// Aggregation key of the counter: `IP`, …
    pub key: String,
    /// The rule has a scope-down statement: it applies only to some requests.
    pub scoped_down: bool,
}

impl Default for RateRule {
    fn default() -> Self {
        Self { action: "block".to_owned(), window_seconds: 300, key: "IP".to_owned(), scoped_down: false }
    }
}

impl Definition for WebAcl {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = WebAclInputs;

    fn schema() -> Schema {
        Schema::of::<WebAclInputs>("wafv2.web_acl", "A web ACL for CloudFront")
            .attribute("id", Availability::Early)
            .attribute("arn", Availability::Early)
            .attribute("name", Availability::Early)
            .named_by(&["acl_name"])
            .held()
            .timeouts(Duration::from_secs(600), Duration::from_secs(900))
            .expected_create(Duration::from_secs(3))
    }
}
