//! Implementation of `ec2.security_group`.

use std::collections::BTreeMap;

use aws_sdk_ec2::types::{IpPermission, IpRange, ResourceType, SecurityGroup as Group};
use ohinfra_aws_core::{api_error, none_if_missing};
use ohinfra_core::contract::{
    Created, Deletion, Evidence, Found, Kind, Known, Live, Resolved, Subject, Update, attributes, in_order,
};
use ohinfra_core::error::ErrorKind;
use ohinfra_core::tag_index::KnownTags;
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::ec2::{SecurityGroup, SecurityGroupLive};

use super::{Clients, arn, filter, from_tags, owned_by, present, remove_tags, set_tags, tagged};

/// `ec2.security_group`
pub struct SecurityGroupKind(pub(crate) Clients);

type Inputs = Resolved<SecurityGroup>;

/// Number of digits of the token in the group name: `prefix-01234567`.
const SUFFIX: usize = 8;
const DESCRIBE: &str = "ec2:DescribeSecurityGroups";

/// Returns the group name without its suffix.
fn prefix(name: &str) -> &str {
    name.len().checked_sub(SUFFIX + 1).and_then(|end| name.get(..end)).unwrap_or(name)
}

impl SecurityGroupKind {
    async fn live(&self, region: &Region, group: &Group) -> Result<(String, Live), ProviderError> {
        let id = present(group.group_id(), DESCRIBE, "GroupId")?;
        let inputs = SecurityGroupLive {
            name_prefix: group.group_name().map(|name| prefix(name).to_owned()),
            description: group.description.clone(),
            vpc_id: group.vpc_id.clone(),
            allow_all_egress: Some(group.ip_permissions_egress().iter().any(is_allow_all)),
        };
        let arn = arn(&self.0, region, &format!("security-group/{id}")).await?;
        let live = Live::new(&inputs, attributes([("id", &id), ("arn", &arn)]));
        Ok((id, live.tagged(from_tags(group.tags.as_deref()))))
    }
}

/// Returns `true` for the rule that AWS adds to every new group.
fn is_allow_all(permission: &IpPermission) -> bool {
    permission.ip_protocol() == Some("-1")
        && permission.ip_ranges().iter().any(|range| range.cidr_ip() == Some("0.0.0.0/0"))
}

fn allow_all() -> IpPermission {
    IpPermission::builder().ip_protocol("-1").ip_ranges(IpRange::builder().cidr_ip("0.0.0.0/0").build()).build()
}

impl SecurityGroupKind {
    async fn revoke_allow_all(&self, region: &Region, id: &str) -> Result<(), ProviderError> {
        let call = self.0.in_region(region).revoke_security_group_egress().group_id(id).ip_permissions(allow_all());
        // A group that was just created may not be visible to the next call (InvalidGroup.NotFound).
        let result = call.send().await.map_err(ohinfra_aws_core::api_error_eventual("ec2:RevokeSecurityGroupEgress"));
        match result {
            // InvalidPermission.NotFound: already revoked.
            Err(error) if error.code.as_deref() == Some("InvalidPermission.NotFound") => Ok(()),
            result => result.map(|_| ()),
        }
    }
}

impl Kind for SecurityGroupKind {
    type Definition = SecurityGroup;

    async fn find(&self, subject: &Subject, _known: &Known<SecurityGroup>) -> Result<Option<Found>, ProviderError> {
        let call = self
            .0
            .in_region(&subject.region)
            .describe_security_groups()
            .set_filters(Some(owned_by(&subject.ownership)));
        let answer = call.send().await.map_err(api_error(DESCRIBE))?;
        let mut groups = answer.security_groups().iter();
        let group = groups.find(|group| group.group_id().is_some_and(|id| subject.seeks(id)));
        Ok(group.and_then(|group| {
            Some(Found::new(group.group_id.clone()?, Evidence::Tags(from_tags(group.tags.as_deref()))))
        }))
    }

    async fn read(
        &self,
        region: &Region,
        ids: &[String],
        _tags: KnownTags<'_>,
    ) -> Result<Vec<Option<Live>>, ProviderError> {
        // A filter, because a request by ID fails if one group is missing.
        let call = self.0.in_region(region).describe_security_groups().filters(filter("group-id", ids));
        let groups = call.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
        let mut found = BTreeMap::new();
        for group in groups.map_err(api_error(DESCRIBE))? {
            found.extend([self.live(region, &group).await?]);
        }
        Ok(in_order(ids, found))
    }

    async fn create(&self, subject: &Subject, inputs: &Inputs, tags: &Tags) -> Result<Created, ProviderError> {
        let suffix: String = subject.token.chars().take(SUFFIX).collect();
        let operation = "ec2:CreateSecurityGroup";
        let answer = self
            .0
            .in_region(&subject.region)
            .create_security_group()
            .group_name(format!("{}-{suffix}", inputs.name_prefix))
            .description(&inputs.description)
            .vpc_id(&inputs.vpc_id)
            .tag_specifications(tagged(ResourceType::SecurityGroup, tags))
            .send()
            .await
            .map_err(api_error(operation))?;
        let id = present(answer.group_id(), operation, "GroupId")?;
        let arn = arn(&self.0, &subject.region, &format!("security-group/{id}")).await?;
        if !inputs.allow_all_egress {
            self.revoke_allow_all(&subject.region, &id).await?;
        }
        Ok(Created::new(&id, [("id", &id), ("arn", &arn)]))
    }

    async fn update(&self, subject: &Subject, id: &str, update: &Update<Inputs>) -> Result<(), ProviderError> {
        if update.changes("allow_all_egress") {
            if update.desired.allow_all_egress {
                let call = self
                    .0
                    .in_region(&subject.region)
                    .authorize_security_group_egress()
                    .group_id(id)
                    .ip_permissions(allow_all());
                match call.send().await.map_err(api_error("ec2:AuthorizeSecurityGroupEgress")) {
                    // Added by an earlier attempt whose response was lost.
                    Err(error) if error.kind == ErrorKind::Exists => {}
                    result => {
                        result?;
                    }
                }
            } else {
                self.revoke_allow_all(&subject.region, id).await?;
            }
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
        // DependencyViolation while network interfaces of deleted endpoints still exist: the engine retries.
        let result = self.0.in_region(region).delete_security_group().group_id(id).send().await;
        none_if_missing(result.map_err(api_error("ec2:DeleteSecurityGroup"))).map(|_| ())
    }
}
