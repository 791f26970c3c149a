//! Implementation of `efs.mount_target`.

use aws_sdk_efs::types::{LifeCycleState, MountTargetDescription};
use futures::future::try_join;
use ohinfra_aws_core::{api_error, api_error_eventual, none_if_missing};
use ohinfra_core::contract::{
    Created, Deletion, Evidence, Found, Kind, Known, Live, Readiness, Resolved, Subject, Update, attributes,
};
use ohinfra_core::tag_index::KnownTags;
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::efs::{MountTarget, MountTargetLive};

use super::{Clients, in_error, is_going};

/// `efs.mount_target`
pub struct MountTargetKind(pub(crate) Clients);

type Inputs = Resolved<MountTarget>;

const DESCRIBE: &str = "elasticfilesystem:DescribeMountTargets";

impl MountTargetKind {
    async fn describe(&self, region: &Region, id: &str) -> Result<Option<MountTargetDescription>, ProviderError> {
        let result = self.0.in_region(region).describe_mount_targets().mount_target_id(id).send().await;
        let found = none_if_missing(result.map_err(api_error(DESCRIBE)))?.and_then(|answer| answer.mount_targets);
        Ok(found.unwrap_or_default().into_iter().next())
    }

    /// Returns the security groups; `None` while AWS does not report them.
    async fn groups(&self, region: &Region, id: &str) -> Result<Option<Vec<String>>, ProviderError> {
        let result = self.0.in_region(region).describe_mount_target_security_groups().mount_target_id(id).send().await;
        match result.map_err(api_error("elasticfilesystem:DescribeMountTargetSecurityGroups")) {
            // The network interface is still being created.
            Err(error) if error.code.as_deref() == Some("IncorrectMountTargetState") => Ok(None),
            result => Ok(none_if_missing(result)?.map(|answer| answer.security_groups)),
        }
    }
}

impl Kind for MountTargetKind {
    type Definition = MountTarget;

    async fn find(&self, subject: &Subject, known: &Known<MountTarget>) -> Result<Option<Found>, ProviderError> {
        let Some(system) = &known.file_system_id else { return Ok(None) };
        let call = self.0.in_region(&subject.region).describe_mount_targets().file_system_id(system);
        let targets = call.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
        let targets = none_if_missing(targets.map_err(api_error(DESCRIBE)))?.unwrap_or_default();
        let is_match = |target: &MountTargetDescription| {
            target.subnet_id == known.subnet_id && !is_going(&target.life_cycle_state)
        };
        // Part of a file system owned by this deployment.
        Ok(targets.into_iter().find(is_match).map(|target| Found::new(target.mount_target_id, Evidence::Ours)))
    }

    async fn read_one(&self, region: &Region, id: &str, _tags: KnownTags<'_>) -> Result<Option<Live>, ProviderError> {
        let (target, security_group_ids) = try_join(self.describe(region, id), self.groups(region, id)).await?;
        Ok(target.filter(|target| !is_going(&target.life_cycle_state)).map(|target| {
            let inputs = MountTargetLive {
                file_system_id: Some(target.file_system_id),
                subnet_id: Some(target.subnet_id),
                security_group_ids,
            };
            Live::new(&inputs, attributes([("id", id)]))
        }))
    }

    async fn create(&self, subject: &Subject, inputs: &Inputs, _tags: &Tags) -> Result<Created, ProviderError> {
        let call = self.0.in_region(&subject.region).create_mount_target().file_system_id(&inputs.file_system_id);
        let call = call.subnet_id(&inputs.subnet_id).set_security_groups(Some(inputs.security_group_ids.clone()));
        let target = call.send().await.map_err(api_error_eventual("elasticfilesystem:CreateMountTarget"))?;
        Ok(Created::new(&target.mount_target_id, [("id", &target.mount_target_id)]))
    }

    async fn ready(&self, region: &Region, id: &str) -> Result<Readiness, ProviderError> {
        Ok(match self.describe(region, id).await?.map(|target| target.life_cycle_state) {
            Some(LifeCycleState::Available) => Readiness::Ready,
            Some(LifeCycleState::Error) => return Err(in_error(id)),
            Some(state) => Readiness::Waiting(state.as_str().to_owned()),
            None => Readiness::not_visible(),
        })
    }

    async fn update(&self, subject: &Subject, id: &str, update: &Update<Inputs>) -> Result<(), ProviderError> {
        let call = self.0.in_region(&subject.region).modify_mount_target_security_groups().mount_target_id(id);
        let call = call.set_security_groups(Some(update.desired.security_group_ids.clone()));
        call.send().await.map(|_| ()).map_err(api_error("elasticfilesystem:ModifyMountTargetSecurityGroups"))
    }

    async fn delete(&self, region: &Region, id: &str, _how: Deletion) -> Result<(), ProviderError> {
        let result = self.0.in_region(region).delete_mount_target().mount_target_id(id).send().await;
        none_if_missing(result.map_err(api_error("elasticfilesystem:DeleteMountTarget"))).map(|_| ())
    }

    async fn gone(&self, region: &Region, id: &str) -> Result<Readiness, ProviderError> {
        Ok(match self.describe(region, id).await?.map(|target| target.life_cycle_state) {
            None | Some(LifeCycleState::Deleted) => Readiness::Ready,
            Some(state) => Readiness::Waiting(state.as_str().to_owned()),
        })
    }
}
