//! Implementation of `elbv2.listener_rule`. A rotated header value is added to the accepted values: the old value stays valid
//! until `elbv2.settled_header` removes it.

use aws_sdk_elasticloadbalancingv2::types::{
    Action, ActionTypeEnum, HttpHeaderConditionConfig, PathPatternConditionConfig, Rule, RuleCondition,
    RulePriorityPair,
};
use futures::future::try_join_all;
use ohinfra_aws_core::{Secrets, api_error, api_error_eventual, none_if_missing};
use ohinfra_core::contract::{
    Created, Deletion, Evidence, Found, Kind, Known, Live, Resolved, Subject, Update, attributes, in_order,
};
use ohinfra_core::tag_index::KnownTags;
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::elbv2::{ListenerRule, ListenerRuleLive};

use super::accepted::{header, keep_record, version, with_current, with_record};
use super::{Clients, all_tags, describe_many, remove_tags, set_tags, tags_of, to_tags};

/// `elbv2.listener_rule`
pub struct ListenerRuleKind(pub(crate) Clients);

type Inputs = Resolved<ListenerRule>;

const DESCRIBE: &str = "elasticloadbalancing:DescribeRules";

/// Returns the rule with this ARN.
pub(super) async fn describe(clients: &Clients, region: &Region, arn: &str) -> Result<Option<Rule>, ProviderError> {
    let result = clients.in_region(region).describe_rules().rule_arns(arn).send().await;
    let answer = none_if_missing(result.map_err(api_error(DESCRIBE)))?;
    Ok(answer.and_then(|answer| answer.rules.unwrap_or_default().into_iter().next()))
}

/// Returns the path pattern of a rule.
pub(super) fn path(rule: &Rule) -> Option<String> {
    let patterns = rule.conditions().iter().find_map(RuleCondition::path_pattern_config);
    patterns.and_then(|patterns| patterns.values().first().cloned())
}

/// Builds the conditions of a rule. Header values are literal, because generated values contain neither `*` nor `?`.
pub(super) fn conditions(path: Option<&str>, header_name: &str, values: Vec<String>) -> Vec<RuleCondition> {
    let header = HttpHeaderConditionConfig::builder().http_header_name(header_name).set_values(Some(values)).build();
    let header = RuleCondition::builder().field("http-header").http_header_config(header).build();
    let path = path.map(|path| {
        let patterns = PathPatternConditionConfig::builder().values(path).build();
        RuleCondition::builder().field("path-pattern").path_pattern_config(patterns).build()
    });
    path.into_iter().chain([header]).collect()
}

/// Returns the name of the header; `None` if the response has no conditions. All conditions are inputs: one that was added
/// outside changes the routing, and is drift.
fn header_name(rule: &Rule) -> Option<String> {
    let header = header(rule);
    let name = match header {
        Some(header) => header.http_header_name()?,
        None if rule.conditions().is_empty() => return None,
        None => "",
    };
    let is_ours = |condition: &&RuleCondition| {
        condition.path_pattern_config().is_some() || (header.is_some() && condition.http_header_config() == header)
    };
    let others: Vec<&str> =
        rule.conditions().iter().filter(|one| !is_ours(one)).filter_map(RuleCondition::field).collect();
    let others = others.join(", ");
    Some(if others.is_empty() { name.to_owned() } else { format!("{name} (with other conditions: {others})") })
}

fn forward(group: &str) -> Action {
    Action::builder().r#type(ActionTypeEnum::Forward).target_group_arn(group).build()
}

impl ListenerRuleKind {
    fn live(arn: &str, rule: &Rule, mut tags: Tags) -> Live {
        // The rule ARN contains the listener ARN: `…:listener-rule/app/<name>/<id>/<listener>/<rule>`.
        let listener = arn.replacen(":listener-rule/", ":listener/", 1);
        let version = version(rule, &mut tags);
        let patterns = rule.conditions().iter().find_map(RuleCondition::path_pattern_config);
        let actions = rule.actions();
        // A rule with another action has no target group, which is a difference.
        let target_group = || actions.iter().find_map(Action::target_group_arn).unwrap_or_default().to_owned();
        let inputs = ListenerRuleLive {
            listener_arn: listener.rsplit_once('/').map(|(listener, _)| listener.to_owned()),
            priority: rule.priority().and_then(|priority| priority.parse().ok()),
            path_pattern: patterns.map(|patterns| patterns.values().join(", ")),
            header_name: header_name(rule),
            header_secret_version: (!rule.conditions().is_empty()).then_some(version),
            target_group_arn: (!actions.is_empty()).then(target_group),
            ..ListenerRuleLive::default()
        };
        Live::new(&inputs, attributes([("id", arn), ("arn", arn)])).tagged(tags)
    }
}

impl Kind for ListenerRuleKind {
    type Definition = ListenerRule;

    async fn find(&self, subject: &Subject, known: &Known<ListenerRule>) -> Result<Option<Found>, ProviderError> {
        let Some(listener) = &known.listener_arn else { return Ok(None) };
        let call = self.0.in_region(&subject.region).describe_rules().listener_arn(listener);
        let rules = call.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
        let rules = none_if_missing(rules.map_err(api_error(DESCRIBE)))?.unwrap_or_default();
        let arns = rules.into_iter().filter_map(|rule| rule.rule_arn).filter(|arn| subject.seeks(arn));
        let tagged = try_join_all(arns.map(|arn| async {
            let tags = tags_of(&self.0, &subject.region, &arn, KnownTags::NONE).await?;
            Ok::<_, ProviderError>(Found::new(arn, Evidence::Tags(tags)))
        }));
        Ok(tagged.await?.into_iter().find(|found| found.is_owned_by(&subject.ownership)))
    }

    async fn read(
        &self,
        region: &Region,
        ids: &[String],
        tags: KnownTags<'_>,
    ) -> Result<Vec<Option<Live>>, ProviderError> {
        let describe = |arns: Vec<String>| async move {
            let call = self.0.in_region(region).describe_rules().set_rule_arns(Some(arns)).send();
            Ok(none_if_missing(call.await.map_err(api_error(DESCRIBE)))?.and_then(|answer| answer.rules))
        };
        let rules = describe_many(ids, describe).await?;
        let arns: Vec<String> = rules.iter().filter_map(|rule| rule.rule_arn.clone()).collect();
        let mut tags = all_tags(&self.0, region, &arns, tags).await?;
        let live = rules.iter().filter_map(|rule| {
            let arn = rule.rule_arn.clone()?;
            let live = Self::live(&arn, rule, tags.remove(&arn).unwrap_or_default());
            Some((arn, live))
        });
        Ok(in_order(ids, live.collect()))
    }

    async fn create(&self, subject: &Subject, inputs: &Inputs, tags: &Tags) -> Result<Created, ProviderError> {
        let operation = "elasticloadbalancing:CreateRule";
        let secret = Secrets::new(self.0.connection()).text(&inputs.header_secret_arn).await?;
        let values = with_current(&secret, None, tags);
        let tags = with_record(tags, &inputs.header_secret_version, &values);
        let call = self.0.in_region(&subject.region).create_rule().listener_arn(&inputs.listener_arn);
        let call = call.priority(inputs.priority).actions(forward(&inputs.target_group_arn));
        let call = call.set_conditions(Some(conditions(inputs.path_pattern.as_deref(), &inputs.header_name, values)));
        let answer = call.set_tags(Some(to_tags(&tags))).send().await.map_err(api_error_eventual(operation))?;
        let arn = answer.rules.unwrap_or_default().into_iter().next().and_then(|rule| rule.rule_arn);
        let arn = arn.ok_or_else(|| ProviderError::incomplete(operation, "RuleArn"))?;
        Ok(Created::new(&arn, [("id", &arn), ("arn", &arn)]))
    }

    async fn update(&self, subject: &Subject, arn: &str, update: &Update<Inputs>) -> Result<(), ProviderError> {
        let client = self.0.in_region(&subject.region);
        let desired = &update.desired;
        if update.changes("priority") {
            let pair = RulePriorityPair::builder().rule_arn(arn).priority(desired.priority).build();
            let call = client.set_rule_priorities().rule_priorities(pair).send();
            call.await.map_err(api_error("elasticloadbalancing:SetRulePriorities"))?;
        }
        if update.changed.iter().any(|field| field != "priority") {
            let secret = Secrets::new(self.0.connection()).text(&desired.header_secret_arn).await?;
            let rule = describe(&self.0, &subject.region, arn).await?;
            let tags = tags_of(&self.0, &subject.region, arn, KnownTags::NONE).await?;
            let values = with_current(&secret, rule.as_ref(), &tags);
            let call = client.modify_rule().rule_arn(arn).actions(forward(&desired.target_group_arn));
            let conditions = conditions(desired.path_pattern.as_deref(), &desired.header_name, values.clone());
            let call = call.set_conditions(Some(conditions)).send();
            call.await.map_err(api_error_eventual("elasticloadbalancing:ModifyRule"))?;
            keep_record(&self.0, &subject.region, arn, &desired.header_secret_version, &values).await?;
        }
        Ok(())
    }

    async fn set_tags(&self, region: &Region, arn: &str, tags: &Tags) -> Result<(), ProviderError> {
        set_tags(&self.0.in_region(region), arn, tags).await
    }

    async fn remove_tags(&self, region: &Region, arn: &str, keys: &[String]) -> Result<(), ProviderError> {
        remove_tags(&self.0.in_region(region), arn, keys).await
    }

    async fn delete(&self, region: &Region, arn: &str, _how: Deletion) -> Result<(), ProviderError> {
        let result = self.0.in_region(region).delete_rule().rule_arn(arn).send().await;
        none_if_missing(result.map_err(api_error("elasticloadbalancing:DeleteRule"))).map(|_| ())
    }
}
