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
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::ec2::{Direction, PeerType, SecurityGroupRule, SecurityGroupRuleInputs};

use super::{Clients, filter, from_tags, present, tagged, update_tags};

/// `ec2.security_group_rule`
pub struct SecurityGroupRuleKind(pub(crate) Clients);

type Inputs = Resolved<SecurityGroupRule>;

impl SecurityGroupRuleKind {
    async fn describe(&self, region: &Region, by: &str, values: &[String]) -> Result<Vec<Rule>, ProviderError> {
        let call = self.0.at(region).describe_security_group_rules().filters(filter(by, values));
        let rules = call.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
        rules.map_err(api_error("ec2:DescribeSecurityGroupRules"))
    }
}

fn inputs_of(rule: &Rule) -> Inputs {
    let (peer_type, peer) = match (rule.cidr_ipv4(), rule.prefix_list_id(), rule.referenced_group_info()) {
        (_, Some(list), _) => (PeerType::PrefixList, list),
        (_, _, Some(group)) => (PeerType::SecurityGroup, group.group_id().unwrap_or_default()),
        (range, _, _) => (PeerType::CidrIpv4, range.unwrap_or_default()),
    };
    SecurityGroupRuleInputs {
        group_id: rule.group_id().unwrap_or_default().to_owned(),
        direction: if rule.is_egress().unwrap_or_default() { Direction::Egress } else { Direction::Ingress },
        protocol: rule.ip_protocol().unwrap_or_default().to_owned(),
        from_port: rule.from_port().unwrap_or(-1),
        to_port: rule.to_port().unwrap_or(-1),
        peer_type,
        peer: peer.to_owned(),
        description: rule.description().unwrap_or_default().to_owned(),
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
fn is_same_rule(rule: &Inputs, known: &Known<SecurityGroupRule>) -> bool {
    Some(&rule.peer) == known.peer.as_ref()
        && (rule.direction, &rule.protocol, rule.from_port, rule.to_port, rule.peer_type)
            == (known.direction, &known.protocol, known.from_port, known.to_port, known.peer_type)
}

impl Kind for SecurityGroupRuleKind {
    type Definition = SecurityGroupRule;

    async fn find(&self, subject: &Subject, known: &Known<SecurityGroupRule>) -> Result<Option<Found>, ProviderError> {
        // Without the group there is no rule.
        let Some(group) = &known.group_id else { return Ok(None) };
        let mut rules = self.describe(&subject.region, "group-id", std::slice::from_ref(group)).await?;
        rules.retain(|rule| subject.seeks(rule.security_group_rule_id().unwrap_or_default()));
        let tagged = rules.iter().find(|rule| subject.ownership.matches(&from_tags(rule.tags.as_deref())));
        // The deployment owns the group, and therefore also a duplicate rule in it without tags.
        let found = tagged.or_else(|| rules.iter().find(|rule| is_same_rule(&inputs_of(rule), known)));
        Ok(found.and_then(|rule| Some(Found::new(rule.security_group_rule_id.clone()?, Evidence::Ours))))
    }

    async fn read(&self, region: &Region, ids: &[String]) -> Result<Vec<Option<Live>>, ProviderError> {
        let rules = self.describe(region, "security-group-rule-id", ids).await?;
        let live = |rule: &Rule| {
            let id = rule.security_group_rule_id.clone()?;
            let live = Live::new(&inputs_of(rule), attributes([("id", &id)]))
                .without_empty(&["group_id"])
                .tagged(from_tags(rule.tags.as_deref()));
            Some((id, live))
        };
        Ok(in_order(ids, rules.iter().filter_map(live).collect::<BTreeMap<_, _>>()))
    }

    async fn create(&self, subject: &Subject, inputs: &Inputs, tags: &Tags) -> Result<Created, ProviderError> {
        let client = self.0.at(&subject.region);
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
        let client = self.0.at(&subject.region);
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
            let call = client.modify_security_group_rules().group_id(&inputs.group_id).security_group_rules(rule);
            call.send().await.map_err(api_error("ec2:ModifySecurityGroupRules"))?;
        }
        update_tags(&client, id, update).await
    }

    async fn delete(&self, region: &Region, id: &str, _how: Deletion) -> Result<(), ProviderError> {
        let rules = self.describe(region, "security-group-rule-id", &[id.to_owned()]).await?;
        let Some(rule) = rules.first() else { return Ok(()) };
        let client = self.0.at(region);
        let group = rule.group_id().unwrap_or_default();
        let result = if rule.is_egress().unwrap_or_default() {
            let call = client.revoke_security_group_egress().group_id(group).security_group_rule_ids(id);
            call.send().await.map(|_| ()).map_err(api_error("ec2:RevokeSecurityGroupEgress"))
        } else {
            let call = client.revoke_security_group_ingress().group_id(group).security_group_rule_ids(id);
            call.send().await.map(|_| ()).map_err(api_error("ec2:RevokeSecurityGroupIngress"))
        };
        none_if_missing(result).map(|_| ())
    }
}
