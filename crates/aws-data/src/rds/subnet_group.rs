//! Implementation of `rds.subnet_group`.

use aws_sdk_rds::types::DbSubnetGroup;
use ohinfra_aws_core::{api_error, none_if_missing};
use ohinfra_core::contract::{
    Created, Deletion, Evidence, Found, Kind, Known, Live, Resolved, Subject, Update, attributes,
};
use ohinfra_core::tag_index::KnownTags;
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::rds::{SubnetGroup, SubnetGroupLive};

use super::{Clients, arn, remove_tags, set_tags, tags_of, to_tags};

/// `rds.subnet_group`
pub struct SubnetGroupKind(pub(crate) Clients);

type Inputs = Resolved<SubnetGroup>;

const DESCRIBE: &str = "rds:DescribeDBSubnetGroups";

impl SubnetGroupKind {
    async fn describe(&self, region: &Region, name: &str) -> Result<Option<DbSubnetGroup>, ProviderError> {
        let result = self.0.in_region(region).describe_db_subnet_groups().db_subnet_group_name(name).send().await;
        let answer = none_if_missing(result.map_err(api_error(DESCRIBE)))?;
        Ok(answer.and_then(|answer| answer.db_subnet_groups.unwrap_or_default().into_iter().next()))
    }
}

fn arn_of(group: &DbSubnetGroup) -> Result<&str, ProviderError> {
    group.db_subnet_group_arn().ok_or_else(|| ProviderError::incomplete(DESCRIBE, "DBSubnetGroupArn"))
}

impl Kind for SubnetGroupKind {
    type Definition = SubnetGroup;

    async fn find(&self, subject: &Subject, known: &Known<SubnetGroup>) -> Result<Option<Found>, ProviderError> {
        let Some(group) = self.describe(&subject.region, &known.group_name).await? else { return Ok(None) };
        let tags = tags_of(&self.0, &subject.region, arn_of(&group)?, KnownTags::NONE).await?;
        Ok(Some(Found::new(&known.group_name, Evidence::Tags(tags))))
    }

    async fn read_one(&self, region: &Region, name: &str, tags: KnownTags<'_>) -> Result<Option<Live>, ProviderError> {
        let Some(group) = self.describe(region, name).await? else { return Ok(None) };
        let arn = arn_of(&group)?;
        let tags = tags_of(&self.0, region, arn, tags).await?;
        let subnets = group.subnets().iter().filter_map(|subnet| subnet.subnet_identifier.clone());
        let inputs = SubnetGroupLive {
            group_name: Some(name.to_owned()),
            description: Some(group.db_subnet_group_description().unwrap_or_default().to_owned()),
            subnet_ids: Some(subnets.collect()),
        };
        Ok(Some(Live::new(&inputs, attributes([("id", name), ("name", name), ("arn", arn)])).tagged(tags)))
    }

    async fn create(&self, subject: &Subject, inputs: &Inputs, tags: &Tags) -> Result<Created, ProviderError> {
        let name = &inputs.group_name;
        let call = self.0.in_region(&subject.region).create_db_subnet_group().db_subnet_group_name(name);
        let call = call.db_subnet_group_description(&inputs.description).set_tags(Some(to_tags(tags)));
        let call = call.set_subnet_ids(Some(inputs.subnet_ids.clone()));
        call.send().await.map_err(api_error("rds:CreateDBSubnetGroup"))?;
        let arn = arn(&self.0, &subject.region, &format!("subgrp:{name}")).await?;
        Ok(Created::new(name, [("id", name), ("name", name), ("arn", &arn)]))
    }

    async fn update(&self, subject: &Subject, name: &str, update: &Update<Inputs>) -> Result<(), ProviderError> {
        if !update.changed.is_empty() {
            let call = self.0.in_region(&subject.region).modify_db_subnet_group().db_subnet_group_name(name);
            let call = call.db_subnet_group_description(&update.desired.description);
            let call = call.set_subnet_ids(Some(update.desired.subnet_ids.clone()));
            call.send().await.map_err(api_error("rds:ModifyDBSubnetGroup"))?;
        }
        Ok(())
    }

    async fn set_tags(&self, region: &Region, name: &str, tags: &Tags) -> Result<(), ProviderError> {
        set_tags(&self.0.in_region(region), &arn(&self.0, region, &format!("subgrp:{name}")).await?, tags).await
    }

    async fn remove_tags(&self, region: &Region, name: &str, keys: &[String]) -> Result<(), ProviderError> {
        remove_tags(&self.0.in_region(region), &arn(&self.0, region, &format!("subgrp:{name}")).await?, keys).await
    }

    async fn delete(&self, region: &Region, name: &str, _how: Deletion) -> Result<(), ProviderError> {
        let result = self.0.in_region(region).delete_db_subnet_group().db_subnet_group_name(name).send().await;
        none_if_missing(result.map_err(api_error("rds:DeleteDBSubnetGroup"))).map(|_| ())
    }
}
