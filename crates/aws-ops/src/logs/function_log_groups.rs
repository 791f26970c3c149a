//! Implementation of `logs.function_log_groups`: one log group per region. Lambda creates a missing group on the first event,
//! without retention and tags. Such a group belongs to the owner of the function.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::types::LogGroup as Group;
use futures::future::{try_join, try_join_all};
use ohinfra_aws_core::{Regional, api_error, none_if_missing};
use ohinfra_core::contract::{
    Created, Deletion, Evidence, Found, Kind, Known, Live, Resolved, Subject, Update, attributes, in_order,
};
use ohinfra_core::error::ErrorKind;
use ohinfra_core::tag_index::KnownTags;
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::logs::{FunctionLogGroups, FunctionLogGroupsLive, REPLICA_REGIONS};

use super::put_retention;

/// `logs.function_log_groups`
pub struct FunctionLogGroupsKind(pub(crate) Arc<Regional<Client>>);

type Inputs = Resolved<FunctionLogGroups>;

/// Represents "never expire": AWS reports no retention.
const NEVER: i32 = 0;

/// Log groups of one region: name to retention in days.
type Groups = BTreeMap<String, i32>;
/// Log groups of replicas, by region.
type Replicas = BTreeMap<Region, Groups>;

fn own_group(function: &str) -> String {
    format!("/aws/lambda/{function}")
}

fn replica_group(function: &str) -> String {
    format!("/aws/lambda/us-east-1.{function}")
}

fn replica_regions() -> impl Iterator<Item = Region> {
    REPLICA_REGIONS.iter().filter_map(|region| Region::new(region).ok())
}

/// Returns the longest common prefix.
fn common_prefix(names: &[String]) -> &str {
    let Some((first, others)) = names.split_first() else { return "" };
    let shared = |other: &String| first.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
    let length = others.iter().map(shared).min().unwrap_or(first.len());
    first.get(..length).unwrap_or_default()
}

/// Returns the default value if an organization denies the region, where replicas cannot log either. IAM names the type of the
/// denying policy (<https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>); a missing permission of the
/// caller stays an error, because the groups would be left behind.
fn default_if_denied<T: Default>(result: Result<T, ProviderError>) -> Result<T, ProviderError> {
    match result {
        Err(error) if error.kind == ErrorKind::Denied && error.message.contains("service control policy") => {
            Ok(T::default())
        }
        result => result,
    }
}

impl FunctionLogGroupsKind {
    async fn groups(&self, region: &Region, prefix: &str) -> Result<Groups, ProviderError> {
        let call =
            self.0.in_region(region).describe_log_groups().log_group_name_prefix(prefix).into_paginator().items();
        let groups = call.send().collect::<Result<Vec<_>, _>>().await.map_err(api_error("logs:DescribeLogGroups"))?;
        let entry = |group: Group| Some((group.log_group_name?, group.retention_in_days.unwrap_or(NEVER)));
        Ok(groups.into_iter().filter_map(entry).collect())
    }

    /// Returns the log groups of all functions whose names start with `prefix`: those in the home region, and those of replicas by
    /// region. One call per region.
    async fn all(&self, home: &Region, prefix: &str) -> Result<(Groups, Replicas), ProviderError> {
        let (own_prefix, replica_prefix) = (own_group(prefix), replica_group(prefix));
        let replicas = try_join_all(replica_regions().map(|region| {
            let prefix = &replica_prefix;
            async move {
                let groups = self.groups(&region, prefix).await;
                let groups = default_if_denied(groups).map_err(|error| in_region(error, &region))?;
                Ok::<_, ProviderError>((region, groups))
            }
        }));
        let (own, replicas) = try_join(self.groups(home, &own_prefix), replicas).await?;
        Ok((own, replicas.into_iter().collect()))
    }

    /// Creates a group unless it exists, and sets its retention.
    async fn put(&self, region: &Region, name: &str, days: i32) -> Result<(), ProviderError> {
        let client = self.0.in_region(region);
        let created = client.create_log_group().log_group_name(name).send().await;
        match created.map_err(api_error("logs:CreateLogGroup")) {
            Err(error) if error.kind != ErrorKind::Exists => return Err(in_region(error, region)),
            _ => {}
        }
        put_retention(&client, name, days).await.map_err(|error| match error.kind {
            // A new group may not be visible to the next call yet.
            ErrorKind::NotFound => ProviderError { kind: ErrorKind::NotYetVisible, ..error },
            _ => in_region(error, region),
        })
    }

    /// Creates or updates the groups for which `is_due` returns `true`. `None` means the home region.
    async fn put_all(
        &self,
        home: &Region,
        inputs: &Inputs,
        is_due: impl Fn(Option<&str>) -> bool,
    ) -> Result<(), ProviderError> {
        let (own, replica) = (own_group(&inputs.function_name), replica_group(&inputs.function_name));
        let replicas = inputs.replica_retention_days.iter().filter(|(region, _)| is_due(Some(region)));
        let replicas = try_join_all(replicas.map(|(region, days)| {
            let name = &replica;
            async move { self.put(&named(region)?, name, *days).await }
        }));
        let own = async { if is_due(None) { self.put(home, &own, inputs.retention_days).await } else { Ok(()) } };
        try_join(own, replicas).await.map(|_| ())
    }

    async fn delete_group(&self, region: &Region, name: &str) -> Result<(), ProviderError> {
        let result = self.0.in_region(region).delete_log_group().log_group_name(name).send().await;
        none_if_missing(result.map_err(api_error("logs:DeleteLogGroup"))).map(|_| ())
    }
}

fn named(region: &str) -> Result<Region, ProviderError> {
    Region::new(region)
        .map_err(|error| ProviderError::new(ErrorKind::Invalid, "logs:CreateLogGroup", error.to_string()))
}

/// Adds the region to the error message, because it differs from the region of the resource.
fn in_region(error: ProviderError, region: &Region) -> ProviderError {
    ProviderError { message: format!("{region}: {}", error.message), ..error }
}

/// Returns the live groups of a function; `None` if no group exists.
fn live(function: &str, own: &Groups, replicas: &Replicas) -> Option<Live> {
    let own = own.get(&own_group(function));
    let name = replica_group(function);
    let replicas: BTreeMap<String, i32> =
        replicas.iter().filter_map(|(region, groups)| Some((region.to_string(), *groups.get(&name)?))).collect();
    if own.is_none() && replicas.is_empty() {
        return None;
    }
    let inputs = FunctionLogGroupsLive {
        function_name: Some(function.to_owned()),
        // Lambda would create a missing group without retention.
        retention_days: Some(own.copied().unwrap_or(NEVER)),
        replica_retention_days: Some(replicas),
    };
    Some(Live::new(&inputs, attributes([("id", function)])))
}

impl Kind for FunctionLogGroupsKind {
    type Definition = FunctionLogGroups;

    async fn find(&self, subject: &Subject, known: &Known<FunctionLogGroups>) -> Result<Option<Found>, ProviderError> {
        let function = &known.function_name;
        let (own, replicas) = self.all(&subject.region, function).await?;
        Ok(live(function, &own, &replicas).map(|_| Found::new(function.clone(), Evidence::Ours)))
    }

    async fn read(
        &self,
        region: &Region,
        ids: &[String],
        _tags: KnownTags<'_>,
    ) -> Result<Vec<Option<Live>>, ProviderError> {
        let (own, replicas) = self.all(region, common_prefix(ids)).await?;
        let found = ids.iter().filter_map(|id| Some((id.clone(), live(id, &own, &replicas)?)));
        Ok(in_order(ids, found.collect()))
    }

    async fn create(&self, subject: &Subject, inputs: &Inputs, _tags: &Tags) -> Result<Created, ProviderError> {
        self.put_all(&subject.region, inputs, |_| true).await?;
        Ok(Created::new(&inputs.function_name, [("id", &inputs.function_name)]))
    }

    async fn update(&self, subject: &Subject, _id: &str, update: &Update<Inputs>) -> Result<(), ProviderError> {
        let is_due = |region: Option<&str>| match region {
            None => update.changes("retention_days"),
            Some(region) => update.changes(&format!("replica_retention_days.{region}")),
        };
        self.put_all(&subject.region, &update.desired, is_due).await
    }

    async fn delete(&self, region: &Region, function: &str, _how: Deletion) -> Result<(), ProviderError> {
        let (own, replicas) = self.all(region, function).await?;
        if own.contains_key(&own_group(function)) {
            self.delete_group(region, &own_group(function)).await?;
        }
        let name = replica_group(function);
        let regions = replicas.iter().filter(|(_, groups)| groups.contains_key(&name)).map(|(region, _)| region);
        try_join_all(regions.map(|region| {
            let name = &name;
            async move { self.delete_group(region, name).await }
        }))
        .await
        .map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_region_denied_by_an_organization_counts_as_empty() {
        let denied = |message: &str| Err(ProviderError::new(ErrorKind::Denied, "logs:DescribeLogGroups", message));
        let of_organization = denied("not authorized with an explicit deny in a service control policy");
        assert_eq!(default_if_denied::<Groups>(of_organization).unwrap(), Groups::new());
        assert!(default_if_denied::<Groups>(denied("no identity-based policy allows the action")).is_err());
    }

    #[test]
    fn groups_are_listed_by_the_common_prefix_of_their_functions() {
        let names = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(common_prefix(&names(&["openhands-edge-auth", "openhands-edge-headers"])), "openhands-edge-");
        assert_eq!(common_prefix(&names(&["one"])), "one");
        assert_eq!(common_prefix(&names(&["one", "two"])), "");
    }
}
