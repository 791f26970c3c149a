//! Conversion between the inputs of a web ACL and its rules in AWS WAF.
//!
//! A rule is managed if its metric has the name `<prefix>-<rule>`, which ohinfra assigns, or if a configured rule has its name.
//! Other rules stay unchanged, including their priority.

use std::collections::BTreeSet;

use aws_sdk_wafv2::types::{
    AllowAction, BlockAction, CountAction, DefaultAction, ManagedRuleGroupStatement, NoneAction, OverrideAction,
    RateBasedStatement, RateBasedStatementAggregateKeyType, Rule, RuleAction, RuleActionOverride, Statement,
    VisibilityConfig, WebAcl as AwsWebAcl,
};
use ohinfra_core::contract::Resolved;
use ohinfra_kinds::wafv2::{ManagedRuleGroup, RateRuleLive, WebAcl, WebAclLive};

type Inputs = Resolved<WebAcl>;
pub(super) type Built<T> = Result<T, aws_sdk_wafv2::error::BuildError>;

const RATE_RULE: &str = "RateLimitRule";
/// Evaluation window of a rate-based rule that has none (AWS default).
const WINDOW_SECONDS: i64 = 300;

/// Returns the monitoring settings of a web ACL or of a rule.
pub(super) fn visibility(inputs: &Inputs, rule: Option<&str>) -> Built<VisibilityConfig> {
    let suffix = rule.map(|rule| format!("-{rule}")).unwrap_or_default();
    VisibilityConfig::builder()
        .sampled_requests_enabled(inputs.monitored)
        .cloud_watch_metrics_enabled(inputs.monitored)
        .metric_name(format!("{}{suffix}", inputs.metric_prefix))
        .build()
}

fn count() -> CountAction {
    CountAction::builder().build()
}

/// Returns the action with this name; `block` for an unknown name.
fn action(name: &str) -> RuleAction {
    match name {
        "allow" => RuleAction::builder().allow(AllowAction::builder().build()),
        "count" => RuleAction::builder().count(count()),
        _ => RuleAction::builder().block(BlockAction::builder().build()),
    }
    .build()
}

fn name_of(action: Option<&RuleAction>) -> &'static str {
    let Some(action) = action else { return "none" };
    match () {
        () if action.block().is_some() => "block",
        () if action.allow().is_some() => "allow",
        () if action.count().is_some() => "count",
        () if action.captcha().is_some() => "captcha",
        () if action.challenge().is_some() => "challenge",
        () => "other",
    }
}

/// Returns the default action. An unchanged action keeps its other settings, such as inserted headers.
pub(super) fn default_action(live: Option<&DefaultAction>, inputs: &Inputs) -> DefaultAction {
    match live.filter(|live| default_name(live) == inputs.default_action) {
        Some(live) => live.clone(),
        None if inputs.default_action == "block" => {
            DefaultAction::builder().block(BlockAction::builder().build()).build()
        }
        None => DefaultAction::builder().allow(AllowAction::builder().build()).build(),
    }
}

fn default_name(action: &DefaultAction) -> &'static str {
    if action.block().is_some() { "block" } else { "allow" }
}

fn group_of(rule: &Rule) -> Option<&ManagedRuleGroupStatement> {
    rule.statement()?.managed_rule_group_statement()
}

fn rate_of(rule: &Rule) -> Option<&RateBasedStatement> {
    rule.statement()?.rate_based_statement()
}

/// Returns the live rule, or a new one, with the monitoring settings set.
fn empty(name: &str, live: Option<&Rule>, inputs: &Inputs) -> Built<Rule> {
    let visibility = visibility(inputs, Some(name))?;
    let new = Rule::builder().name(name).priority(0).visibility_config(visibility.clone()).build()?;
    let mut rule = live.cloned().unwrap_or(new);
    rule.visibility_config = Some(visibility);
    Ok(rule)
}

fn managed(group: &ManagedRuleGroup, live: Option<&Rule>, inputs: &Inputs) -> Built<Rule> {
    let counted = |name: &String| {
        let action = RuleAction::builder().count(count()).build();
        RuleActionOverride::builder().name(name).action_to_use(action).build()
    };
    let overrides = group.count_only.iter().map(counted).collect::<Built<Vec<_>>>()?;
    let new = ManagedRuleGroupStatement::builder().vendor_name("AWS").name(&group.name).build()?;
    let mut statement = live.and_then(group_of).filter(|live| live.name == group.name).cloned().unwrap_or(new);
    "AWS".clone_into(&mut statement.vendor_name);
    statement.rule_action_overrides = (!overrides.is_empty()).then_some(overrides);
    statement.excluded_rules = None;
    statement.version.clone_from(&group.version);
    statement.scope_down_statement = statement.scope_down_statement.filter(|_| group.scoped_down);
    let override_action = if group.counts {
        OverrideAction::builder().count(count())
    } else {
        OverrideAction::builder().none(NoneAction::builder().build())
    };
    let mut rule = empty(&group.name, live, inputs)?;
    rule.statement = Some(Statement::builder().managed_rule_group_statement(statement).build());
    rule.override_action = Some(override_action.build());
    rule.action = None;
    Ok(rule)
}

fn rate(live: Option<&Rule>, inputs: &Inputs) -> Built<Rule> {
    let wanted = &inputs.rate_rule;
    let key = RateBasedStatementAggregateKeyType::from(wanted.key.as_str());
    let new = RateBasedStatement::builder().limit(inputs.rate_limit).aggregate_key_type(key.clone()).build()?;
    let mut statement = live.and_then(rate_of).filter(|live| live.aggregate_key_type == key).cloned().unwrap_or(new);
    statement.limit = inputs.rate_limit;
    statement.evaluation_window_sec = wanted.window_seconds;
    statement.scope_down_statement = statement.scope_down_statement.filter(|_| wanted.scoped_down);
    let kept = live.and_then(Rule::action).filter(|live| name_of(Some(live)) == wanted.action).cloned();
    let mut rule = empty(RATE_RULE, live, inputs)?;
    rule.statement = Some(Statement::builder().rate_based_statement(statement).build());
    rule.action = Some(kept.unwrap_or_else(|| action(&wanted.action)));
    rule.override_action = None;
    Ok(rule)
}

/// Returns `true` if ohinfra created the rule.
fn is_ours(rule: &Rule) -> bool {
    let metric = rule.visibility_config().map(|visibility| visibility.metric_name.as_str()).unwrap_or_default();
    prefix(metric, &rule.name).is_some()
}

fn prefix<'a>(metric: &'a str, rule: &str) -> Option<&'a str> {
    metric.strip_suffix(rule)?.strip_suffix('-').filter(|prefix| !prefix.is_empty())
}

/// Returns all rules: the managed ones in their order, then the others. Managed rules reuse their live priorities, then take free
/// ones.
pub(super) fn overlaid(live: &[Rule], inputs: &Inputs) -> Built<Vec<Rule>> {
    let named = |name: &str| live.iter().find(|rule| rule.name == name);
    let mut ours = Vec::new();
    for group in &inputs.managed_rule_groups {
        ours.push(managed(group, named(&group.name), inputs)?);
    }
    ours.push(rate(named(RATE_RULE), inputs)?);
    let (mine, others): (Vec<&Rule>, Vec<&Rule>) =
        live.iter().partition(|rule| is_ours(rule) || ours.iter().any(|own| own.name == rule.name));
    let taken: BTreeSet<i32> = others.iter().map(|rule| rule.priority).collect();
    let mut free: BTreeSet<i32> = mine.iter().map(|rule| rule.priority).filter(|n| !taken.contains(n)).collect();
    let mut next = free.last().map_or(1, |last| last + 1);
    while free.len() < ours.len() {
        if !taken.contains(&next) {
            free.insert(next);
        }
        next += 1;
    }
    for (rule, priority) in ours.iter_mut().zip(free) {
        rule.priority = priority;
    }
    ours.extend(others.into_iter().cloned());
    Ok(ours)
}

fn group_inputs(rule: &Rule) -> ManagedRuleGroup {
    let Some(group) = group_of(rule) else {
        return ManagedRuleGroup { name: rule.name.clone(), ..ManagedRuleGroup::default() };
    };
    let overrides = group.rule_action_overrides();
    let counted = |one: &&RuleActionOverride| name_of(one.action_to_use()) == "count";
    let excluded = group.excluded_rules().iter().map(|rule| rule.name.clone());
    let other = |one: &RuleActionOverride| format!("{}={}", one.name, name_of(one.action_to_use()));
    ManagedRuleGroup {
        name: if group.vendor_name == "AWS" {
            group.name.clone()
        } else {
            format!("{}:{}", group.vendor_name, group.name)
        },
        count_only: overrides.iter().filter(counted).map(|one| one.name.clone()).chain(excluded).collect(),
        other_overrides: overrides.iter().filter(|one| !counted(one)).map(other).collect(),
        counts: rule.override_action().is_some_and(|action| action.count().is_some()),
        scoped_down: group.scope_down_statement().is_some(),
        version: group.version().map(str::to_owned),
    }
}

/// Converts the live rate-based rule. The action of a missing rule is `none`.
fn rate_inputs(rule: Option<&Rule>) -> RateRuleLive {
    let rate = rule.and_then(rate_of);
    let window = |rate: &RateBasedStatement| match rate.evaluation_window_sec {
        0 => WINDOW_SECONDS,
        seconds => seconds,
    };
    RateRuleLive {
        action: Some(name_of(rule.and_then(Rule::action)).to_owned()),
        window_seconds: rate.map(window),
        // Another type of rule counts by no key.
        key: rule.map(|_| rate.map(|rate| rate.aggregate_key_type.as_str().to_owned()).unwrap_or_default()),
        scoped_down: rate.map(|rate| rate.scope_down_statement().is_some()),
    }
}

/// Converts the live web ACL.
pub(super) fn live_inputs(acl: &AwsWebAcl) -> WebAclLive {
    let mut rules: Vec<&Rule> = acl.rules().iter().filter(|rule| is_ours(rule) || rule.name == RATE_RULE).collect();
    rules.sort_by_key(|rule| rule.priority);
    let rate = rules.iter().copied().find(|rule| rule.name == RATE_RULE);
    let main = acl.visibility_config();
    let visible = |config: &VisibilityConfig| config.sampled_requests_enabled && config.cloud_watch_metrics_enabled;
    let all_visible = rules.iter().filter_map(|rule| rule.visibility_config()).all(visible);
    // All prefixes are equal unless one was changed outside ohinfra; then the input lists the different ones.
    let of_rules = rules.iter().filter_map(|rule| prefix(&rule.visibility_config()?.metric_name, &rule.name));
    let prefixes: BTreeSet<&str> = of_rules.chain(main.map(|main| main.metric_name.as_str())).collect();
    let groups = rules.iter().filter(|rule| rule.name != RATE_RULE).map(|rule| group_inputs(rule));
    WebAclLive {
        acl_name: Some(acl.name.clone()),
        description: Some(acl.description().unwrap_or_default().to_owned()),
        default_action: acl.default_action().map(|action| default_name(action).to_owned()),
        managed_rule_groups: Some(groups.collect()),
        rate_limit: rate.and_then(rate_of).map(|rate| rate.limit),
        rate_rule: Some(rate_inputs(rate)),
        monitored: main.map(|main| visible(main) && all_visible),
        metric_prefix: main.map(|_| prefixes.into_iter().collect::<Vec<_>>().join(", ")),
    }
}
