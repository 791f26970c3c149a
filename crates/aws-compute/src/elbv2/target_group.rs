//! Implementation of `elbv2.target_group`.

use aws_sdk_elasticloadbalancingv2::types::{
    Matcher, ProtocolEnum, TargetGroup as AwsTargetGroup, TargetGroupAttribute, TargetTypeEnum,
};
use futures::future::try_join_all;
use ohinfra_aws_core::{api_error, none_if_missing};
use ohinfra_core::contract::{
    Created, Deletion, Evidence, Found, Kind, Known, Live, Resolved, Subject, Update, in_order, returned,
};
use ohinfra_core::inputs::Attributes;
use ohinfra_core::tag_index::KnownTags;
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::elbv2::{HealthCheck, TargetGroup, TargetGroupLive};

use super::{Clients, all_tags, describe_many, remove_tags, set_tags, tags_of, to_tags};

/// `elbv2.target_group`
pub struct TargetGroupKind(pub(crate) Clients);

type Inputs = Resolved<TargetGroup>;

const DESCRIBE: &str = "elasticloadbalancing:DescribeTargetGroups";
const DELAY: &str = "deregistration_delay.timeout_seconds";
const STICKINESS: &str = "stickiness.enabled";

fn attributes_of(group: &AwsTargetGroup) -> Attributes {
    let (arn, name) = (group.target_group_arn(), group.target_group_name());
    // The name in CloudWatch metrics: `targetgroup/<name>/<id>`.
    let full_name = arn.and_then(|arn| arn.rsplit(':').next());
    returned([("id", arn), ("arn", arn), ("name", name), ("full_name", full_name)])
}

fn health_check(group: &AwsTargetGroup) -> HealthCheck {
    HealthCheck {
        path: group.health_check_path().unwrap_or_default().to_owned(),
        // The Elastic Load Balancing default, if absent in the response.
        status_codes: group.matcher().and_then(Matcher::http_code).unwrap_or("200").to_owned(),
        healthy_threshold: group.healthy_threshold_count().unwrap_or_default(),
        unhealthy_threshold: group.unhealthy_threshold_count().unwrap_or_default(),
        timeout_seconds: group.health_check_timeout_seconds().unwrap_or_default(),
        interval_seconds: group.health_check_interval_seconds().unwrap_or_default(),
    }
}

fn matcher(check: &HealthCheck) -> Matcher {
    Matcher::builder().http_code(&check.status_codes).build()
}

impl TargetGroupKind {
    async fn settings(&self, region: &Region, arn: &str) -> Result<Vec<TargetGroupAttribute>, ProviderError> {
        let result = self.0.in_region(region).describe_target_group_attributes().target_group_arn(arn).send().await;
        let answer = none_if_missing(result.map_err(api_error("elasticloadbalancing:DescribeTargetGroupAttributes")))?;
        Ok(answer.and_then(|answer| answer.attributes).unwrap_or_default())
    }

    async fn set(&self, region: &Region, arn: &str, inputs: &Inputs) -> Result<(), ProviderError> {
        let setting = |key: &str, value: String| TargetGroupAttribute::builder().key(key).value(value).build();
        let delay = inputs.deregistration_delay_seconds.map(|seconds| setting(DELAY, seconds.to_string()));
        let stickiness = inputs.stickiness.map(|on| setting(STICKINESS, on.to_string()));
        let settings: Vec<_> = delay.into_iter().chain(stickiness).collect();
        if settings.is_empty() {
            return Ok(());
        }
        let call = self.0.in_region(region).modify_target_group_attributes().target_group_arn(arn);
        let call = call.set_attributes(Some(settings)).send();
        call.await.map(|_| ()).map_err(api_error("elasticloadbalancing:ModifyTargetGroupAttributes"))
    }

    async fn live(&self, region: &Region, group: &AwsTargetGroup, tags: Tags) -> Result<Live, ProviderError> {
        let of_instances = group.target_type() != Some(&TargetTypeEnum::Lambda);
        // A Lambda target group has neither setting.
        let settings = match group.target_group_arn() {
            Some(arn) if of_instances => self.settings(region, arn).await?,
            _ => Vec::new(),
        };
        let setting = |key: &str| {
            let found = settings.iter().find(|setting| setting.key() == Some(key));
            found.and_then(|setting| setting.value().map(str::to_owned))
        };
        let inputs = TargetGroupLive {
            group_name: group.target_group_name().map(str::to_owned),
            target_type: group.target_type().map(|target_type| target_type.as_str().to_owned()),
            protocol: group.protocol().filter(|_| of_instances).map(|protocol| protocol.as_str().to_owned()),
            port: group.port().filter(|_| of_instances),
            vpc_id: group.vpc_id().filter(|_| of_instances).map(str::to_owned),
            health_check: of_instances.then(|| health_check(group)),
            deregistration_delay_seconds: setting(DELAY).and_then(|text| text.parse().ok()),
            stickiness: setting(STICKINESS).map(|text| text == "true"),
        };
        Ok(Live::new(&inputs, attributes_of(group)).tagged(tags))
    }
}

impl Kind for TargetGroupKind {
    type Definition = TargetGroup;

    async fn find(&self, subject: &Subject, known: &Known<TargetGroup>) -> Result<Option<Found>, ProviderError> {
        let result = self.0.in_region(&subject.region).describe_target_groups().names(&known.group_name).send().await;
        let answer = none_if_missing(result.map_err(api_error(DESCRIBE)))?;
        let group = answer.and_then(|answer| answer.target_groups.unwrap_or_default().into_iter().next());
        let Some(arn) = group.and_then(|group| group.target_group_arn) else { return Ok(None) };
        let tags = tags_of(&self.0, &subject.region, &arn, KnownTags::NONE).await?;
        Ok(Some(Found::new(arn, Evidence::Tags(tags))))
    }

    async fn read(
        &self,
        region: &Region,
        ids: &[String],
        tags: KnownTags<'_>,
    ) -> Result<Vec<Option<Live>>, ProviderError> {
        let describe = |arns: Vec<String>| async move {
            let call = self.0.in_region(region).describe_target_groups().set_target_group_arns(Some(arns));
            Ok(none_if_missing(call.send().await.map_err(api_error(DESCRIBE)))?.and_then(|answer| answer.target_groups))
        };
        let groups = describe_many(ids, describe).await?;
        let arns: Vec<String> = groups.iter().filter_map(|group| group.target_group_arn.clone()).collect();
        let tags = all_tags(&self.0, region, &arns, tags).await?;
        let tags_of = |arn: &String| tags.get(arn).cloned().unwrap_or_default();
        let identified = groups.iter().filter_map(|group| Some((group.target_group_arn.clone()?, group)));
        let live = identified.map(|(arn, group)| async move {
            let live = self.live(region, group, tags_of(&arn)).await?;
            Ok::<_, ProviderError>((arn, live))
        });
        Ok(in_order(ids, try_join_all(live).await?.into_iter().collect()))
    }

    async fn create(&self, subject: &Subject, inputs: &Inputs, tags: &Tags) -> Result<Created, ProviderError> {
        let operation = "elasticloadbalancing:CreateTargetGroup";
        let call = self.0.in_region(&subject.region).create_target_group().name(&inputs.group_name);
        let call = call.target_type(TargetTypeEnum::from(inputs.target_type.as_str()));
        let call = call.set_protocol(inputs.protocol.as_deref().map(ProtocolEnum::from)).set_port(inputs.port);
        let call = call.set_vpc_id(inputs.vpc_id.clone()).set_tags(Some(to_tags(tags)));
        let call = match &inputs.health_check {
            Some(check) => call
                .health_check_enabled(true)
                .health_check_path(&check.path)
                .matcher(matcher(check))
                .healthy_threshold_count(check.healthy_threshold)
                .unhealthy_threshold_count(check.unhealthy_threshold)
                .health_check_timeout_seconds(check.timeout_seconds)
                .health_check_interval_seconds(check.interval_seconds),
            None => call,
        };
        let answer = call.send().await.map_err(api_error(operation))?;
        let group = answer.target_groups.unwrap_or_default().into_iter().next();
        let group = group.ok_or_else(|| ProviderError::incomplete(operation, "TargetGroups"))?;
        let arn = group.target_group_arn.clone();
        let arn = arn.ok_or_else(|| ProviderError::incomplete(operation, "TargetGroupArn"))?;
        self.set(&subject.region, &arn, inputs).await?;
        Ok(Created { id: arn, attributes: attributes_of(&group) })
    }

    async fn update(&self, subject: &Subject, arn: &str, update: &Update<Inputs>) -> Result<(), ProviderError> {
        let client = self.0.in_region(&subject.region);
        let desired = &update.desired;
        if let Some(check) = desired.health_check.as_ref().filter(|_| update.changes("health_check")) {
            let call = client.modify_target_group().target_group_arn(arn).health_check_path(&check.path);
            let call = call.matcher(matcher(check)).healthy_threshold_count(check.healthy_threshold);
            let call = call.unhealthy_threshold_count(check.unhealthy_threshold);
            let call = call.health_check_timeout_seconds(check.timeout_seconds);
            let call = call.health_check_interval_seconds(check.interval_seconds);
            call.send().await.map_err(api_error("elasticloadbalancing:ModifyTargetGroup"))?;
        }
        if update.changes("deregistration_delay_seconds") || update.changes("stickiness") {
            self.set(&subject.region, arn, desired).await?;
        }
        Ok(())
    }

    async fn set_tags(&self, region: &Region, arn: &str, tags: &Tags) -> Result<(), ProviderError> {
        set_tags(&self.0.in_region(region), arn, tags).await
    }

    async fn remove_tags(&self, region: &Region, arn: &str, keys: &[String]) -> Result<(), ProviderError> {
        remove_tags(&self.0.in_region(region), arn, keys).await
    }

    async fn delete(&self, region: &Region, arn: &str, _how: Deletion) -> Result<(), ProviderError> {
        let result = self.0.in_region(region).delete_target_group().target_group_arn(arn).send().await;
        none_if_missing(result.map_err(api_error("elasticloadbalancing:DeleteTargetGroup"))).map(|_| ())
    }
}
