//! Implementations of the EC2 lookups: VPCs, subnets and route tables, endpoints, prefix lists.

use std::marker::PhantomData;

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{RouteState, RouteTable as Table, VpcAttributeName};
use futures::future::{BoxFuture, try_join, try_join3};
use ohinfra_aws_core::{api_error, none_if_missing};
use ohinfra_core::lookup::{AnswersLookUp, Lookup};
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::ec2::lookups::{DefaultRoute, RouteTable, Subnet};
use ohinfra_kinds::ec2::{
    EndpointService, PrefixList, Vpc, VpcChoice, VpcDetails, VpcEndpoints, VpcNetwork, VpcNetworkDetails, Vpcs,
};
use serde_json::Value;

use super::{Clients, filter, from_tags, present};

const VPCS: &str = "ec2:DescribeVpcs";
const ATTRIBUTE: &str = "ec2:DescribeVpcAttribute";

/// Implementation of the lookup `L`.
pub struct Answer<L> {
    clients: Clients,
    lookup: PhantomData<fn() -> L>,
}

impl<L> Answer<L> {
    pub(crate) fn new(clients: &Clients) -> Self {
        Self { clients: clients.clone(), lookup: PhantomData }
    }
}

/// Query for a lookup whose question is a string.
trait Query: Lookup<Question = String> {
    fn query(client: &Client, question: &str) -> impl Future<Output = Result<Self::Answer, ProviderError>> + Send;
}

impl<L: Query + 'static> AnswersLookUp for Answer<L> {
    fn name(&self) -> &'static str {
        L::NAME
    }

    fn answer<'a>(&'a self, region: &'a Region, question: Value) -> BoxFuture<'a, Result<Value, ProviderError>> {
        Box::pin(async move {
            let client = self.clients.in_region(region);
            let answer = L::query(&client, question.as_str().unwrap_or_default()).await?;
            Ok(serde_json::to_value(answer).unwrap_or_default())
        })
    }
}

impl Query for Vpcs {
    async fn query(client: &Client, _all: &str) -> Result<Vec<VpcChoice>, ProviderError> {
        let vpcs = client.describe_vpcs().into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
        let choice = |vpc: aws_sdk_ec2::types::Vpc| {
            Some(VpcChoice {
                name: from_tags(vpc.tags.as_deref()).remove("Name").unwrap_or_default(),
                id: vpc.vpc_id?,
                cidr: vpc.cidr_block?,
            })
        };
        Ok(vpcs.map_err(api_error(VPCS))?.into_iter().filter_map(choice).collect())
    }
}

impl Query for Vpc {
    async fn query(client: &Client, id: &str) -> Result<Option<VpcDetails>, ProviderError> {
        let vpc = async {
            let result = client.describe_vpcs().vpc_ids(id).send().await.map_err(api_error(VPCS));
            Ok(none_if_missing(result)?.and_then(|answer| answer.vpcs.unwrap_or_default().into_iter().next()))
        };
        let attribute = |name: VpcAttributeName| async move {
            let call = client.describe_vpc_attribute().vpc_id(id).attribute(name);
            none_if_missing(call.send().await.map_err(api_error(ATTRIBUTE)))
        };
        let (vpc, hostnames, support) = try_join3(
            vpc,
            attribute(VpcAttributeName::EnableDnsHostnames),
            attribute(VpcAttributeName::EnableDnsSupport),
        )
        .await?;
        let Some(vpc) = vpc else { return Ok(None) };
        let hostnames = hostnames.and_then(|answer| answer.enable_dns_hostnames?.value);
        let support = support.and_then(|answer| answer.enable_dns_support?.value);
        Ok(Some(VpcDetails {
            cidr: present(vpc.cidr_block(), VPCS, "CidrBlock")?,
            dns_hostnames: hostnames.ok_or_else(|| ProviderError::incomplete(ATTRIBUTE, "EnableDnsHostnames"))?,
            dns_support: support.ok_or_else(|| ProviderError::incomplete(ATTRIBUTE, "EnableDnsSupport"))?,
        }))
    }
}

impl Query for VpcNetwork {
    async fn query(client: &Client, vpc: &str) -> Result<VpcNetworkDetails, ProviderError> {
        let subnets = async {
            let call = client.describe_subnets().filters(filter("vpc-id", [vpc]));
            let items = call.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
            items.map_err(api_error("ec2:DescribeSubnets"))
        };
        let tables = async {
            let call = client.describe_route_tables().filters(filter("vpc-id", [vpc]));
            let items = call.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
            items.map_err(api_error("ec2:DescribeRouteTables"))
        };
        let (subnets, tables) = try_join(subnets, tables).await?;
        let subnet = |subnet: aws_sdk_ec2::types::Subnet| {
            Some(Subnet { id: subnet.subnet_id?, zone: subnet.availability_zone? })
        };
        Ok(VpcNetworkDetails {
            subnets: subnets.into_iter().filter_map(subnet).collect(),
            route_tables: tables.iter().filter_map(route_table).collect(),
        })
    }
}

fn route_table(table: &Table) -> Option<RouteTable> {
    let default_route = table
        .routes()
        .iter()
        // The target of a blackhole route was deleted.
        .filter(|route| {
            route.destination_cidr_block() == Some("0.0.0.0/0") && route.state() != Some(&RouteState::Blackhole)
        })
        .find_map(|route| {
            if route.gateway_id().is_some_and(|gateway| gateway.starts_with("igw-")) {
                return Some(DefaultRoute::InternetGateway);
            }
            let egress = [
                route.nat_gateway_id(),
                route.transit_gateway_id(),
                route.instance_id(),
                route.network_interface_id(),
                route.gateway_id(),
            ];
            egress.iter().any(Option::is_some).then_some(DefaultRoute::Egress)
        });
    Some(RouteTable {
        id: table.route_table_id.clone()?,
        main: table.associations().iter().any(|association| association.main() == Some(true)),
        subnets: table.associations().iter().filter_map(|association| association.subnet_id.clone()).collect(),
        default_route,
    })
}

impl Query for VpcEndpoints {
    async fn query(client: &Client, vpc: &str) -> Result<Vec<EndpointService>, ProviderError> {
        let call = client.describe_vpc_endpoints().filters(filter("vpc-id", [vpc]));
        let endpoints = call.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
        let endpoint = |endpoint: aws_sdk_ec2::types::VpcEndpoint| {
            let state = endpoint.state().map(|state| state.as_str().to_ascii_lowercase());
            let is_gone = matches!(state.as_deref(), Some("deleting" | "deleted" | "failed" | "rejected" | "expired"));
            (!is_gone).then_some(())?;
            Some(EndpointService {
                endpoint_type: endpoint.vpc_endpoint_type()?.as_str().to_owned(),
                private_dns: endpoint.private_dns_enabled() == Some(true),
                tags: from_tags(endpoint.tags.as_deref()),
                id: endpoint.vpc_endpoint_id?,
                service_name: endpoint.service_name?,
            })
        };
        Ok(endpoints.map_err(api_error("ec2:DescribeVpcEndpoints"))?.into_iter().filter_map(endpoint).collect())
    }
}

impl Query for PrefixList {
    async fn query(client: &Client, name: &str) -> Result<Option<String>, ProviderError> {
        let call = client.describe_managed_prefix_lists().filters(filter("prefix-list-name", [name]));
        let answer = call.send().await.map_err(api_error("ec2:DescribeManagedPrefixLists"))?;
        let list = answer.prefix_lists().iter().find(|list| list.prefix_list_name() == Some(name));
        Ok(list.and_then(|list| list.prefix_list_id.clone()))
    }
}
