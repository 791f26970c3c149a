//! Implementation of `efs.access_point`.

use aws_sdk_efs::types::{AccessPointDescription, CreationInfo, LifeCycleState, PosixUser, RootDirectory};
use ohinfra_aws_core::{api_error, api_error_eventual, none_if_missing};
use ohinfra_core::contract::{
    Created, Deletion, Evidence, Found, Kind, Known, Live, Readiness, Resolved, Subject, Update, returned,
};
use ohinfra_core::error::ErrorKind;
use ohinfra_core::tag_index::KnownTags;
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::efs::{AccessPoint, AccessPointLive};

use super::{Clients, from_tags, in_error, is_going, remove_tags, set_tags, to_tags};

/// `efs.access_point`
pub struct AccessPointKind(pub(crate) Clients);

type Inputs = Resolved<AccessPoint>;

const DESCRIBE: &str = "elasticfilesystem:DescribeAccessPoints";

impl AccessPointKind {
    async fn describe(&self, region: &Region, id: &str) -> Result<Option<AccessPointDescription>, ProviderError> {
        let result = self.0.in_region(region).describe_access_points().access_point_id(id).send().await;
        let found = none_if_missing(result.map_err(api_error(DESCRIBE)))?.and_then(|answer| answer.access_points);
        Ok(found.unwrap_or_default().into_iter().next())
    }
}

fn is_deleting(point: &AccessPointDescription) -> bool {
    point.life_cycle_state().is_some_and(is_going)
}

fn live(point: &AccessPointDescription) -> Live {
    let (root, user) = (point.root_directory(), point.posix_user());
    let creation = root.and_then(|root| root.creation_info());
    let inputs = AccessPointLive {
        file_system_id: point.file_system_id.clone(),
        path: root.and_then(|root| root.path.clone()),
        user_id: user.map(|user| user.uid),
        group_id: user.map(|user| user.gid),
        permissions: creation.map(|creation| creation.permissions.clone()),
    };
    let attributes = returned([("id", point.access_point_id()), ("arn", point.access_point_arn())]);
    Live::new(&inputs, attributes).tagged(from_tags(point.tags()))
}

impl Kind for AccessPointKind {
    type Definition = AccessPoint;

    async fn find(&self, subject: &Subject, _known: &Known<AccessPoint>) -> Result<Option<Found>, ProviderError> {
        let call = self.0.in_region(&subject.region).describe_access_points().into_paginator().items().send();
        let points = call.collect::<Result<Vec<_>, _>>().await.map_err(api_error(DESCRIBE))?;
        let ours = points.into_iter().filter(|point| !is_deleting(point)).find_map(|point| {
            let tags = from_tags(point.tags());
            let id = point.access_point_id.filter(|id| subject.seeks(id))?;
            subject.ownership.matches(&tags).then(|| Found::new(id, Evidence::Tags(tags)))
        });
        Ok(ours)
    }

    async fn read_one(&self, region: &Region, id: &str, _tags: KnownTags<'_>) -> Result<Option<Live>, ProviderError> {
        let point = self.describe(region, id).await?;
        Ok(point.filter(|point| !is_deleting(point)).as_ref().map(live))
    }

    async fn create(&self, subject: &Subject, inputs: &Inputs, tags: &Tags) -> Result<Created, ProviderError> {
        let operation = "elasticfilesystem:CreateAccessPoint";
        let invalid = |error: aws_sdk_efs::error::BuildError| {
            ProviderError::new(ErrorKind::Invalid, operation, error.to_string())
        };
        let user = PosixUser::builder().uid(inputs.user_id).gid(inputs.group_id).build().map_err(invalid)?;
        let creation = CreationInfo::builder().owner_uid(inputs.user_id).owner_gid(inputs.group_id);
        let creation = creation.permissions(&inputs.permissions).build().map_err(invalid)?;
        let root = RootDirectory::builder().path(&inputs.path).creation_info(creation).build();
        let call = self.0.in_region(&subject.region).create_access_point().client_token(&subject.token);
        let call = call.file_system_id(&inputs.file_system_id).posix_user(user).root_directory(root);
        let call = call.set_tags(Some(to_tags(tags, operation)?));
        let point = call.send().await.map_err(api_error_eventual(operation))?;
        let (Some(id), Some(arn)) = (point.access_point_id, point.access_point_arn) else {
            return Err(ProviderError::incomplete(operation, "AccessPointId"));
        };
        Ok(Created::new(&id, [("arn", &arn)]))
    }

    async fn ready(&self, region: &Region, id: &str) -> Result<Readiness, ProviderError> {
        let point = self.describe(region, id).await?;
        Ok(match point.and_then(|point| point.life_cycle_state) {
            Some(LifeCycleState::Available) => Readiness::Ready,
            Some(LifeCycleState::Error) => return Err(in_error(id)),
            Some(state) => Readiness::Waiting(state.as_str().to_owned()),
            None => Readiness::not_visible(),
        })
    }

    /// Does nothing: every change replaces the access point.
    async fn update(&self, _subject: &Subject, _id: &str, _update: &Update<Inputs>) -> Result<(), ProviderError> {
        Ok(())
    }

    async fn set_tags(&self, region: &Region, id: &str, tags: &Tags) -> Result<(), ProviderError> {
        set_tags(&self.0.in_region(region), id, tags).await
    }

    async fn remove_tags(&self, region: &Region, id: &str, keys: &[String]) -> Result<(), ProviderError> {
        remove_tags(&self.0.in_region(region), id, keys).await
    }

    async fn delete(&self, region: &Region, id: &str, _how: Deletion) -> Result<(), ProviderError> {
        let result = self.0.in_region(region).delete_access_point().access_point_id(id).send().await;
        none_if_missing(result.map_err(api_error("elasticfilesystem:DeleteAccessPoint"))).map(|_| ())
    }

    async fn gone(&self, region: &Region, id: &str) -> Result<Readiness, ProviderError> {
        Ok(match self.describe(region, id).await?.and_then(|point| point.life_cycle_state) {
            None | Some(LifeCycleState::Deleted) => Readiness::Ready,
            Some(state) => Readiness::Waiting(state.as_str().to_owned()),
        })
    }
}
