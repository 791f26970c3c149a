//! Implementation of `efs.file_system`.

use aws_sdk_efs::types::{
    FileSystemDescription, LifeCycleState, LifecyclePolicy, PerformanceMode, ThroughputMode, TransitionToIaRules,
};
use futures::future::try_join;
use ohinfra_aws_core::{api_error, none_if_missing};
use ohinfra_core::contract::{
    Created, Deletion, Evidence, Found, Kind, Known, Live, Readiness, Resolved, Subject, Update, returned,
};
use ohinfra_core::tag_index::KnownTags;
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::efs::{FileSystem, FileSystemLive};
use serde_json::Value;

use super::{Clients, from_tags, in_error, is_going, remove_tags, set_tags, to_tags};

/// `efs.file_system`
pub struct FileSystemKind(pub(crate) Clients);

type Inputs = Resolved<FileSystem>;

const DESCRIBE: &str = "elasticfilesystem:DescribeFileSystems";

/// Replaces the resource in every statement of a policy: `*` in the configuration is the file system's ARN in AWS, which is not
/// known before the file system is created.
fn with_resource(policy: &str, resource: &str) -> String {
    let Ok(mut document) = serde_json::from_str::<Value>(policy) else { return policy.to_owned() };
    for statement in document.get_mut("Statement").and_then(Value::as_array_mut).into_iter().flatten() {
        statement["Resource"] = Value::from(resource);
    }
    document.to_string()
}

impl FileSystemKind {
    async fn describe(&self, region: &Region, id: &str) -> Result<Option<FileSystemDescription>, ProviderError> {
        let result = self.0.in_region(region).describe_file_systems().file_system_id(id).send().await;
        let found = none_if_missing(result.map_err(api_error(DESCRIBE)))?.and_then(|answer| answer.file_systems);
        Ok(found.unwrap_or_default().into_iter().next())
    }

    async fn policy(&self, region: &Region, id: &str) -> Result<Option<String>, ProviderError> {
        let result = self.0.in_region(region).describe_file_system_policy().file_system_id(id).send().await;
        let answer = none_if_missing(result.map_err(api_error("elasticfilesystem:DescribeFileSystemPolicy")))?;
        Ok(answer.and_then(|answer| answer.policy).map(|policy| with_resource(&policy, "*")))
    }

    async fn lifecycle(&self, region: &Region, id: &str) -> Result<Vec<LifecyclePolicy>, ProviderError> {
        let result = self.0.in_region(region).describe_lifecycle_configuration().file_system_id(id).send().await;
        let answer = none_if_missing(result.map_err(api_error("elasticfilesystem:DescribeLifecycleConfiguration")))?;
        Ok(answer.and_then(|answer| answer.lifecycle_policies).unwrap_or_default())
    }

    async fn put_policy(&self, region: &Region, id: &str, policy: Option<&str>) -> Result<(), ProviderError> {
        let client = self.0.in_region(region);
        let Some(policy) = policy else {
            let call = client.delete_file_system_policy().file_system_id(id).send();
            return call.await.map(|_| ()).map_err(api_error("elasticfilesystem:DeleteFileSystemPolicy"));
        };
        let caller = self.0.connection().caller().details().await?;
        let (partition, account) = (caller.partition(), &caller.account);
        let arn = format!("arn:{partition}:elasticfilesystem:{region}:{account}:file-system/{id}");
        let call = client.put_file_system_policy().file_system_id(id).policy(with_resource(policy, &arn));
        call.send().await.map(|_| ()).map_err(api_error("elasticfilesystem:PutFileSystemPolicy"))
    }

    /// Sets the transition to infrequent access. The other transitions of the live configuration stay.
    async fn put_transition(
        &self,
        region: &Region,
        id: &str,
        rule: Option<&str>,
        live: Vec<LifecyclePolicy>,
    ) -> Result<(), ProviderError> {
        let policy = |rule: &str| LifecyclePolicy::builder().transition_to_ia(TransitionToIaRules::from(rule)).build();
        // A policy has exactly one transition.
        let others = live.into_iter().filter(|policy| policy.transition_to_ia.is_none());
        let call = self.0.in_region(region).put_lifecycle_configuration().file_system_id(id);
        let call = call.set_lifecycle_policies(Some(rule.map(policy).into_iter().chain(others).collect()));
        call.send().await.map(|_| ()).map_err(api_error("elasticfilesystem:PutLifecycleConfiguration"))
    }

    /// Finds the file system with the ownership tags.
    async fn search(&self, subject: &Subject) -> Result<Option<FileSystemDescription>, ProviderError> {
        let call = self.0.in_region(&subject.region).describe_file_systems().into_paginator().items().send();
        let systems = call.collect::<Result<Vec<_>, _>>().await.map_err(api_error(DESCRIBE))?;
        Ok(systems.into_iter().find(|system| {
            !is_going(&system.life_cycle_state)
                && subject.seeks(&system.file_system_id)
                && subject.ownership.matches(&from_tags(system.tags()))
        }))
    }
}

impl Kind for FileSystemKind {
    type Definition = FileSystem;

    async fn find(&self, subject: &Subject, _known: &Known<FileSystem>) -> Result<Option<Found>, ProviderError> {
        let system = self.search(subject).await?;
        Ok(system.map(|system| {
            let tags = from_tags(system.tags());
            Found::new(system.file_system_id, Evidence::Tags(tags))
        }))
    }

    async fn read_one(&self, region: &Region, id: &str, _tags: KnownTags<'_>) -> Result<Option<Live>, ProviderError> {
        let settings = try_join(self.policy(region, id), self.lifecycle(region, id));
        let (system, (policy, lifecycle)) = try_join(self.describe(region, id), settings).await?;
        let Some(system) = system.filter(|system| !is_going(&system.life_cycle_state)) else { return Ok(None) };
        let transition = lifecycle.iter().find_map(LifecyclePolicy::transition_to_ia);
        let inputs = FileSystemLive {
            encrypted: system.encrypted(),
            performance_mode: Some(system.performance_mode().as_str().to_owned()),
            throughput_mode: system.throughput_mode().map(|mode| mode.as_str().to_owned()),
            transition_to_ia: transition.map(|rule| rule.as_str().to_owned()),
            policy,
        };
        let attributes = returned([("id", Some(id)), ("arn", system.file_system_arn())]);
        Ok(Some(Live::new(&inputs, attributes).tagged(from_tags(system.tags()))))
    }

    async fn create(&self, subject: &Subject, inputs: &Inputs, tags: &Tags) -> Result<Created, ProviderError> {
        let operation = "elasticfilesystem:CreateFileSystem";
        let call = self.0.in_region(&subject.region).create_file_system().creation_token(&subject.token);
        let call = call.encrypted(inputs.encrypted).set_tags(Some(to_tags(tags, operation)?));
        let call = call.performance_mode(PerformanceMode::from(inputs.performance_mode.as_str()));
        let call = call.throughput_mode(ThroughputMode::from(inputs.throughput_mode.as_str()));
        let system = call.send().await.map_err(api_error(operation))?;
        let id = system.file_system_id;
        // If AWS refuses these calls during creation, the engine finds the file system by its tags and sets them in an update.
        self.put_transition(&subject.region, &id, inputs.transition_to_ia.as_deref(), Vec::new()).await?;
        self.put_policy(&subject.region, &id, inputs.policy.as_deref()).await?;
        Ok(Created { id, ..Created::default() })
    }

    async fn ready(&self, region: &Region, id: &str) -> Result<Readiness, ProviderError> {
        Ok(match self.describe(region, id).await?.map(|system| system.life_cycle_state) {
            Some(LifeCycleState::Available) => Readiness::Ready,
            Some(LifeCycleState::Error) => return Err(in_error(id)),
            Some(state) => Readiness::Waiting(state.as_str().to_owned()),
            None => Readiness::not_visible(),
        })
    }

    async fn update(&self, subject: &Subject, id: &str, update: &Update<Inputs>) -> Result<(), ProviderError> {
        let desired = &update.desired;
        if update.changes("throughput_mode") {
            let mode = ThroughputMode::from(desired.throughput_mode.as_str());
            let call = self.0.in_region(&subject.region).update_file_system().file_system_id(id).throughput_mode(mode);
            call.send().await.map_err(api_error("elasticfilesystem:UpdateFileSystem"))?;
        }
        if update.changes("transition_to_ia") {
            let live = self.lifecycle(&subject.region, id).await?;
            self.put_transition(&subject.region, id, desired.transition_to_ia.as_deref(), live).await?;
        }
        if update.changes("policy") {
            self.put_policy(&subject.region, id, desired.policy.as_deref()).await?;
        }
        Ok(())
    }

    async fn set_tags(&self, region: &Region, id: &str, tags: &Tags) -> Result<(), ProviderError> {
        set_tags(&self.0.in_region(region), id, tags).await
    }

    async fn remove_tags(&self, region: &Region, id: &str, keys: &[String]) -> Result<(), ProviderError> {
        remove_tags(&self.0.in_region(region), id, keys).await
    }

    async fn delete(&self, region: &Region, id: &str, _how: Deletion) -> Result<(), ProviderError> {
        let result = self.0.in_region(region).delete_file_system().file_system_id(id).send().await;
        none_if_missing(result.map_err(api_error("elasticfilesystem:DeleteFileSystem"))).map(|_| ())
    }

    async fn gone(&self, region: &Region, id: &str) -> Result<Readiness, ProviderError> {
        Ok(match self.describe(region, id).await?.map(|system| system.life_cycle_state) {
            None | Some(LifeCycleState::Deleted) => Readiness::Ready,
            Some(state) => Readiness::Waiting(state.as_str().to_owned()),
        })
    }
}
