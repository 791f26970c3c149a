//! Implementation of `sns.topic`.

use std::collections::HashMap;
use std::sync::Arc;

use aws_sdk_sns::Client;
use aws_sdk_sns::types::{Subscription, Tag};
use futures::future::{try_join_all, try_join3};
use ohinfra_aws_core::{Regional, api_error, api_error_eventual, none_if_missing};
use ohinfra_core::contract::{
    Created, Deletion, Evidence, Found, Kind, Known, Live, Resolved, Subject, Update, attributes,
};
use ohinfra_core::tag_index::KnownTags;
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::sns::{Topic, TopicLive};
use serde_json::Value;

/// `sns.topic`
pub struct TopicKind(pub(crate) Arc<Regional<Client>>);

type Inputs = Resolved<Topic>;

fn to_tags(tags: &Tags, operation: &str) -> Result<Vec<Tag>, ProviderError> {
    let tag = |(key, value): (&String, &String)| Tag::builder().key(key).value(value).build();
    tags.iter().map(tag).collect::<Result<_, _>>().map_err(|_| ProviderError::incomplete(operation, "tag"))
}

/// Returns the managed addresses that are no longer configured. Operators may have subscribed other addresses.
fn removed(live: &ohinfra_core::inputs::Inputs, desired: &[String]) -> Vec<String> {
    let own = live.get("email_subscriptions").and_then(Value::as_array).into_iter().flatten();
    own.filter_map(Value::as_str).map(str::to_owned).filter(|email| !desired.contains(email)).collect()
}

impl TopicKind {
    /// Returns the ARN of the topic with this name. SNS derives it from the name, so no lookup is necessary.
    async fn arn(&self, region: &Region, name: &str) -> Result<String, ProviderError> {
        let caller = self.0.connection().caller().details().await?;
        Ok(format!("arn:{}:sns:{region}:{}:{name}", caller.partition(), caller.account))
    }

    async fn settings(&self, region: &Region, arn: &str) -> Result<Option<HashMap<String, String>>, ProviderError> {
        let result = self.0.in_region(region).get_topic_attributes().topic_arn(arn).send().await;
        Ok(none_if_missing(result.map_err(api_error("sns:GetTopicAttributes")))?
            .map(|answer| answer.attributes.unwrap_or_default()))
    }

    async fn tags(&self, region: &Region, arn: &str, tags: KnownTags<'_>) -> Result<Tags, ProviderError> {
        if let Some(tags) = tags.get(region, arn).await {
            return Ok(tags);
        }
        let result = self.0.in_region(region).list_tags_for_resource().resource_arn(arn).send().await;
        let answer = none_if_missing(result.map_err(api_error("sns:ListTagsForResource")))?;
        let tags = answer.and_then(|answer| answer.tags).unwrap_or_default();
        Ok(tags.into_iter().map(|tag| (tag.key, tag.value)).collect())
    }

    async fn emails(&self, region: &Region, arn: &str) -> Result<Vec<Subscription>, ProviderError> {
        let call = self.0.in_region(region).list_subscriptions_by_topic().topic_arn(arn);
        let all = call.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
        let all = none_if_missing(all.map_err(api_error("sns:ListSubscriptionsByTopic")))?.unwrap_or_default();
        Ok(all.into_iter().filter(|subscription| subscription.protocol.as_deref() == Some("email")).collect())
    }

    async fn set(&self, region: &Region, arn: &str, name: &str, value: &str) -> Result<(), ProviderError> {
        let call =
            self.0.in_region(region).set_topic_attributes().topic_arn(arn).attribute_name(name).attribute_value(value);
        call.send().await.map(|_| ()).map_err(api_error("sns:SetTopicAttributes"))
    }

    /// Subscribes missing addresses and unsubscribes surplus ones.
    async fn subscribe(
        &self,
        region: &Region,
        arn: &str,
        desired: &[String],
        surplus: &[String],
        live: &[Subscription],
    ) -> Result<(), ProviderError> {
        let client = &self.0.in_region(region);
        let is_subscribed =
            |email: &String| live.iter().any(|subscription| subscription.endpoint.as_ref() == Some(email));
        try_join_all(desired.iter().filter(|email| !is_subscribed(email)).map(|email| async move {
            let call = client.subscribe().topic_arn(arn).protocol("email").endpoint(email);
            // A new topic may not be visible to the next call yet.
            call.send().await.map_err(api_error_eventual("sns:Subscribe"))
        }))
        .await?;
        let surplus = live.iter().filter(|s| s.endpoint.as_ref().is_some_and(|email| surplus.contains(email)));
        // An unconfirmed subscription has no ARN ("PendingConfirmation") and cannot be removed; SNS expires it automatically.
        let surplus = surplus.filter_map(|s| s.subscription_arn.as_deref()).filter(|arn| arn.starts_with("arn:"));
        try_join_all(surplus.map(|subscription| async move {
            let call = client.unsubscribe().subscription_arn(subscription);
            none_if_missing(call.send().await.map_err(api_error("sns:Unsubscribe")))
        }))
        .await?;
        Ok(())
    }
}

impl Kind for TopicKind {
    type Definition = Topic;

    async fn find(&self, subject: &Subject, known: &Known<Topic>) -> Result<Option<Found>, ProviderError> {
        let arn = self.arn(&subject.region, &known.topic_name).await?;
        if self.settings(&subject.region, &arn).await?.is_none() {
            return Ok(None);
        }
        let tags = self.tags(&subject.region, &arn, KnownTags::NONE).await?;
        Ok(Some(Found::new(arn, Evidence::Tags(tags))))
    }

    async fn read_one(&self, region: &Region, arn: &str, tags: KnownTags<'_>) -> Result<Option<Live>, ProviderError> {
        let answers = try_join3(self.settings(region, arn), self.tags(region, arn, tags), self.emails(region, arn));
        let (settings, tags, emails) = answers.await?;
        Ok(settings.map(|settings| {
            let name = arn.rsplit(':').next().unwrap_or(arn);
            let emails = emails.into_iter().filter_map(|subscription| subscription.endpoint);
            let inputs = TopicLive {
                topic_name: Some(name.to_owned()),
                display_name: Some(settings.get("DisplayName").cloned().unwrap_or_default()),
                email_subscriptions: Some(emails.collect()),
                kms_key_id: settings.get("KmsMasterKeyId").filter(|key| !key.is_empty()).cloned(),
            };
            Live::new(&inputs, attributes([("id", arn), ("arn", arn), ("name", name)])).tagged(tags)
        }))
    }

    async fn create(&self, subject: &Subject, inputs: &Inputs, tags: &Tags) -> Result<Created, ProviderError> {
        let operation = "sns:CreateTopic";
        let call = self.0.in_region(&subject.region).create_topic().name(&inputs.topic_name);
        let mut call = call.attributes("DisplayName", &inputs.display_name).set_tags(Some(to_tags(tags, operation)?));
        if let Some(key) = &inputs.kms_key_id {
            call = call.attributes("KmsMasterKeyId", key);
        }
        let answer = call.send().await.map_err(api_error(operation))?;
        let arn = answer.topic_arn.ok_or_else(|| ProviderError::incomplete(operation, "TopicArn"))?;
        self.subscribe(&subject.region, &arn, &inputs.email_subscriptions, &[], &[]).await?;
        Ok(Created::new(&arn, [("id", &arn), ("arn", &arn), ("name", &inputs.topic_name)]))
    }

    async fn update(&self, subject: &Subject, arn: &str, update: &Update<Inputs>) -> Result<(), ProviderError> {
        let region = &subject.region;
        let desired = &update.desired;
        if update.changes("display_name") {
            self.set(region, arn, "DisplayName", &desired.display_name).await?;
        }
        if update.changes("kms_key_id") {
            self.set(region, arn, "KmsMasterKeyId", desired.kms_key_id.as_deref().unwrap_or_default()).await?;
        }
        if update.changes("email_subscriptions") {
            let live = self.emails(region, arn).await?;
            let surplus = removed(&update.live, &desired.email_subscriptions);
            self.subscribe(region, arn, &desired.email_subscriptions, &surplus, &live).await?;
        }
        Ok(())
    }

    async fn set_tags(&self, region: &Region, arn: &str, tags: &Tags) -> Result<(), ProviderError> {
        let operation = "sns:TagResource";
        let call = self.0.in_region(region).tag_resource().resource_arn(arn).set_tags(Some(to_tags(tags, operation)?));
        call.send().await.map(|_| ()).map_err(api_error(operation))
    }

    async fn remove_tags(&self, region: &Region, arn: &str, keys: &[String]) -> Result<(), ProviderError> {
        let call = self.0.in_region(region).untag_resource().resource_arn(arn).set_tag_keys(Some(keys.to_vec()));
        call.send().await.map(|_| ()).map_err(api_error("sns:UntagResource"))
    }

    async fn delete(&self, region: &Region, arn: &str, _how: Deletion) -> Result<(), ProviderError> {
        let result = self.0.in_region(region).delete_topic().topic_arn(arn).send().await;
        none_if_missing(result.map_err(api_error("sns:DeleteTopic"))).map(|_| ())
    }
}
