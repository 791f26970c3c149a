//! Implementation of `rds.subnet_group`.

use aws_sdk_rds::types::DbSubnetGroup;
use futures::future::try_join_all;
use ohinfra_aws_core::{api_error, none_if_missing};
use ohinfra_core::contract::{
    Created, Deletion, Evidence, Found, Kind, Known, Live, Resolved, Subject, Update, attributes,
};
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::rds::{SubnetGroup, SubnetGroupInputs};

use super::{Clients, arn, tags_of, to_tags, update_tags};

/// `rds.subnet_group`
pub struct SubnetGroupKind(pub(crate) Clients);

type Inputs = Resolved<SubnetGroup>;

impl SubnetGroupKind {
    async fn describe(&self, region: &Region, name: &str) -> Result<Option<DbSubnetGroup>, ProviderError> {
        let result = self.0.at(region).describe_db_subnet_groups().db_subnet_group_name(name).send().await;
        let answer = none_if_missing(result.map_err(api_error("rds:DescribeDBSubnetGroups")))?;
        Ok(answer.and_then(|answer| answer.db_subnet_groups.unwrap_or_default().into_iter().next()))
    }

    async fn read_one(&self, region: &Region, name: &str) -> Result<Option<Live>, ProviderError> {
        let Some(group) = self.describe(region, name).await? else { return Ok(None) };
        let arn = group.db_subnet_group_arn.unwrap_or_default();
        let tags = tags_of(&self.0, region, &arn).await?;
        let subnets = group.subnets.unwrap_or_default();
        let inputs = SubnetGroupInputs {
            group_name: name.to_owned(),
            description: group.db_subnet_group_description.unwrap_or_default(),
            subnet_ids: subnets.into_iter().filter_map(|subnet| subnet.subnet_identifier).collect(),
        };
        Ok(Some(Live::new(&inputs, attributes([("id", name), ("name", name), ("arn", &arn)])).tagged(tags)))
    }
}

impl Kind for SubnetGroupKind {
    type Definition = SubnetGroup;

    async fn find(&self, subject: &Subject, known: &Known<SubnetGroup>) -> Result<Option<Found>, ProviderError> {
        let Some(group) = self.describe(&subject.region, &known.group_name).await? else { return Ok(None) };
        let tags = tags_of(&self.0, &subject.region, group.db_subnet_group_arn().unwrap_or_default()).await?;
        Ok(Some(Found::new(&known.group_name, Evidence::Tags(tags))))
    }

    async fn read(&self, region: &Region, ids: &[String]) -> Result<Vec<Option<Live>>, ProviderError> {
        try_join_all(ids.iter().map(|name| self.read_one(region, name))).await
    }

    async fn create(&self, subject: &Subject, inputs: &Inputs, tags: &Tags) -> Result<Created, ProviderError> {
        let name = &inputs.group_name;
        let call = self.0.at(&subject.region).create_db_subnet_group().db_subnet_group_name(name);
        let call = call.db_subnet_group_description(&inputs.description).set_tags(Some(to_tags(tags)));
        let call = call.set_subnet_ids(Some(inputs.subnet_ids.clone()));
        call.send().await.map_err(api_error("rds:CreateDBSubnetGroup"))?;
        let arn = arn(&self.0, &subject.region, &format!("subgrp:{name}")).await?;
        Ok(Created::new(name, [("id", name), ("name", name), ("arn", &arn)]))
    }

    async fn update(&self, subject: &Subject, name: &str, update: &Update<Inputs>) -> Result<(), ProviderError> {
        let client = self.0.at(&subject.region);
        if !update.changed.is_empty() {
            let call = client.modify_db_subnet_group().db_subnet_group_name(name);
            let call = call.db_subnet_group_description(&update.desired.description);
            let call = call.set_subnet_ids(Some(update.desired.subnet_ids.clone()));
            call.send().await.map_err(api_error("rds:ModifyDBSubnetGroup"))?;
        }
        update_tags(&client, &arn(&self.0, &subject.region, &format!("subgrp:{name}")).await?, update).await
    }

    async fn delete(&self, region: &Region, name: &str, _how: Deletion) -> Result<(), ProviderError> {
        let result = self.0.at(region).delete_db_subnet_group().db_subnet_group_name(name).send().await;
        none_if_missing(result.map_err(api_error("rds:DeleteDBSubnetGroup"))).map(|_| ())
    }
}
