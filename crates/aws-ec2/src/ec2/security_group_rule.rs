//! Implementation of `ec2.security_group_rule`.

use std::collections::BTreeMap;

use aws_sdk_ec2::types::{
    IpPermission, IpRange, PrefixListId, ResourceType, SecurityGroupRule as Rule, SecurityGroupRuleRequest,
    SecurityGroupRuleUpdate, UserIdGroupPair,
};
use ohinfra_aws_core::{api_error, api_error_eventual, none_if_missing};
use ohinfra_core::contract::{
    Created, Deletion, Evidence, Found, Kind, Known, Live, Resolved, Subject, Update, attributes, in_order,
};
use ohinfra_core::tag_index::KnownTags;
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::ec2::{Direction, PeerType, SecurityGroupRule, SecurityGroupRuleLive};

use super::{Clients, filter, from_tags, present, remove_tags, set_tags, tagged};

/// `ec2.security_group_rule`
pub struct SecurityGroupRuleKind(pub(crate) Clients);

type Inputs = Resolved<SecurityGroupRule>;

const DESCRIBE: &str = "ec2:DescribeSecurityGroupRules";

impl SecurityGroupRuleKind {
    async fn describe(&self, region: &Region, by: &str, values: &[String]) -> Result<Vec<Rule>, ProviderError> {
        let call = self.0.in_region(region).describe_security_group_rules().filters(filter(by, values));
        let rules = call.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
        rules.map_err(api_error(DESCRIBE))
    }
}

fn live_inputs(rule: &Rule) -> SecurityGroupRuleLive {
    let (peer_type, peer) = match (rule.cidr_ipv4(), rule.prefix_list_id(), rule.referenced_group_info()) {
        (_, Some(list), _) => (Some(PeerType::PrefixList), Some(list)),
        (_, _, Some(group)) => (Some(PeerType::SecurityGroup), group.group_id()),
        (Some(range), _, _) => (Some(PeerType::CidrIpv4), Some(range)),
        (None, None, None) => (None, None),
    };
    SecurityGroupRuleLive {
        group_id: rule.group_id.clone(),
        direction: rule.is_egress().map(|is_egress| if is_egress { Direction::Egress } else { Direction::Ingress }),
        protocol: rule.ip_protocol.clone(),
        // A rule without ports applies to all ports.
        from_port: Some(rule.from_port().unwrap_or(-1)),
        to_port: Some(rule.to_port().unwrap_or(-1)),
        peer_type,
        peer: peer.map(str::to_owned),
        description: Some(rule.description().unwrap_or_default().to_owned()),
    }
}

fn permission(inputs: &Inputs) -> IpPermission {
    let permission =
        IpPermission::builder().ip_protocol(&inputs.protocol).from_port(inputs.from_port).to_port(inputs.to_port);
    let (peer, description) = (&inputs.peer, &inputs.description);
    match inputs.peer_type {
        PeerType::CidrIpv4 => permission.ip_ranges(IpRange::builder().cidr_ip(peer).description(description).build()),
        PeerType::PrefixList => {
            permission.prefix_list_ids(PrefixListId::builder().prefix_list_id(peer).description(description).build())
        }
        PeerType::SecurityGroup => {
            permission.user_id_group_pairs(UserIdGroupPair::builder().group_id(peer).description(description).build())
        }
    }
    .build()
}

/// Returns `true` if AWS would reject both rules in one group as duplicates.
fn is_same_rule(rule: &SecurityGroupRuleLive, known: &Known<SecurityGroupRule>) -> bool {
    known.peer.is_some()
        && rule.peer == known.peer
        && rule.peer_type == Some(known.peer_type)
        && rule.direction == Some(known.direction)
        && rule.protocol.as_ref() == Some(&known.protocol)
        && (rule.from_port, rule.to_port) == (Some(known.from_port), Some(known.to_port))
}

impl Kind for SecurityGroupRuleKind {
    type Definition = SecurityGroupRule;

    async fn find(&self, subject: &Subject, known: &Known<SecurityGroupRule>) -> Result<Option<Found>, ProviderError> {
        // Without the group there is no rule.
        let Some(group) = &known.group_id else { return Ok(None) };
        let mut rules = self.describe(&subject.region, "group-id", std::slice::from_ref(group)).await?;
        rules.retain(|rule| rule.security_group_rule_id().is_some_and(|id| subject.seeks(id)));
        let tagged = rules.iter().find(|rule| subject.ownership.matches(&from_tags(rule.tags.as_deref())));
        // The deployment owns the group, and therefore also a duplicate rule in it without tags.
        let found = tagged.or_else(|| rules.iter().find(|rule| is_same_rule(&live_inputs(rule), known)));
        Ok(found.and_then(|rule| Some(Found::new(rule.security_group_rule_id.clone()?, Evidence::Ours))))
    }

    async fn read(
        &self,
        region: &Region,
        ids: &[String],
        _tags: KnownTags<'_>,
    ) -> Result<Vec<Option<Live>>, ProviderError> {
        let rules = self.describe(region, "security-group-rule-id", ids).await?;
        let live = |rule: &Rule| {
            let id = rule.security_group_rule_id.clone()?;
            let live = Live::new(&live_inputs(rule), attributes([("id", &id)]));
            Some((id, live.tagged(from_tags(rule.tags.as_deref()))))
        };
        Ok(in_order(ids, rules.iter().filter_map(live).collect::<BTreeMap<_, _>>()))
    }

    async fn create(&self, subject: &Subject, inputs: &Inputs, tags: &Tags) -> Result<Created, ProviderError> {
        let client = self.0.in_region(&subject.region);
        let tags = tagged(ResourceType::SecurityGroupRule, tags);
        let (operation, rules) = match inputs.direction {
            Direction::Ingress => {
                let call = client.authorize_security_group_ingress().group_id(&inputs.group_id);
                let call = call.ip_permissions(permission(inputs)).tag_specifications(tags);
                let operation = "ec2:AuthorizeSecurityGroupIngress";
                (operation, call.send().await.map_err(api_error_eventual(operation))?.security_group_rules)
            }
            Direction::Egress => {
                let call = client.authorize_security_group_egress().group_id(&inputs.group_id);
                let call = call.ip_permissions(permission(inputs)).tag_specifications(tags);
                let operation = "ec2:AuthorizeSecurityGroupEgress";
                (operation, call.send().await.map_err(api_error_eventual(operation))?.security_group_rules)
            }
        };
        let rule = rules.unwrap_or_default().into_iter().next().and_then(|rule| rule.security_group_rule_id);
        let id = present(rule.as_deref(), operation, "SecurityGroupRuleId")?;
        Ok(Created::new(&id, [("id", &id)]))
    }

    async fn update(&self, subject: &Subject, id: &str, update: &Update<Inputs>) -> Result<(), ProviderError> {
        if !update.changed.is_empty() {
            let inputs = &update.desired;
            let request = SecurityGroupRuleRequest::builder()
                .ip_protocol(&inputs.protocol)
                .from_port(inputs.from_port)
                .to_port(inputs.to_port)
                .description(&inputs.description);
            let request = match inputs.peer_type {
                PeerType::CidrIpv4 => request.cidr_ipv4(&inputs.peer),
                PeerType::PrefixList => request.prefix_list_id(&inputs.peer),
                PeerType::SecurityGroup => request.referenced_group_id(&inputs.peer),
            };
            let rule = SecurityGroupRuleUpdate::builder()
                .security_group_rule_id(id)
                .security_group_rule(request.build())
                .build();
            let call = self
                .0
                .in_region(&subject.region)
                .modify_security_group_rules()
                .group_id(&inputs.group_id)
                .security_group_rules(rule);
            call.send().await.map_err(api_error("ec2:ModifySecurityGroupRules"))?;
        }
        Ok(())
    }

    async fn set_tags(&self, region: &Region, id: &str, tags: &Tags) -> Result<(), ProviderError> {
        set_tags(&self.0.in_region(region), id, tags).await
    }

    async fn remove_tags(&self, region: &Region, id: &str, keys: &[String]) -> Result<(), ProviderError> {
        remove_tags(&self.0.in_region(region), id, keys).await
    }

    async fn delete(&self, region: &Region, id: &str, _how: Deletion) -> Result<(), ProviderError> {
        let rules = self.describe(region, "security-group-rule-id", &[id.to_owned()]).await?;
        let Some(rule) = rules.first() else { return Ok(()) };
        let client = self.0.in_region(region);
        let group = present(rule.group_id(), DESCRIBE, "GroupId")?;
        let is_egress = rule.is_egress().ok_or_else(|| ProviderError::incomplete(DESCRIBE, "IsEgress"))?;
        let result = if is_egress {
            let call = client.revoke_security_group_egress().group_id(group).security_group_rule_ids(id);
            call.send().await.map(|_| ()).map_err(api_error("ec2:RevokeSecurityGroupEgress"))
        } else {
            let call = client.revoke_security_group_ingress().group_id(group).security_group_rule_ids(id);
            call.send().await.map(|_| ()).map_err(api_error("ec2:RevokeSecurityGroupIngress"))
        };
        none_if_missing(result).map(|_| ())
    }
}
