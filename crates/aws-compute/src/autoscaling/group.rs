//! Implementation of `autoscaling.group`. A new launch template version starts an instance refresh, and `ready` waits for its
//! end; AWS rolls back to the old version if the new one does not become healthy.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use aws_sdk_autoscaling::types::{
    AutoScalingGroup, DesiredConfiguration, InstanceRefresh, LaunchTemplateSpecification, LifecycleState,
    RefreshPreferences, Tag, TagDescription,
};
use ohinfra_aws_core::{api_error, api_error_eventual, none_if_missing};
use ohinfra_core::contract::{
    Created, Deletion, Evidence, Found, Kind, Known, Live, Readiness, Resolved, Subject, Update, in_order, returned,
};
use ohinfra_core::error::ErrorKind;
use ohinfra_core::tag_index::KnownTags;
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::autoscaling::group::{Group, GroupLive, WARM_UP};
use serde_json::json;

use super::Clients;
use super::activities::{failed_launches, newest};
use super::refreshes::{is_active, refreshes, state_of};

/// Expected result of a change to a group by this process.
#[derive(Clone, Debug, Default)]
struct Awaited {
    /// Launch template version of the started instance refresh.
    template: Option<LaunchTemplateSpecification>,
    /// Newest scaling activity before the change: earlier failures do not count.
    activity: Option<String>,
}

/// `autoscaling.group`
pub struct GroupKind {
    clients: Clients,
    /// Expected results by region and name.
    awaited: Mutex<BTreeMap<(Region, String), Awaited>>,
}

type Inputs = Resolved<Group>;

const DESCRIBE: &str = "autoscaling:DescribeAutoScalingGroups";

fn to_tags(group: &str, tags: &Tags) -> Vec<Tag> {
    let tag = |(key, value): (&String, &String)| {
        let tag = Tag::builder().resource_id(group).resource_type("auto-scaling-group").key(key).value(value);
        tag.propagate_at_launch(true).build()
    };
    tags.iter().map(tag).collect()
}

fn from_tags(tags: &[TagDescription]) -> Tags {
    tags.iter().filter_map(|tag| Some((tag.key.clone()?, tag.value.clone().unwrap_or_default()))).collect()
}

fn template(inputs: &Inputs) -> LaunchTemplateSpecification {
    let builder = LaunchTemplateSpecification::builder().launch_template_id(&inputs.template_id);
    builder.version(&inputs.template_version).build()
}

fn live(group: &AutoScalingGroup) -> Option<Live> {
    let name = group.auto_scaling_group_name.clone()?;
    let template = group.launch_template();
    // A group with another source of its instances has no launch template, which is a difference.
    let has_other_source = group.launch_configuration_name().is_some() || group.mixed_instances_policy().is_some();
    let other = || has_other_source.then(String::new);
    let subnets = group.vpc_zone_identifier().map(|ids| ids.split(',').map(|subnet| subnet.trim().to_owned()));
    let inputs = GroupLive {
        group_name: Some(name.clone()),
        template_id: template.map_or_else(other, |template| template.launch_template_id.clone()),
        template_version: template.map_or_else(other, |template| template.version.clone()),
        size: group.desired_capacity(),
        subnet_ids: subnets.map(|subnets| subnets.filter(|subnet| !subnet.is_empty()).collect()),
        // AWS may omit an empty list from its XML: an absent list is empty.
        target_group_arns: Some(group.target_group_arns().to_vec()),
        health_check_type: group.health_check_type().map(str::to_owned),
        health_check_grace_seconds: group.health_check_grace_period(),
    };
    let attributes = returned([("id", Some(&name)), ("name", Some(&name)), ("arn", group.auto_scaling_group_arn())]);
    let mut live = Live::new(&inputs, attributes);
    if let (Some(least), Some(most), Some(wanted)) = (group.min_size(), group.max_size(), group.desired_capacity())
        && (least, most) != (wanted, wanted)
    {
        // One number cannot describe this size, which is a difference.
        live.inputs.insert("size".to_owned(), json!(format!("{least} to {most}, {wanted} desired")));
    }
    Some(live.tagged(from_tags(group.tags())))
}

/// Returns `true` if both specifications have the same template and version. AWS also reports the template name.
fn is_same(one: Option<&LaunchTemplateSpecification>, other: &LaunchTemplateSpecification) -> bool {
    one.is_some_and(|one| one.launch_template_id() == other.launch_template_id() && one.version() == other.version())
}

fn is_for(refresh: &InstanceRefresh, wanted: &LaunchTemplateSpecification) -> bool {
    is_same(refresh.desired_configuration().and_then(DesiredConfiguration::launch_template), wanted)
}

impl GroupKind {
    pub(crate) fn new(clients: Clients) -> Self {
        Self { clients, awaited: Mutex::default() }
    }

    fn record_awaited(&self, region: &Region, name: &str, awaited: Awaited) {
        let mut all = self.awaited.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert((region.clone(), name.to_owned()), awaited);
    }

    /// Returns the expected result for a group. For a group that this process has not changed, only failures from now on count.
    async fn awaited(&self, region: &Region, name: &str) -> Result<Awaited, ProviderError> {
        let known = {
            let all = self.awaited.lock().unwrap_or_else(PoisonError::into_inner);
            all.get(&(region.clone(), name.to_owned())).cloned()
        };
        if let Some(awaited) = known {
            return Ok(awaited);
        }
        let activity = newest(&self.clients, region, name).await?;
        let awaited = Awaited { activity, ..Awaited::default() };
        self.record_awaited(region, name, awaited.clone());
        Ok(awaited)
    }

    async fn describe(&self, region: &Region, names: &[String]) -> Result<Vec<AutoScalingGroup>, ProviderError> {
        let call = self.clients.in_region(region).describe_auto_scaling_groups();
        let call = call.set_auto_scaling_group_names(Some(names.to_vec())).into_paginator().items();
        let groups = call.send().collect::<Result<Vec<_>, _>>().await;
        groups.map_err(api_error(DESCRIBE))
    }

    /// Returns the group, unless it is being deleted.
    async fn get(&self, region: &Region, name: &str) -> Result<Option<AutoScalingGroup>, ProviderError> {
        let groups = self.describe(region, &[name.to_owned()]).await?;
        Ok(groups.into_iter().find(|group| group.status().is_none()))
    }

    /// Starts the instance refresh to a template version, unless the group already has that version or an earlier, interrupted
    /// run has started the refresh.
    async fn roll_out(
        &self,
        region: &Region,
        group: Option<&AutoScalingGroup>,
        desired: &Inputs,
    ) -> Result<Option<LaunchTemplateSpecification>, ProviderError> {
        let wanted = template(desired);
        if is_same(group.and_then(AutoScalingGroup::launch_template), &wanted) {
            return Ok(None);
        }
        let newest = refreshes(&self.clients, region, &desired.group_name).await?.into_iter().next();
        if newest.is_none_or(|refresh| !is_active(&refresh) || !is_for(&refresh, &wanted)) {
            let configuration = DesiredConfiguration::builder().launch_template(wanted.clone()).build();
            // One instance: the old one terminates before the new one starts, because both write to the same data.
            let preferences = RefreshPreferences::builder()
                .min_healthy_percentage(0)
                .instance_warmup(i32::try_from(WARM_UP.as_secs()).unwrap_or_default())
                .skip_matching(true)
                .auto_rollback(true)
                .build();
            let call = self.clients.in_region(region).start_instance_refresh();
            let call = call.auto_scaling_group_name(&desired.group_name);
            let call = call.desired_configuration(configuration).preferences(preferences);
            call.send().await.map_err(api_error("autoscaling:StartInstanceRefresh"))?;
        }
        Ok(Some(wanted))
    }
}

impl Kind for GroupKind {
    type Definition = Group;

    async fn find(&self, subject: &Subject, known: &Known<Group>) -> Result<Option<Found>, ProviderError> {
        let group = self.get(&subject.region, &known.group_name).await?;
        Ok(group.map(|group| Found::new(&known.group_name, Evidence::Tags(from_tags(group.tags())))))
    }

    async fn read(
        &self,
        region: &Region,
        ids: &[String],
        _tags: KnownTags<'_>,
    ) -> Result<Vec<Option<Live>>, ProviderError> {
        let groups = self.describe(region, ids).await?;
        let present = groups.iter().filter(|group| group.status().is_none());
        let found = present.filter_map(|group| Some((group.auto_scaling_group_name.clone()?, live(group)?)));
        Ok(in_order(ids, found.collect()))
    }

    async fn create(&self, subject: &Subject, inputs: &Inputs, tags: &Tags) -> Result<Created, ProviderError> {
        let operation = "autoscaling:CreateAutoScalingGroup";
        let name = &inputs.group_name;
        let existing = self.describe(&subject.region, std::slice::from_ref(name)).await?;
        if existing.iter().any(|group| group.status().is_some()) {
            let message = "a group with this name is being deleted";
            return Err(ProviderError::new(ErrorKind::Dependency, operation, message));
        }
        let call = self.clients.in_region(&subject.region).create_auto_scaling_group().auto_scaling_group_name(name);
        let call = call.launch_template(template(inputs)).min_size(inputs.size).max_size(inputs.size);
        let call = call.desired_capacity(inputs.size).vpc_zone_identifier(inputs.subnet_ids.join(","));
        let call = call.set_target_group_arns(Some(inputs.target_group_arns.clone()));
        let call = call.health_check_type(&inputs.health_check_type);
        let call = call.health_check_grace_period(inputs.health_check_grace_seconds);
        let call = call.set_tags(Some(to_tags(name, tags)));
        call.send().await.map_err(api_error_eventual(operation))?;
        self.record_awaited(&subject.region, name, Awaited::default());
        Ok(Created::new(name, [("name", name)]))
    }

    /// Reports a group as ready when the instance refresh to its template has succeeded, regardless of other refreshes, and all
    /// instances are in service.
    async fn ready(&self, region: &Region, name: &str) -> Result<Readiness, ProviderError> {
        let Some(group) = self.get(region, name).await? else {
            return Ok(Readiness::not_visible());
        };
        let awaited = self.awaited(region, name).await?;
        if let Some(wanted) = &awaited.template {
            let ours =
                refreshes(&self.clients, region, name).await?.into_iter().find(|refresh| is_for(refresh, wanted));
            match ours.map(|refresh| state_of(name, &refresh)).transpose()? {
                Some(Readiness::Ready) => {}
                Some(waiting) => return Ok(waiting),
                None => return Ok(Readiness::Waiting("the instance refresh is not visible yet".to_owned())),
            }
        }
        let wanted = group.desired_capacity().ok_or_else(|| ProviderError::incomplete(DESCRIBE, "DesiredCapacity"))?;
        let in_service = |state: Option<&LifecycleState>| state == Some(&LifecycleState::InService);
        let serving = group.instances().iter().filter(|instance| in_service(instance.lifecycle_state())).count();
        if i32::try_from(serving).unwrap_or(i32::MAX) >= wanted {
            return Ok(Readiness::Ready);
        }
        failed_launches(&self.clients, region, name, awaited.activity.as_deref()).await
    }

    async fn update(&self, subject: &Subject, name: &str, update: &Update<Inputs>) -> Result<(), ProviderError> {
        let client = self.clients.in_region(&subject.region);
        let desired = &update.desired;
        let fields = ["size", "subnet_ids", "health_check_type", "health_check_grace_seconds"];
        if fields.iter().any(|field| update.changes(field)) {
            let call = client.update_auto_scaling_group().auto_scaling_group_name(name);
            let call = call.min_size(desired.size).max_size(desired.size).desired_capacity(desired.size);
            let call = call.vpc_zone_identifier(desired.subnet_ids.join(","));
            let call = call.health_check_type(&desired.health_check_type);
            let call = call.health_check_grace_period(desired.health_check_grace_seconds);
            call.send().await.map_err(api_error("autoscaling:UpdateAutoScalingGroup"))?;
        }
        if update.changes("target_group_arns") {
            let group = self.get(&subject.region, name).await?;
            let live = group.map(|group| group.target_group_arns.unwrap_or_default()).unwrap_or_default();
            let without = |list: &[String], other: &[String]| -> Vec<String> {
                list.iter().filter(|arn| !other.contains(arn)).cloned().collect()
            };
            let missing = without(&desired.target_group_arns, &live);
            if !missing.is_empty() {
                let call = client.attach_load_balancer_target_groups().auto_scaling_group_name(name);
                let call = call.set_target_group_arns(Some(missing)).send();
                call.await.map_err(api_error_eventual("autoscaling:AttachLoadBalancerTargetGroups"))?;
            }
            let surplus = without(&live, &desired.target_group_arns);
            if !surplus.is_empty() {
                let call = client.detach_load_balancer_target_groups().auto_scaling_group_name(name);
                let call = call.set_target_group_arns(Some(surplus)).send();
                call.await.map_err(api_error("autoscaling:DetachLoadBalancerTargetGroups"))?;
            }
        }
        let activity = newest(&self.clients, &subject.region, name).await?;
        let mut awaited = Awaited { activity, ..Awaited::default() };
        if update.changes("template_version") || update.changes("template_id") {
            // A successful refresh sets the new version of the group.
            let group = self.get(&subject.region, name).await?;
            awaited.template = self.roll_out(&subject.region, group.as_ref(), desired).await?;
        }
        self.record_awaited(&subject.region, name, awaited);
        Ok(())
    }

    async fn set_tags(&self, region: &Region, name: &str, tags: &Tags) -> Result<(), ProviderError> {
        let call = self.clients.in_region(region).create_or_update_tags().set_tags(Some(to_tags(name, tags)));
        call.send().await.map(|_| ()).map_err(api_error("autoscaling:CreateOrUpdateTags"))
    }

    async fn remove_tags(&self, region: &Region, name: &str, keys: &[String]) -> Result<(), ProviderError> {
        let tags = keys.iter().map(|key| (key.clone(), String::new())).collect();
        let call = self.clients.in_region(region).delete_tags().set_tags(Some(to_tags(name, &tags)));
        call.send().await.map(|_| ()).map_err(api_error("autoscaling:DeleteTags"))
    }

    async fn delete(&self, region: &Region, name: &str, _how: Deletion) -> Result<(), ProviderError> {
        if self.get(region, name).await?.is_none() {
            return Ok(());
        }
        // Terminates the instances.
        let call =
            self.clients.in_region(region).delete_auto_scaling_group().auto_scaling_group_name(name).force_delete(true);
        none_if_missing(call.send().await.map_err(api_error("autoscaling:DeleteAutoScalingGroup"))).map(|_| ())
    }

    async fn gone(&self, region: &Region, name: &str) -> Result<Readiness, ProviderError> {
        let groups = self.describe(region, &[name.to_owned()]).await?;
        Ok(match groups.first() {
            Some(group) => Readiness::Waiting(group.status().unwrap_or("deleting").to_owned()),
            None => Readiness::Ready,
        })
    }
}
