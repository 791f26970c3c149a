//! What users already have: the VPC, its subnets and route tables, its endpoints; and AWS's own prefix lists.

use ohinfra_core::look_up::LookUp;
use ohinfra_core::tags::Tags;
use serde::{Deserialize, Serialize};

/// A VPC by its id.
pub struct Vpc;

/// What must be known of a VPC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VpcDetails {
    /// Its primary IPv4 range.
    pub cidr: String,
    /// Whether instances get DNS names (interface endpoints with private DNS need it).
    pub dns_hostnames: bool,
    /// Whether the VPC's DNS server answers.
    pub dns_support: bool,
}

impl LookUp for Vpc {
    const NAME: &'static str = "ec2.vpc";
    type Question = String;
    type Answer = Option<VpcDetails>;
}

/// The subnets and route tables of a VPC, by the VPC's id.
pub struct VpcNetwork;

/// The subnets and route tables of a VPC.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VpcNetworkDetails {
    /// All subnets.
    pub subnets: Vec<Subnet>,
    /// All route tables.
    pub route_tables: Vec<RouteTable>,
}

/// A subnet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subnet {
    /// Its id.
    pub id: String,
    /// Its availability zone, for example `us-west-2a`.
    pub zone: String,
}

/// A route table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteTable {
    /// Its id.
    pub id: String,
    /// Whether subnets without an association use it.
    pub main: bool,
    /// The subnets that are associated with it.
    pub subnets: Vec<String>,
    /// Where its route to 0.0.0.0/0 leads; none if it has no such route.
    pub default_route: Option<DefaultRoute>,
}

/// Where a default route leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DefaultRoute {
    /// To an internet gateway.
    InternetGateway,
    /// To a NAT gateway, an instance, a network interface or a transit gateway.
    Egress,
}

impl LookUp for VpcNetwork {
    const NAME: &'static str = "ec2.vpc_network";
    type Question = String;
    type Answer = VpcNetworkDetails;
}

/// The endpoints of a VPC, by the VPC's id.
pub struct VpcEndpoints;

/// An endpoint that is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointService {
    /// Its id.
    pub id: String,
    /// For example `com.amazonaws.us-west-2.s3`.
    pub service_name: String,
    /// `Interface`, `Gateway` or another type of AWS's.
    pub endpoint_type: String,
    /// Whether it answers to the service's public name inside the VPC: only one endpoint can.
    pub private_dns: bool,
    /// Its tags: whether it is ours.
    pub tags: Tags,
}

impl LookUp for VpcEndpoints {
    const NAME: &'static str = "ec2.vpc_endpoints";
    type Question = String;
    type Answer = Vec<EndpointService>;
}

/// A managed prefix list by its name; answers its id.
pub struct PrefixList;

impl LookUp for PrefixList {
    const NAME: &'static str = "ec2.prefix_list";
    type Question = String;
    type Answer = Option<String>;
}

/// Every VPC of a region.
pub struct Vpcs;

/// A VPC, for whoever has to choose one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VpcChoice {
    /// Its id.
    pub id: String,
    /// Its `Name` tag; empty if it has none.
    pub name: String,
    /// Its range.
    pub cidr: String,
}

impl LookUp for Vpcs {
    const NAME: &'static str = "ec2.vpcs";
    type Question = String;
    type Answer = Vec<VpcChoice>;
}
