//! Implementation of `elbv2.load_balancer`.

use aws_sdk_elasticloadbalancingv2::types::{
    LoadBalancer as AwsLoadBalancer, LoadBalancerAttribute, LoadBalancerSchemeEnum, LoadBalancerState,
    LoadBalancerStateEnum, LoadBalancerTypeEnum,
};
use futures::future::try_join;
use ohinfra_aws_core::{api_error, api_error_eventual, none_if_missing};
use ohinfra_core::contract::{
    Created, Deletion, Evidence, Found, Kind, Known, Live, Readiness, Resolved, Subject, Update, returned,
};
use ohinfra_core::error::ErrorKind;
use ohinfra_core::inputs::Attributes;
use ohinfra_core::tag_index::KnownTags;
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::elbv2::{LoadBalancer, LoadBalancerLive};

use super::{Clients, remove_tags, set_tags, tags_of, to_tags};

/// `elbv2.load_balancer`
pub struct LoadBalancerKind(pub(crate) Clients);

type Inputs = Resolved<LoadBalancer>;

const DESCRIBE: &str = "elasticloadbalancing:DescribeLoadBalancers";
const PROTECTION: &str = "deletion_protection.enabled";
const DROP_INVALID: &str = "routing.http.drop_invalid_header_fields.enabled";
const IDLE_TIMEOUT: &str = "idle_timeout.timeout_seconds";

fn attributes_of(balancer: &AwsLoadBalancer) -> Attributes {
    let arn = balancer.load_balancer_arn();
    // The name in CloudWatch metrics: `app/<name>/<id>`.
    let full_name = arn.and_then(|arn| arn.split_once(":loadbalancer/")).map(|(_, name)| name);
    returned([
        ("id", arn),
        ("arn", arn),
        ("full_name", full_name),
        ("dns_name", balancer.dns_name()),
        ("zone_id", balancer.canonical_hosted_zone_id()),
    ])
}

impl LoadBalancerKind {
    async fn by_arn(&self, region: &Region, arn: &str) -> Result<Option<AwsLoadBalancer>, ProviderError> {
        let result = self.0.in_region(region).describe_load_balancers().load_balancer_arns(arn).send().await;
        let answer = none_if_missing(result.map_err(api_error(DESCRIBE)))?;
        Ok(answer.and_then(|answer| answer.load_balancers.unwrap_or_default().into_iter().next()))
    }

    async fn settings(&self, region: &Region, arn: &str) -> Result<Vec<LoadBalancerAttribute>, ProviderError> {
        let result = self.0.in_region(region).describe_load_balancer_attributes().load_balancer_arn(arn).send().await;
        let answer = none_if_missing(result.map_err(api_error("elasticloadbalancing:DescribeLoadBalancerAttributes")))?;
        Ok(answer.and_then(|answer| answer.attributes).unwrap_or_default())
    }

    async fn set(&self, region: &Region, arn: &str, inputs: &Inputs) -> Result<(), ProviderError> {
        let setting = |key: &str, value: String| LoadBalancerAttribute::builder().key(key).value(value).build();
        let call = self.0.in_region(region).modify_load_balancer_attributes().load_balancer_arn(arn);
        let call = call
            .attributes(setting(PROTECTION, inputs.deletion_protection.to_string()))
            .attributes(setting(DROP_INVALID, inputs.drop_invalid_headers.to_string()))
            .attributes(setting(IDLE_TIMEOUT, inputs.idle_timeout_seconds.to_string()));
        call.send().await.map(|_| ()).map_err(api_error_eventual("elasticloadbalancing:ModifyLoadBalancerAttributes"))
    }
}

/// Converts a state to readiness. `failed` is final: "the load balancer could not be set up".
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancerState.html>
fn readiness(state: Option<&LoadBalancerState>) -> Result<Readiness, ProviderError> {
    match state.and_then(|state| state.code()) {
        Some(LoadBalancerStateEnum::Active | LoadBalancerStateEnum::ActiveImpaired) => Ok(Readiness::Ready),
        Some(LoadBalancerStateEnum::Failed) => {
            let reason = state.and_then(|state| state.reason()).map(|reason| format!(" ({reason})"));
            let reason = reason.unwrap_or_default();
            let message = format!(
                "the state is `failed`{reason}: correct the cause, delete the load balancer, then run the same command again"
            );
            Err(ProviderError::new(ErrorKind::Other, DESCRIBE, message))
        }
        Some(code) => Ok(Readiness::Waiting(code.as_str().to_owned())),
        None => Ok(Readiness::not_visible()),
    }
}

impl Kind for LoadBalancerKind {
    type Definition = LoadBalancer;

    async fn find(&self, subject: &Subject, known: &Known<LoadBalancer>) -> Result<Option<Found>, ProviderError> {
        let result =
            self.0.in_region(&subject.region).describe_load_balancers().names(&known.balancer_name).send().await;
        let answer = none_if_missing(result.map_err(api_error(DESCRIBE)))?;
        let balancer = answer.and_then(|answer| answer.load_balancers.unwrap_or_default().into_iter().next());
        let Some(arn) = balancer.and_then(|balancer| balancer.load_balancer_arn) else { return Ok(None) };
        let tags = tags_of(&self.0, &subject.region, &arn, KnownTags::NONE).await?;
        Ok(Some(Found::new(arn, Evidence::Tags(tags))))
    }

    async fn read_one(&self, region: &Region, arn: &str, tags: KnownTags<'_>) -> Result<Option<Live>, ProviderError> {
        let Some(balancer) = self.by_arn(region, arn).await? else { return Ok(None) };
        let (settings, tags) = try_join(self.settings(region, arn), tags_of(&self.0, region, arn, tags)).await?;
        let setting = |key: &str| settings.iter().find(|setting| setting.key() == Some(key))?.value();
        let zones = balancer.availability_zones().iter();
        let inputs = LoadBalancerLive {
            balancer_name: balancer.load_balancer_name().map(str::to_owned),
            scheme: balancer.scheme().map(|scheme| scheme.as_str().to_owned()),
            // AWS may omit an empty list from its XML: an absent list is empty.
            subnet_ids: Some(zones.filter_map(|zone| zone.subnet_id.clone()).collect()),
            security_group_ids: Some(balancer.security_groups().to_vec()),
            deletion_protection: setting(PROTECTION).map(|text| text == "true"),
            drop_invalid_headers: setting(DROP_INVALID).map(|text| text == "true"),
            idle_timeout_seconds: setting(IDLE_TIMEOUT).and_then(|text| text.parse().ok()),
        };
        Ok(Some(Live::new(&inputs, attributes_of(&balancer)).tagged(tags)))
    }

    async fn create(&self, subject: &Subject, inputs: &Inputs, tags: &Tags) -> Result<Created, ProviderError> {
        let operation = "elasticloadbalancing:CreateLoadBalancer";
        let call = self.0.in_region(&subject.region).create_load_balancer().name(&inputs.balancer_name);
        let call = call.scheme(LoadBalancerSchemeEnum::from(inputs.scheme.as_str()));
        let call = call.r#type(LoadBalancerTypeEnum::Application).set_subnets(Some(inputs.subnet_ids.clone()));
        let call = call.set_security_groups(Some(inputs.security_group_ids.clone()));
        let call = call.set_tags(Some(to_tags(tags)));
        let answer = call.send().await.map_err(api_error_eventual(operation))?;
        let balancer = answer.load_balancers.unwrap_or_default().into_iter().next();
        let balancer = balancer.ok_or_else(|| ProviderError::incomplete(operation, "LoadBalancers"))?;
        let arn = balancer.load_balancer_arn.clone();
        let arn = arn.ok_or_else(|| ProviderError::incomplete(operation, "LoadBalancerArn"))?;
        self.set(&subject.region, &arn, inputs).await?;
        Ok(Created { id: arn, attributes: attributes_of(&balancer) })
    }

    async fn ready(&self, region: &Region, arn: &str) -> Result<Readiness, ProviderError> {
        let balancer = self.by_arn(region, arn).await?;
        readiness(balancer.as_ref().and_then(|balancer| balancer.state()))
    }

    async fn update(&self, subject: &Subject, arn: &str, update: &Update<Inputs>) -> Result<(), ProviderError> {
        let client = self.0.in_region(&subject.region);
        let desired = &update.desired;
        if update.changes("subnet_ids") {
            let call = client.set_subnets().load_balancer_arn(arn).set_subnets(Some(desired.subnet_ids.clone()));
            call.send().await.map_err(api_error("elasticloadbalancing:SetSubnets"))?;
        }
        if update.changes("security_group_ids") {
            let call = client.set_security_groups().load_balancer_arn(arn);
            let call = call.set_security_groups(Some(desired.security_group_ids.clone()));
            call.send().await.map_err(api_error("elasticloadbalancing:SetSecurityGroups"))?;
        }
        let settings = ["deletion_protection", "drop_invalid_headers", "idle_timeout_seconds"];
        if settings.iter().any(|field| update.changes(field)) {
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
        let result = self.0.in_region(region).delete_load_balancer().load_balancer_arn(arn).send().await;
        none_if_missing(result.map_err(api_error("elasticloadbalancing:DeleteLoadBalancer"))).map(|_| ())
    }

    async fn gone(&self, region: &Region, arn: &str) -> Result<Readiness, ProviderError> {
        Ok(match self.by_arn(region, arn).await? {
            Some(_) => Readiness::Waiting("deleting".to_owned()),
            None => Readiness::Ready,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(code: LoadBalancerStateEnum) -> Result<Readiness, ProviderError> {
        readiness(Some(&LoadBalancerState::builder().code(code).reason("no free addresses").build()))
    }

    #[test]
    fn a_failed_load_balancer_ends_the_wait_with_its_reason() {
        let error = of(LoadBalancerStateEnum::Failed).unwrap_err();
        assert!(!error.is_transient());
        assert!(error.message.starts_with("the state is `failed` (no free addresses): "), "{}", error.message);
    }

    #[test]
    fn any_other_state_is_pending() {
        assert_eq!(of(LoadBalancerStateEnum::Active).unwrap(), Readiness::Ready);
        let waiting = Readiness::Waiting("provisioning".to_owned());
        assert_eq!(of(LoadBalancerStateEnum::Provisioning).unwrap(), waiting);
        assert_eq!(readiness(None).unwrap(), Readiness::not_visible());
    }
}
