//! Implementation of `rds.cluster_parameter_group`.

use std::collections::BTreeMap;

use aws_sdk_rds::types::{ApplyMethod, DbClusterParameterGroup, Parameter};
use futures::future::try_join;
use ohinfra_aws_core::{api_error, api_error_eventual, none_if_missing};
use ohinfra_core::contract::{
    Created, Deletion, Evidence, Found, Kind, Known, Live, Resolved, Subject, Update, attributes,
};
use ohinfra_core::tag_index::KnownTags;
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::rds::{ClusterParameterGroup, ClusterParameterGroupLive};

use super::{Clients, arn, remove_tags, set_tags, tags_of, to_tags};

/// `rds.cluster_parameter_group`
pub struct ClusterParameterGroupKind(pub(crate) Clients);

type Inputs = Resolved<ClusterParameterGroup>;

const DESCRIBE: &str = "rds:DescribeDBClusterParameterGroups";

/// Maximum number of parameters per call (AWS limit).
const MAX_PARAMETERS: usize = 20;

/// Creates a parameter. Static parameters take effect at the next reboot.
fn parameter(name: &str, value: Option<&str>) -> Parameter {
    let builder = Parameter::builder().parameter_name(name).apply_method(ApplyMethod::PendingReboot);
    builder.set_parameter_value(value.map(str::to_owned)).build()
}

impl ClusterParameterGroupKind {
    async fn describe(&self, region: &Region, name: &str) -> Result<Option<DbClusterParameterGroup>, ProviderError> {
        let call =
            self.0.in_region(region).describe_db_cluster_parameter_groups().db_cluster_parameter_group_name(name);
        let answer = none_if_missing(call.send().await.map_err(api_error(DESCRIBE)))?;
        Ok(answer.and_then(|answer| answer.db_cluster_parameter_groups.unwrap_or_default().into_iter().next()))
    }

    /// Returns the parameters that were set explicitly.
    async fn parameters(&self, region: &Region, name: &str) -> Result<BTreeMap<String, String>, ProviderError> {
        let call = self.0.in_region(region).describe_db_cluster_parameters().db_cluster_parameter_group_name(name);
        let call = call.source("user").into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
        let parameters =
            none_if_missing(call.map_err(api_error("rds:DescribeDBClusterParameters")))?.unwrap_or_default();
        let set = parameters.into_iter().filter_map(|p| Some((p.parameter_name?, p.parameter_value?)));
        Ok(set.collect())
    }

    async fn set(&self, region: &Region, name: &str, parameters: &[Parameter]) -> Result<(), ProviderError> {
        for chunk in parameters.chunks(MAX_PARAMETERS) {
            let call =
                self.0.in_region(region).modify_db_cluster_parameter_group().db_cluster_parameter_group_name(name);
            let call = call.set_parameters(Some(chunk.to_vec()));
            call.send().await.map_err(api_error_eventual("rds:ModifyDBClusterParameterGroup"))?;
        }
        Ok(())
    }
}

impl Kind for ClusterParameterGroupKind {
    type Definition = ClusterParameterGroup;

    async fn find(
        &self,
        subject: &Subject,
        known: &Known<ClusterParameterGroup>,
    ) -> Result<Option<Found>, ProviderError> {
        let Some(group) = self.describe(&subject.region, &known.group_name).await? else { return Ok(None) };
        let arn = group.db_cluster_parameter_group_arn();
        let arn = arn.ok_or_else(|| ProviderError::incomplete(DESCRIBE, "DBClusterParameterGroupArn"))?;
        let tags = tags_of(&self.0, &subject.region, arn, KnownTags::NONE).await?;
        Ok(Some(Found::new(&known.group_name, Evidence::Tags(tags))))
    }

    async fn read_one(&self, region: &Region, name: &str, tags: KnownTags<'_>) -> Result<Option<Live>, ProviderError> {
        let arn = arn(&self.0, region, &format!("cluster-pg:{name}")).await?;
        let Some(group) = self.describe(region, name).await? else { return Ok(None) };
        let (parameters, tags) = try_join(self.parameters(region, name), tags_of(&self.0, region, &arn, tags)).await?;
        let inputs = ClusterParameterGroupLive {
            group_name: Some(name.to_owned()),
            family: group.db_parameter_group_family,
            description: group.description,
            parameters: Some(parameters),
        };
        Ok(Some(Live::new(&inputs, attributes([("id", name), ("name", name), ("arn", &arn)])).tagged(tags)))
    }

    async fn create(&self, subject: &Subject, inputs: &Inputs, tags: &Tags) -> Result<Created, ProviderError> {
        let name = &inputs.group_name;
        let call = self.0.in_region(&subject.region).create_db_cluster_parameter_group();
        let call = call.db_cluster_parameter_group_name(name).db_parameter_group_family(&inputs.family);
        let call = call.description(&inputs.description).set_tags(Some(to_tags(tags)));
        call.send().await.map_err(api_error("rds:CreateDBClusterParameterGroup"))?;
        let parameters: Vec<_> = inputs.parameters.iter().map(|(name, value)| parameter(name, Some(value))).collect();
        self.set(&subject.region, name, &parameters).await?;
        let arn = arn(&self.0, &subject.region, &format!("cluster-pg:{name}")).await?;
        Ok(Created::new(name, [("id", name), ("name", name), ("arn", &arn)]))
    }

    async fn update(&self, subject: &Subject, name: &str, update: &Update<Inputs>) -> Result<(), ProviderError> {
        if update.changes("parameters") {
            let desired = &update.desired.parameters;
            let set: Vec<_> = desired.iter().map(|(name, value)| parameter(name, Some(value))).collect();
            self.set(&subject.region, name, &set).await?;
            let live = self.parameters(&subject.region, name).await?;
            let surplus: Vec<_> =
                live.keys().filter(|name| !desired.contains_key(*name)).map(|name| parameter(name, None)).collect();
            for chunk in surplus.chunks(MAX_PARAMETERS) {
                let call = self.0.in_region(&subject.region).reset_db_cluster_parameter_group();
                let call = call.db_cluster_parameter_group_name(name).set_parameters(Some(chunk.to_vec()));
                call.send().await.map_err(api_error("rds:ResetDBClusterParameterGroup"))?;
            }
        }
        Ok(())
    }

    async fn set_tags(&self, region: &Region, name: &str, tags: &Tags) -> Result<(), ProviderError> {
        set_tags(&self.0.in_region(region), &arn(&self.0, region, &format!("cluster-pg:{name}")).await?, tags).await
    }

    async fn remove_tags(&self, region: &Region, name: &str, keys: &[String]) -> Result<(), ProviderError> {
        remove_tags(&self.0.in_region(region), &arn(&self.0, region, &format!("cluster-pg:{name}")).await?, keys).await
    }

    async fn delete(&self, region: &Region, name: &str, _how: Deletion) -> Result<(), ProviderError> {
        let call = self.0.in_region(region).delete_db_cluster_parameter_group().db_cluster_parameter_group_name(name);
        none_if_missing(call.send().await.map_err(api_error("rds:DeleteDBClusterParameterGroup"))).map(|_| ())
    }
}
