//! Implementation of `cloudwatch.alarm`.

use aws_sdk_cloudwatch::types::{AlarmType, ComparisonOperator, Dimension, MetricAlarm, Statistic, Tag};
use futures::future::try_join_all;
use ohinfra_aws_core::{api_error, none_if_missing};
use ohinfra_core::contract::{
    Created, Deletion, Evidence, Found, Kind, Known, Live, Resolved, Subject, Update, attributes, in_order,
};
use ohinfra_core::error::ErrorKind;
use ohinfra_core::tag_index::KnownTags;
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::cloudwatch::{Alarm, AlarmLive};

use super::Clients;

/// `cloudwatch.alarm`
pub struct AlarmKind(pub(crate) Clients);

type Inputs = Resolved<Alarm>;

const DESCRIBE: &str = "cloudwatch:DescribeAlarms";

/// Maximum number of alarm names per describe call (AWS limit).
const MAX_NAMES: usize = 100;

fn to_tags(tags: &Tags) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}

fn arn_of(alarm: &MetricAlarm) -> Result<&str, ProviderError> {
    alarm.alarm_arn().ok_or_else(|| ProviderError::incomplete(DESCRIBE, "AlarmArn"))
}

fn live_inputs(alarm: &MetricAlarm) -> AlarmLive {
    let text = |text: Option<&str>| text.map(str::to_owned);
    let dimensions = alarm.dimensions().iter().filter_map(|d| Some((d.name.clone()?, d.value.clone()?)));
    // An alarm on an expression or a query has no metric name, which is a difference.
    let has_other_source = !alarm.metrics().is_empty() || alarm.evaluation_criteria().is_some();
    AlarmLive {
        alarm_name: text(alarm.alarm_name()),
        description: Some(alarm.alarm_description().unwrap_or_default().to_owned()),
        namespace: text(alarm.namespace()),
        metric_name: text(alarm.metric_name()).or_else(|| has_other_source.then(String::new)),
        // A percentile has a member of its own.
        statistic: text(alarm.statistic().map(Statistic::as_str).or(alarm.extended_statistic())),
        dimensions: Some(dimensions.collect()),
        period_seconds: alarm.period(),
        evaluation_periods: alarm.evaluation_periods(),
        threshold: alarm.threshold(),
        comparison: text(alarm.comparison_operator().map(ComparisonOperator::as_str)),
        treat_missing_data: text(alarm.treat_missing_data().or(Some("missing"))),
        action_arns: Some(alarm.alarm_actions().to_vec()),
    }
}

impl AlarmKind {
    async fn describe(&self, region: &Region, names: &[String]) -> Result<Vec<MetricAlarm>, ProviderError> {
        let mut alarms = Vec::new();
        for some in names.chunks(MAX_NAMES) {
            let call = self.0.in_region(region).describe_alarms().set_alarm_names(Some(some.to_vec()));
            let call = call.alarm_types(AlarmType::MetricAlarm).send();
            let answer = call.await.map_err(api_error(DESCRIBE))?;
            alarms.extend(answer.metric_alarms.unwrap_or_default());
        }
        Ok(alarms)
    }

    /// Returns the ARN of the alarm with this name.
    async fn arn(&self, region: &Region, name: &str) -> Result<String, ProviderError> {
        let alarms = self.describe(region, &[name.to_owned()]).await?;
        let missing = || ProviderError::new(ErrorKind::NotFound, DESCRIBE, "the alarm no longer exists");
        Ok(arn_of(alarms.first().ok_or_else(missing)?)?.to_owned())
    }

    async fn tags(&self, region: &Region, arn: &str, tags: KnownTags<'_>) -> Result<Tags, ProviderError> {
        if let Some(tags) = tags.get(region, arn).await {
            return Ok(tags);
        }
        let result = self.0.in_region(region).list_tags_for_resource().resource_arn(arn).send().await;
        let answer = none_if_missing(result.map_err(api_error("cloudwatch:ListTagsForResource")))?;
        let tags = answer.and_then(|answer| answer.tags).unwrap_or_default();
        Ok(tags.into_iter().filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default()))).collect())
    }

    /// Sets the whole alarm, because `PutMetricAlarm` resets omitted settings. Unmanaged settings of `live` are sent unchanged.
    async fn put(
        &self,
        region: &Region,
        inputs: &Inputs,
        live: Option<&MetricAlarm>,
        tags: Option<&Tags>,
    ) -> Result<(), ProviderError> {
        let dimensions = inputs.dimensions.iter();
        let dimensions = dimensions.map(|(name, value)| Dimension::builder().name(name).value(value).build()).collect();
        let call = self.0.in_region(region).put_metric_alarm().alarm_name(&inputs.alarm_name);
        let call = call.alarm_description(&inputs.description).namespace(&inputs.namespace);
        let call = call.metric_name(&inputs.metric_name).statistic(Statistic::from(inputs.statistic.as_str()));
        let call = call.set_dimensions(Some(dimensions)).period(inputs.period_seconds).threshold(inputs.threshold);
        let call = call.evaluation_periods(inputs.evaluation_periods);
        let call = call.comparison_operator(ComparisonOperator::from(inputs.comparison.as_str()));
        let call = call.treat_missing_data(&inputs.treat_missing_data);
        let kept = |member: fn(&MetricAlarm) -> &[String]| live.map(|alarm| member(alarm).to_vec());
        // `datapoints_to_alarm` must not exceed the number of evaluation periods.
        let datapoints = live.and_then(MetricAlarm::datapoints_to_alarm).map(|n| n.min(inputs.evaluation_periods));
        let call = call
            .actions_enabled(live.and_then(MetricAlarm::actions_enabled).unwrap_or(true))
            .set_ok_actions(kept(MetricAlarm::ok_actions))
            .set_insufficient_data_actions(kept(MetricAlarm::insufficient_data_actions))
            .set_datapoints_to_alarm(datapoints)
            .set_unit(live.and_then(|alarm| alarm.unit.clone()))
            .set_evaluation_window(live.and_then(|alarm| alarm.evaluation_window.clone()))
            .set_warm_up_configuration(live.and_then(|alarm| alarm.warm_up_configuration.clone()))
            .set_action_configuration(live.and_then(|alarm| alarm.action_configuration.clone()));
        // CloudWatch ignores the tags of this call unless it creates the alarm.
        let call = call.set_alarm_actions(Some(inputs.action_arns.clone())).set_tags(tags.map(to_tags));
        call.send().await.map(|_| ()).map_err(api_error("cloudwatch:PutMetricAlarm"))
    }
}

impl Kind for AlarmKind {
    type Definition = Alarm;

    async fn find(&self, subject: &Subject, known: &Known<Alarm>) -> Result<Option<Found>, ProviderError> {
        let alarms = self.describe(&subject.region, std::slice::from_ref(&known.alarm_name)).await?;
        let Some(alarm) = alarms.first() else { return Ok(None) };
        let tags = self.tags(&subject.region, arn_of(alarm)?, KnownTags::NONE).await?;
        Ok(Some(Found::new(&known.alarm_name, Evidence::Tags(tags))))
    }

    async fn read(
        &self,
        region: &Region,
        ids: &[String],
        tags: KnownTags<'_>,
    ) -> Result<Vec<Option<Live>>, ProviderError> {
        let alarms = self.describe(region, ids).await?;
        let live = alarms.iter().map(|alarm| async move {
            let name = alarm.alarm_name().ok_or_else(|| ProviderError::incomplete(DESCRIBE, "AlarmName"))?;
            let arn = arn_of(alarm)?;
            let attributes = attributes([("id", name), ("name", name), ("arn", arn)]);
            let live = Live::new(&live_inputs(alarm), attributes).tagged(self.tags(region, arn, tags).await?);
            Ok::<_, ProviderError>((name.to_owned(), live))
        });
        Ok(in_order(ids, try_join_all(live).await?.into_iter().collect()))
    }

    async fn create(&self, subject: &Subject, inputs: &Inputs, tags: &Tags) -> Result<Created, ProviderError> {
        self.put(&subject.region, inputs, None, Some(tags)).await?;
        let name = &inputs.alarm_name;
        Ok(Created::new(name, [("id", name), ("name", name)]))
    }

    async fn update(&self, subject: &Subject, name: &str, update: &Update<Inputs>) -> Result<(), ProviderError> {
        if update.changed.is_empty() {
            return Ok(());
        }
        let alarms = self.describe(&subject.region, &[name.to_owned()]).await?;
        self.put(&subject.region, &update.desired, alarms.first(), None).await
    }

    async fn set_tags(&self, region: &Region, name: &str, tags: &Tags) -> Result<(), ProviderError> {
        let arn = self.arn(region, name).await?;
        let call = self.0.in_region(region).tag_resource().resource_arn(arn).set_tags(Some(to_tags(tags)));
        call.send().await.map(|_| ()).map_err(api_error("cloudwatch:TagResource"))
    }

    async fn remove_tags(&self, region: &Region, name: &str, keys: &[String]) -> Result<(), ProviderError> {
        let arn = self.arn(region, name).await?;
        let call = self.0.in_region(region).untag_resource().resource_arn(arn).set_tag_keys(Some(keys.to_vec()));
        call.send().await.map(|_| ()).map_err(api_error("cloudwatch:UntagResource"))
    }

    async fn delete(&self, region: &Region, name: &str, _how: Deletion) -> Result<(), ProviderError> {
        let result = self.0.in_region(region).delete_alarms().alarm_names(name).send().await;
        none_if_missing(result.map_err(api_error("cloudwatch:DeleteAlarms"))).map(|_| ())
    }
}
