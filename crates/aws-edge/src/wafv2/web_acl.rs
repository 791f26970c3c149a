//! How AWS does `wafv2.web_acl`, always of the scope CLOUDFRONT, which lives in us-east-1.

use aws_sdk_wafv2::types::{
    AllowAction, BlockAction, CountAction, DefaultAction, ManagedRuleGroupStatement, NoneAction, OverrideAction,
    RateBasedStatement, RateBasedStatementAggregateKeyType, Rule, RuleAction, RuleActionOverride, Scope, Statement,
    Tag, VisibilityConfig, WebAcl as AwsWebAcl, WebAclSummary,
};
use futures::future::try_join_all;
use ohinfra_aws_core::{failed, is_missing};
use ohinfra_core::contract::{
    Created, Deletion, Evidence, Found, Kind, Known, Live, Resolved, Subject, Update, attributes,
};
use ohinfra_core::error::ErrorKind;
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::wafv2::{ManagedRuleGroup, WebAcl, WebAclInputs};

use super::Clients;

/// `wafv2.web_acl`
pub struct WebAclKind(pub(crate) Clients);

type Inputs = Resolved<WebAcl>;

const RATE_RULE: &str = "RateLimitRule";

fn wrong(operation: &str, error: impl std::fmt::Display) -> ProviderError {
    ProviderError::new(ErrorKind::Invalid, operation, error.to_string())
}

fn to_tags(tags: &Tags, operation: &str) -> Result<Vec<Tag>, ProviderError> {
    let tag = |(key, value): (&String, &String)| Tag::builder().key(key).value(value).build();
    tags.iter().map(tag).collect::<Result<_, _>>().map_err(|error| wrong(operation, error))
}

type Built<T> = Result<T, aws_sdk_wafv2::error::BuildError>;

fn visibility(metric: String) -> Built<VisibilityConfig> {
    let builder = VisibilityConfig::builder().sampled_requests_enabled(true).cloud_watch_metrics_enabled(true);
    builder.metric_name(metric).build()
}

fn managed(group: &ManagedRuleGroup, priority: i32, prefix: &str) -> Built<Rule> {
    let counted = |name: &String| {
        let count = RuleAction::builder().count(CountAction::builder().build()).build();
        RuleActionOverride::builder().name(name).action_to_use(count).build()
    };
    let overrides = group.count_only.iter().map(counted).collect::<Result<Vec<_>, _>>()?;
    let statement = ManagedRuleGroupStatement::builder().vendor_name("AWS").name(&group.name);
    let statement = statement.set_rule_action_overrides((!overrides.is_empty()).then_some(overrides)).build()?;
    Rule::builder()
        .name(&group.name)
        .priority(priority)
        .statement(Statement::builder().managed_rule_group_statement(statement).build())
        .override_action(OverrideAction::builder().none(NoneAction::builder().build()).build())
        .visibility_config(visibility(format!("{prefix}-{}", group.name))?)
        .build()
}

fn rate(limit: i64, priority: i32, prefix: &str) -> Built<Rule> {
    let statement = RateBasedStatement::builder().limit(limit).evaluation_window_sec(300);
    let statement = statement.aggregate_key_type(RateBasedStatementAggregateKeyType::Ip).build()?;
    Rule::builder()
        .name(RATE_RULE)
        .priority(priority)
        .statement(Statement::builder().rate_based_statement(statement).build())
        .action(RuleAction::builder().block(BlockAction::builder().build()).build())
        .visibility_config(visibility(format!("{prefix}-{RATE_RULE}"))?)
        .build()
}

fn rules(inputs: &Inputs) -> Built<Vec<Rule>> {
    let groups = (1..).zip(&inputs.managed_rule_groups);
    let mut rules = groups.map(|(n, group)| managed(group, n, &inputs.metric_prefix)).collect::<Result<Vec<_>, _>>()?;
    let last = i32::try_from(rules.len()).unwrap_or_default() + 1;
    rules.push(rate(inputs.rate_limit, last, &inputs.metric_prefix)?);
    Ok(rules)
}

fn allow() -> DefaultAction {
    DefaultAction::builder().allow(AllowAction::builder().build()).build()
}

/// What AWS has, in the words of the inputs. A rule that somebody added by hand shows as one more group.
fn inputs_of(acl: &AwsWebAcl) -> Inputs {
    let mut rules: Vec<&Rule> = acl.rules().iter().collect();
    rules.sort_by_key(|rule| rule.priority);
    let group = |rule: &&Rule| {
        let statement = rule.statement().and_then(Statement::managed_rule_group_statement);
        let overrides = statement.map(|statement| statement.rule_action_overrides().to_vec()).unwrap_or_default();
        ManagedRuleGroup {
            name: statement.map_or_else(|| rule.name.clone(), |statement| statement.name.clone()),
            count_only: overrides.into_iter().map(|counted| counted.name).collect(),
        }
    };
    let limit = |rule: &&Rule| rule.statement().and_then(Statement::rate_based_statement).map(|rate| rate.limit);
    WebAclInputs {
        acl_name: acl.name.clone(),
        description: acl.description().unwrap_or_default().to_owned(),
        managed_rule_groups: rules.iter().filter(|rule| limit(rule).is_none()).map(group).collect(),
        rate_limit: rules.iter().find_map(limit).unwrap_or_default(),
        metric_prefix: acl.visibility_config().map(|config| config.metric_name.clone()).unwrap_or_default(),
    }
}

/// The name and the id of a web ACL's ARN: `…:global/webacl/<name>/<id>`.
fn name_and_id(arn: &str) -> Result<(&str, &str), ProviderError> {
    let parts = arn.split_once("/webacl/").and_then(|(_, rest)| rest.split_once('/'));
    parts.ok_or_else(|| wrong("wafv2:GetWebACL", format!("`{arn}` is not the ARN of a web ACL")))
}

impl WebAclKind {
    async fn get(&self, region: &Region, arn: &str) -> Result<Option<(AwsWebAcl, String)>, ProviderError> {
        let (name, id) = name_and_id(arn)?;
        let call = self.0.at(region).get_web_acl().scope(Scope::Cloudfront).name(name).id(id);
        let answer = is_missing(call.send().await.map_err(failed("wafv2:GetWebACL")))?;
        Ok(answer.and_then(|answer| Some((answer.web_acl?, answer.lock_token.unwrap_or_default()))))
    }

    async fn tags(&self, region: &Region, arn: &str) -> Result<Tags, ProviderError> {
        if let Some(tags) = self.0.known_tags(region, arn).await {
            return Ok(tags);
        }
        let result = self.0.at(region).list_tags_for_resource().resource_arn(arn).send().await;
        let answer = is_missing(result.map_err(failed("wafv2:ListTagsForResource")))?;
        let tags = answer.and_then(|answer| answer.tag_info_for_resource).and_then(|info| info.tag_list);
        Ok(tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value)).collect())
    }

    async fn list(&self, region: &Region) -> Result<Vec<WebAclSummary>, ProviderError> {
        let (mut all, mut marker) = (Vec::new(), None);
        loop {
            let call = self.0.at(region).list_web_acls().scope(Scope::Cloudfront).limit(100);
            let answer = call.set_next_marker(marker).send().await.map_err(failed("wafv2:ListWebACLs"))?;
            let page = answer.web_acls.unwrap_or_default();
            marker = answer.next_marker.filter(|marker| !marker.is_empty() && !page.is_empty());
            all.extend(page);
            if marker.is_none() {
                return Ok(all);
            }
        }
    }

    async fn read_one(&self, region: &Region, arn: &str) -> Result<Option<Live>, ProviderError> {
        let Some((acl, _)) = self.get(region, arn).await? else { return Ok(None) };
        let tags = self.tags(region, arn).await?;
        let attributes = attributes([("id", arn), ("arn", arn), ("name", &acl.name)]);
        Ok(Some(Live::new(&inputs_of(&acl), attributes).tagged(tags)))
    }
}

impl Kind for WebAclKind {
    type Definition = WebAcl;

    async fn find(&self, subject: &Subject, known: &Known<WebAcl>) -> Result<Option<Found>, ProviderError> {
        let acls = self.list(&subject.region).await?;
        let acl = acls.into_iter().find(|acl| acl.name() == Some(&known.acl_name)).and_then(|acl| acl.arn);
        let Some(arn) = acl else { return Ok(None) };
        let tags = self.tags(&subject.region, &arn).await?;
        Ok(Some(Found::new(arn, Evidence::Tags(tags))))
    }

    async fn read(&self, region: &Region, ids: &[String]) -> Result<Vec<Option<Live>>, ProviderError> {
        try_join_all(ids.iter().map(|arn| self.read_one(region, arn))).await
    }

    async fn create(&self, subject: &Subject, inputs: &Inputs, tags: &Tags) -> Result<Created, ProviderError> {
        let operation = "wafv2:CreateWebACL";
        let rules = rules(inputs).map_err(|error| wrong(operation, error))?;
        let visibility = visibility(inputs.metric_prefix.clone()).map_err(|error| wrong(operation, error))?;
        let call = self.0.at(&subject.region).create_web_acl().scope(Scope::Cloudfront).name(&inputs.acl_name);
        let call = call.description(&inputs.description).default_action(allow()).set_rules(Some(rules));
        let call = call.visibility_config(visibility).set_tags(Some(to_tags(tags, operation)?));
        let arn = call.send().await.map_err(failed(operation))?.summary.and_then(|summary| summary.arn);
        let arn = arn.ok_or_else(|| ProviderError::incomplete(operation, "ARN"))?;
        Ok(Created::new(&arn, [("id", &arn), ("arn", &arn), ("name", &inputs.acl_name)]))
    }

    async fn update(&self, subject: &Subject, arn: &str, update: &Update<Inputs>) -> Result<(), ProviderError> {
        let client = self.0.at(&subject.region);
        if !update.changed.is_empty() {
            let operation = "wafv2:UpdateWebACL";
            let (name, id) = name_and_id(arn)?;
            let Some((_, lock)) = self.get(&subject.region, arn).await? else {
                return Err(ProviderError::new(ErrorKind::NotFound, operation, "it is gone"));
            };
            let rules = rules(&update.desired).map_err(|error| wrong(operation, error))?;
            let visibility =
                visibility(update.desired.metric_prefix.clone()).map_err(|error| wrong(operation, error))?;
            let call = client.update_web_acl().scope(Scope::Cloudfront).name(name).id(id).lock_token(lock);
            let call = call.description(&update.desired.description).default_action(allow());
            let call = call.set_rules(Some(rules)).visibility_config(visibility);
            call.send().await.map_err(failed(operation))?;
        }
        if !update.tags_to_set.is_empty() {
            let operation = "wafv2:TagResource";
            let tags = to_tags(&update.tags_to_set, operation)?;
            client.tag_resource().resource_arn(arn).set_tags(Some(tags)).send().await.map_err(failed(operation))?;
        }
        if !update.tags_to_remove.is_empty() {
            let call = client.untag_resource().resource_arn(arn).set_tag_keys(Some(update.tags_to_remove.clone()));
            call.send().await.map_err(failed("wafv2:UntagResource"))?;
        }
        Ok(())
    }

    async fn delete(&self, region: &Region, arn: &str, _how: Deletion) -> Result<(), ProviderError> {
        let (name, id) = name_and_id(arn)?;
        let Some((_, lock)) = self.get(region, arn).await? else { return Ok(()) };
        let call = self.0.at(region).delete_web_acl().scope(Scope::Cloudfront).name(name).id(id).lock_token(lock);
        is_missing(call.send().await.map_err(failed("wafv2:DeleteWebACL"))).map(|_| ())
    }
}
