//! What CloudFront refuses.

use std::time::Duration;

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::{Availability, NOMINAL, REPLACE};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `wafv2.web_acl`
pub struct WebAcl;

/// Inputs of a web ACL for CloudFront. Rules of other names are left unmanaged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WebAclInputs {
    /// Unique in the account. Replaces.
    pub acl_name: String,
    /// The description.
    pub description: String,
    /// What happens to a request that no rule matches: `allow` or `block`.
    pub default_action: String,
    /// AWS's own groups of rules, in this order.
    pub managed_rule_groups: Vec<ManagedRuleGroup>,
    /// Maximum requests per IP address in a window.
    pub rate_limit: i64,
    /// How the rate is limited.
    pub rate_rule: RateRule,
    /// The prefix of the names of its metrics.
    pub metric_prefix: String,
    /// Whether metrics and samples of requests are kept, of the web ACL and of each rule.
    pub monitored: bool,
}

/// A group of rules of AWS's own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManagedRuleGroup {
    /// Its name, which is also the rule's.
    pub name: String,
    /// Rules in it that only count.
    pub count_only: Vec<String>,
    /// Rules in it with another action, as `Rule=allow`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_overrides: Vec<String>,
    /// Whether all of it only counts.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub counts: bool,
    /// Whether it applies to some requests only.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub scoped_down: bool,
    /// The version; AWS's default one if none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// How the rate of requests is limited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateRule {
    /// What happens to requests over the limit: `block`, …
    pub action: String,
    /// The window.
    pub window_seconds: i64,
    /// What requests are counted by: `IP`, …
    pub key: String,
    /// Whether it applies to some requests only.
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
        Schema::new("wafv2.web_acl", "A web ACL for CloudFront")
            .input("acl_name", REPLACE | NOMINAL)
            .plain("description")
            .plain("default_action")
            .plain("managed_rule_groups")
            .plain("rate_limit")
            .plain("rate_rule.action")
            .plain("rate_rule.window_seconds")
            .plain("rate_rule.key")
            .plain("rate_rule.scoped_down")
            .plain("metric_prefix")
            .plain("monitored")
            .attribute("id", Availability::Early)
            .attribute("arn", Availability::Early)
            .attribute("name", Availability::Early)
            .named_by(&["acl_name"])
            .held()
            .timeouts(Duration::from_secs(600), Duration::from_secs(900))
            .usually(Duration::from_secs(3))
    }
}
