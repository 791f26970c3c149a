//! Implementation of `ec2.vpc_endpoint`.

use std::collections::BTreeMap;

use aws_sdk_ec2::types::{ResourceType, State, VpcEndpoint as Endpoint, VpcEndpointType};
use futures::future::try_join_all;
use ohinfra_aws_core::{api_error, api_error_eventual, none_if_missing};
use ohinfra_core::contract::{
    Created, Deletion, Evidence, Found, Kind, Known, Live, Readiness, Resolved, Subject, Update, attributes, in_order,
};
use ohinfra_core::error::ErrorKind;
use ohinfra_core::inputs::Inputs as LiveInputs;
use ohinfra_core::tag_index::KnownTags;
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::ec2::{EndpointType, VpcEndpoint, VpcEndpointLive};
use serde_json::Value;

use super::{Clients, from_tags, owned_by, present, remove_tags, set_tags, tagged};

/// `ec2.vpc_endpoint`
pub struct VpcEndpointKind(pub(crate) Clients);

type Inputs = Resolved<VpcEndpoint>;

const DESCRIBE: &str = "ec2:DescribeVpcEndpoints";

impl VpcEndpointKind {
    /// Returns the existing endpoints among the IDs. A call with a missing ID fails; then each endpoint is described separately.
    async fn describe(&self, region: &Region, ids: &[String]) -> Result<Vec<Endpoint>, ProviderError> {
        let describe = |ids: Vec<String>| async move {
            let call = self.0.in_region(region).describe_vpc_endpoints().set_vpc_endpoint_ids(Some(ids));
            let endpoints = call.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
            none_if_missing(endpoints.map_err(api_error(DESCRIBE)))
        };
        if let Some(endpoints) = describe(ids.to_vec()).await? {
            return Ok(endpoints);
        }
        if ids.len() == 1 {
            return Ok(Vec::new());
        }
        let each = try_join_all(ids.iter().map(|id| describe(vec![id.clone()]))).await?;
        Ok(each.into_iter().flatten().flatten().collect())
    }
}

/// Returns the state in lowercase: AWS reports a different case than the SDK enumeration (`available`, not `Available`).
fn state(endpoint: &Endpoint) -> Option<String> {
    endpoint.state().map(|state| State::as_str(state).to_ascii_lowercase())
}

/// Returns `true` for an endpoint that is being deleted or deleted: it counts as missing.
fn is_deleting(endpoint: &Endpoint) -> bool {
    matches!(state(endpoint).as_deref(), Some("deleting" | "deleted"))
}

fn live_inputs(endpoint: &Endpoint) -> VpcEndpointLive {
    let gateway = endpoint.vpc_endpoint_type() == Some(&VpcEndpointType::Gateway);
    let groups = endpoint.groups().iter().filter_map(|group| group.group_id.clone()).collect();
    let kind = if gateway { EndpointType::Gateway } else { EndpointType::Interface };
    VpcEndpointLive {
        service_name: endpoint.service_name.clone(),
        endpoint_type: endpoint.vpc_endpoint_type().map(|_| kind),
        vpc_id: endpoint.vpc_id.clone(),
        subnet_ids: (!gateway).then(|| endpoint.subnet_ids().to_vec()),
        security_group_ids: (!gateway).then_some(groups),
        private_dns_enabled: if gateway { None } else { endpoint.private_dns_enabled() },
        route_table_ids: gateway.then(|| endpoint.route_table_ids().to_vec()),
    }
}

/// Returns the items to add and the items to remove to change the live list to `desired`; none for an unconfigured list.
fn additions_and_removals(
    desired: Option<&Vec<String>>,
    live: &LiveInputs,
    field: &str,
) -> (Option<Vec<String>>, Option<Vec<String>>) {
    let Some(desired) = desired else { return (None, None) };
    let live = live.get(field).and_then(Value::as_array).into_iter().flatten();
    let live: Vec<String> = live.filter_map(Value::as_str).map(str::to_owned).collect();
    let without = |list: &[String], other: &[String]| {
        let rest: Vec<String> = list.iter().filter(|item| !other.contains(item)).cloned().collect();
        (!rest.is_empty()).then_some(rest)
    };
    (without(desired, &live), without(&live, desired))
}

impl Kind for VpcEndpointKind {
    type Definition = VpcEndpoint;

    async fn find(&self, subject: &Subject, _known: &Known<VpcEndpoint>) -> Result<Option<Found>, ProviderError> {
        let call =
            self.0.in_region(&subject.region).describe_vpc_endpoints().set_filters(Some(owned_by(&subject.ownership)));
        let answer = call.send().await.map_err(api_error(DESCRIBE))?;
        let mut endpoints = answer.vpc_endpoints().iter().filter(|endpoint| !is_deleting(endpoint));
        let endpoint = endpoints.find(|endpoint| endpoint.vpc_endpoint_id().is_some_and(|id| subject.seeks(id)));
        Ok(endpoint.and_then(|endpoint| {
            let evidence = Evidence::Tags(from_tags(endpoint.tags.as_deref()));
            Some(Found::new(endpoint.vpc_endpoint_id.clone()?, evidence))
        }))
    }

    async fn read(
        &self,
        region: &Region,
        ids: &[String],
        _tags: KnownTags<'_>,
    ) -> Result<Vec<Option<Live>>, ProviderError> {
        let endpoints = self.describe(region, ids).await?;
        let live = |endpoint: &Endpoint| {
            let id = endpoint.vpc_endpoint_id.clone()?;
            let live = Live::new(&live_inputs(endpoint), attributes([("id", &id)]));
            Some((id, live.tagged(from_tags(endpoint.tags.as_deref()))))
        };
        let found = endpoints.iter().filter(|endpoint| !is_deleting(endpoint)).filter_map(live);
        Ok(in_order(ids, found.collect::<BTreeMap<_, _>>()))
    }

    async fn create(&self, subject: &Subject, inputs: &Inputs, tags: &Tags) -> Result<Created, ProviderError> {
        let operation = "ec2:CreateVpcEndpoint";
        let kind = match inputs.endpoint_type {
            EndpointType::Interface => VpcEndpointType::Interface,
            EndpointType::Gateway => VpcEndpointType::Gateway,
        };
        let answer = self
            .0
            .in_region(&subject.region)
            .create_vpc_endpoint()
            .client_token(&subject.token)
            .vpc_endpoint_type(kind)
            .vpc_id(&inputs.vpc_id)
            .service_name(&inputs.service_name)
            .set_subnet_ids(inputs.subnet_ids.clone())
            .set_security_group_ids(inputs.security_group_ids.clone())
            .set_private_dns_enabled(inputs.private_dns_enabled)
            .set_route_table_ids(inputs.route_table_ids.clone())
            .tag_specifications(tagged(ResourceType::VpcEndpoint, tags))
            .send()
            .await
            .map_err(api_error_eventual(operation))?;
        let endpoint = answer.vpc_endpoint().and_then(|endpoint| endpoint.vpc_endpoint_id());
        let id = present(endpoint, operation, "VpcEndpointId")?;
        Ok(Created::new(&id, [("id", &id)]))
    }

    async fn ready(&self, region: &Region, id: &str) -> Result<Readiness, ProviderError> {
        let endpoints = self.describe(region, &[id.to_owned()]).await?;
        let Some(endpoint) = endpoints.first() else { return Ok(Readiness::not_visible()) };
        match state(endpoint).ok_or_else(|| ProviderError::incomplete(DESCRIBE, "State"))?.as_str() {
            "available" => Ok(Readiness::Ready),
            failed @ ("failed" | "rejected" | "expired" | "deleted") => {
                let reason = endpoint.last_error().and_then(|error| error.message()).unwrap_or("no reason given");
                Err(ProviderError::new(ErrorKind::Other, DESCRIBE, format!("the endpoint {id} is {failed}: {reason}")))
            }
            waiting => Ok(Readiness::Waiting(waiting.to_owned())),
        }
    }

    async fn update(&self, subject: &Subject, id: &str, update: &Update<Inputs>) -> Result<(), ProviderError> {
        if !update.changed.is_empty() {
            let (desired, live) = (&update.desired, &update.live);
            let (add_subnets, remove_subnets) = additions_and_removals(desired.subnet_ids.as_ref(), live, "subnet_ids");
            let (add_groups, remove_groups) =
                additions_and_removals(desired.security_group_ids.as_ref(), live, "security_group_ids");
            let (add_tables, remove_tables) =
                additions_and_removals(desired.route_table_ids.as_ref(), live, "route_table_ids");
            let private_dns = desired.private_dns_enabled.filter(|_| update.changes("private_dns_enabled"));
            self.0
                .in_region(&subject.region)
                .modify_vpc_endpoint()
                .vpc_endpoint_id(id)
                .set_add_subnet_ids(add_subnets)
                .set_remove_subnet_ids(remove_subnets)
                .set_add_security_group_ids(add_groups)
                .set_remove_security_group_ids(remove_groups)
                .set_add_route_table_ids(add_tables)
                .set_remove_route_table_ids(remove_tables)
                .set_private_dns_enabled(private_dns)
                .send()
                .await
                .map_err(api_error("ec2:ModifyVpcEndpoint"))?;
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
        let operation = "ec2:DeleteVpcEndpoints";
        let result = self.0.in_region(region).delete_vpc_endpoints().vpc_endpoint_ids(id).send().await;
        let Some(answer) = none_if_missing(result.map_err(api_error(operation)))? else { return Ok(()) };
        // The call succeeds as a whole and lists the failed endpoints.
        let problem = answer.unsuccessful().iter().find_map(|item| item.error());
        match problem {
            Some(error) if !error.code().is_some_and(|code| code.ends_with(".NotFound")) => Err(ProviderError {
                code: error.code.clone(),
                ..ProviderError::new(ErrorKind::Dependency, operation, error.message().unwrap_or("no reason given"))
            }),
            _ => Ok(()),
        }
    }

    async fn gone(&self, region: &Region, id: &str) -> Result<Readiness, ProviderError> {
        // The network interfaces of the endpoint use the security groups until the deletion is complete.
        let endpoints = self.describe(region, &[id.to_owned()]).await?;
        let Some(endpoint) = endpoints.first() else { return Ok(Readiness::Ready) };
        let state = state(endpoint).ok_or_else(|| ProviderError::incomplete(DESCRIBE, "State"))?;
        Ok(if state == "deleted" { Readiness::Ready } else { Readiness::Waiting(state) })
    }
}
