//! AWS WAF.

pub mod web_acl;

pub use web_acl::{ManagedRuleGroup, RateRule, RateRuleLive, WebAcl, WebAclInputs, WebAclLive};
