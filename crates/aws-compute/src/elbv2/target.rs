//! Implementation of `elbv2.target`.

use aws_sdk_elasticloadbalancingv2::types::TargetDescription;
use ohinfra_aws_core::{api_error, api_error_eventual, none_if_missing};
use ohinfra_core::contract::{
    Created, Deletion, Evidence, Found, Kind, Known, Live, Resolved, Subject, Update, attributes,
};
use ohinfra_core::error::ErrorKind;
use ohinfra_core::tag_index::KnownTags;
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::elbv2::{Target, TargetLive};

use super::Clients;

/// `elbv2.target`
pub struct TargetKind(pub(crate) Clients);

type Inputs = Resolved<Target>;

fn description(target: &str) -> TargetDescription {
    TargetDescription::builder().id(target).build()
}

/// Splits an identity `<group ARN>|<target>`.
fn parts(id: &str) -> Result<(&str, &str), ProviderError> {
    id.split_once('|').ok_or_else(|| {
        let message = format!("invalid identity `{id}`: expected `<target group ARN>|<target>`");
        ProviderError::new(ErrorKind::Invalid, "identity", message)
    })
}

impl TargetKind {
    async fn is_registered(&self, region: &Region, group: &str, target: &str) -> Result<bool, ProviderError> {
        let result = self.0.in_region(region).describe_target_health().target_group_arn(group).send().await;
        let answer = none_if_missing(result.map_err(api_error("elasticloadbalancing:DescribeTargetHealth")))?;
        let targets = answer.and_then(|answer| answer.target_health_descriptions).unwrap_or_default();
        Ok(targets.iter().any(|found| found.target().and_then(|found| found.id()) == Some(target)))
    }
}

impl Kind for TargetKind {
    type Definition = Target;

    async fn find(&self, subject: &Subject, known: &Known<Target>) -> Result<Option<Found>, ProviderError> {
        let (Some(group), Some(target)) = (&known.target_group_arn, &known.target_id) else { return Ok(None) };
        let is_registered = self.is_registered(&subject.region, group, target).await?;
        Ok(is_registered.then(|| Found::new(format!("{group}|{target}"), Evidence::Ours)))
    }

    async fn read_one(&self, region: &Region, id: &str, _tags: KnownTags<'_>) -> Result<Option<Live>, ProviderError> {
        let (group, target) = parts(id)?;
        let inputs = TargetLive { target_group_arn: Some(group.to_owned()), target_id: Some(target.to_owned()) };
        let is_registered = self.is_registered(region, group, target).await?;
        Ok(is_registered.then(|| Live::new(&inputs, attributes([("id", id)]))))
    }

    async fn create(&self, subject: &Subject, inputs: &Inputs, _tags: &Tags) -> Result<Created, ProviderError> {
        let (group, target) = (&inputs.target_group_arn, &inputs.target_id);
        let call =
            self.0.in_region(&subject.region).register_targets().target_group_arn(group).targets(description(target));
        call.send().await.map_err(api_error_eventual("elasticloadbalancing:RegisterTargets"))?;
        let id = format!("{group}|{target}");
        Ok(Created::new(&id, [("id", &id)]))
    }

    /// Does nothing: every change replaces the target.
    async fn update(&self, _subject: &Subject, _id: &str, _update: &Update<Inputs>) -> Result<(), ProviderError> {
        Ok(())
    }

    async fn delete(&self, region: &Region, id: &str, _how: Deletion) -> Result<(), ProviderError> {
        let (group, target) = parts(id)?;
        let call = self.0.in_region(region).deregister_targets().target_group_arn(group).targets(description(target));
        match none_if_missing(call.send().await.map_err(api_error("elasticloadbalancing:DeregisterTargets"))) {
            // The function was already deleted.
            Err(error) if error.code.as_deref() == Some("InvalidTarget") => Ok(()),
            result => result.map(|_| ()),
        }
    }
}
