//! What CloudFront refuses.

use std::time::Duration;

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::{Availability, NOMINAL, REPLACE};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `wafv2.web_acl`
pub struct WebAcl;

/// Inputs of a web ACL for CloudFront.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WebAclInputs {
    /// Unique in the account. Replaces.
    pub acl_name: String,
    /// What it is for.
    pub description: String,
    /// AWS's own groups of rules, in this order.
    pub managed_rule_groups: Vec<ManagedRuleGroup>,
    /// Requests per 5 minutes and address before it is blocked.
    pub rate_limit: i64,
    /// The start of its metrics' names.
    pub metric_prefix: String,
}

/// A group of rules of AWS's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManagedRuleGroup {
    /// Its name, which is also the rule's.
    pub name: String,
    /// Rules in it that only count.
    pub count_only: Vec<String>,
}

impl Definition for WebAcl {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = WebAclInputs;

    fn schema() -> Schema {
        Schema::new("wafv2.web_acl", "A web ACL for CloudFront")
            .input("acl_name", REPLACE | NOMINAL)
            .plain("description")
            .plain("managed_rule_groups")
            .plain("rate_limit")
            .plain("metric_prefix")
            .attribute("id", Availability::Early)
            .attribute("arn", Availability::Early)
            .attribute("name", Availability::Early)
            .named_by(&["acl_name"])
            .timeouts(Duration::from_secs(600), Duration::from_secs(900))
            .usually(Duration::from_secs(3))
    }
}
