//! Implementation of `logs.log_group`.

use std::sync::Arc;

use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::types::LogGroup as Group;
use futures::future::try_join;
use ohinfra_aws_core::{Regional, api_error, api_error_eventual, none_if_missing};
use ohinfra_core::contract::{
    Created, Deletion, Evidence, Found, Kind, Known, Live, Resolved, Subject, Update, attributes,
};
use ohinfra_core::error::ErrorKind;
use ohinfra_core::tag_index::KnownTags;
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::logs::{LogGroup, LogGroupLive};

use super::put_retention;

/// `logs.log_group`
pub struct LogGroupKind(pub(crate) Arc<Regional<Client>>);

type Inputs = Resolved<LogGroup>;

/// Represents "never expire": AWS reports no retention.
const NEVER: i32 = 0;

impl LogGroupKind {
    async fn describe(&self, region: &Region, name: &str) -> Result<Option<Group>, ProviderError> {
        // The API supports only prefixes. The exact name sorts first, so the first page is enough.
        let answer = self.0.in_region(region).describe_log_groups().log_group_name_prefix(name).send().await;
        let groups = answer.map_err(api_error("logs:DescribeLogGroups"))?.log_groups.unwrap_or_default();
        Ok(groups.into_iter().find(|group| group.log_group_name.as_deref() == Some(name)))
    }

    /// Returns the ARN without the suffix `:*`: the form for tags and policies.
    async fn arn(&self, region: &Region, name: &str) -> Result<String, ProviderError> {
        let caller = self.0.connection().caller().details().await?;
        Ok(format!("arn:{}:logs:{region}:{}:log-group:{name}", caller.partition(), caller.account))
    }

    async fn tags(&self, region: &Region, arn: &str, tags: KnownTags<'_>) -> Result<Tags, ProviderError> {
        if let Some(tags) = tags.get(region, arn).await {
            return Ok(tags);
        }
        let result = self.0.in_region(region).list_tags_for_resource().resource_arn(arn).send().await;
        let answer = none_if_missing(result.map_err(api_error("logs:ListTagsForResource")))?;
        Ok(answer.and_then(|answer| answer.tags).unwrap_or_default().into_iter().collect())
    }
}

impl Kind for LogGroupKind {
    type Definition = LogGroup;

    async fn find(&self, subject: &Subject, known: &Known<LogGroup>) -> Result<Option<Found>, ProviderError> {
        let name = &known.log_group_name;
        if self.describe(&subject.region, name).await?.is_none() {
            return Ok(None);
        }
        let tags = self.tags(&subject.region, &self.arn(&subject.region, name).await?, KnownTags::NONE).await?;
        Ok(Some(Found::new(name.clone(), Evidence::Tags(tags))))
    }

    async fn read_one(&self, region: &Region, name: &str, tags: KnownTags<'_>) -> Result<Option<Live>, ProviderError> {
        let arn = self.arn(region, name).await?;
        let (group, tags) = try_join(self.describe(region, name), self.tags(region, &arn, tags)).await?;
        Ok(group.map(|group| {
            let inputs = LogGroupLive {
                log_group_name: Some(name.to_owned()),
                retention_days: Some(group.retention_in_days.unwrap_or(NEVER)),
                kms_key_arn: group.kms_key_id,
            };
            Live::new(&inputs, attributes([("id", name), ("name", name), ("arn", &arn)])).tagged(tags)
        }))
    }

    async fn create(&self, subject: &Subject, inputs: &Inputs, tags: &Tags) -> Result<Created, ProviderError> {
        let name = &inputs.log_group_name;
        let call = self.0.in_region(&subject.region).create_log_group().log_group_name(name);
        let call = call.set_kms_key_id(inputs.kms_key_arn.clone()).set_tags(Some(tags.clone().into_iter().collect()));
        call.send().await.map_err(api_error_eventual("logs:CreateLogGroup"))?;
        let client = self.0.in_region(&subject.region);
        put_retention(&client, name, inputs.retention_days).await.map_err(|error| match error.kind {
            // A new group may not be visible to the next call yet.
            ErrorKind::NotFound => ProviderError { kind: ErrorKind::NotYetVisible, ..error },
            _ => error,
        })?;
        let arn = self.arn(&subject.region, name).await?;
        Ok(Created::new(name, [("id", name), ("name", name), ("arn", &arn)]))
    }

    async fn update(&self, subject: &Subject, name: &str, update: &Update<Inputs>) -> Result<(), ProviderError> {
        let client = self.0.in_region(&subject.region);
        if update.changes("retention_days") {
            put_retention(&client, name, update.desired.retention_days).await?;
        }
        if update.changes("kms_key_arn") {
            if let Some(key) = &update.desired.kms_key_arn {
                let call = client.associate_kms_key().log_group_name(name).kms_key_id(key);
                call.send().await.map(|_| ()).map_err(api_error_eventual("logs:AssociateKmsKey"))?;
            } else {
                let call = client.disassociate_kms_key().log_group_name(name);
                call.send().await.map(|_| ()).map_err(api_error("logs:DisassociateKmsKey"))?;
            }
        }
        Ok(())
    }

    async fn set_tags(&self, region: &Region, name: &str, tags: &Tags) -> Result<(), ProviderError> {
        let arn = self.arn(region, name).await?;
        let tags = tags.clone().into_iter().collect();
        let call = self.0.in_region(region).tag_resource().resource_arn(arn).set_tags(Some(tags));
        call.send().await.map(|_| ()).map_err(api_error("logs:TagResource"))
    }

    async fn remove_tags(&self, region: &Region, name: &str, keys: &[String]) -> Result<(), ProviderError> {
        let arn = self.arn(region, name).await?;
        let call = self.0.in_region(region).untag_resource().resource_arn(arn).set_tag_keys(Some(keys.to_vec()));
        call.send().await.map(|_| ()).map_err(api_error("logs:UntagResource"))
    }

    async fn delete(&self, region: &Region, name: &str, _how: Deletion) -> Result<(), ProviderError> {
        let result = self.0.in_region(region).delete_log_group().log_group_name(name).send().await;
        none_if_missing(result.map_err(api_error("logs:DeleteLogGroup"))).map(|_| ())
    }
}
