//! Lookups of existing networks: a VPC, its subnets, route tables and endpoints, and AWS-managed prefix lists.

use ohinfra_core::lookup::Lookup;
use ohinfra_core::tags::Tags;
use serde::{Deserialize, Serialize};

/// Lookup of a VPC by ID; `None` if the VPC does not exist.
pub struct Vpc;

/// Properties of a VPC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VpcDetails {
    /// Primary IPv4 CIDR block.
    pub cidr: String,
    /// Instances receive DNS host names. Interface endpoints with private DNS require this.
    pub dns_hostnames: bool,
    /// The Amazon DNS server answers in the VPC.
    pub dns_support: bool,
}

impl Lookup for Vpc {
    const NAME: &'static str = "ec2.vpc";
    type Question = String;
    type Answer = Option<VpcDetails>;
}

/// Lookup of the subnets and route tables of a VPC, by VPC ID.
pub struct VpcNetwork;

/// Subnets and route tables of a VPC.
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
    /// Subnet ID.
    pub id: String,
    /// Availability Zone, for example `us-west-2a`.
    pub zone: String,
}

/// A route table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteTable {
    /// Route table ID.
    pub id: String,
    /// Main route table of the VPC: used by subnets without an explicit association.
    pub main: bool,
    /// IDs of the subnets explicitly associated with the route table.
    pub subnets: Vec<String>,
    /// Target of the route to 0.0.0.0/0; `None` if the table has no such route.
    pub default_route: Option<DefaultRoute>,
}

/// Type of the target of a default route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DefaultRoute {
    /// An internet gateway.
    InternetGateway,
    /// A NAT gateway, an instance, a network interface or a transit gateway.
    Egress,
}

impl Lookup for VpcNetwork {
    const NAME: &'static str = "ec2.vpc_network";
    type Question = String;
    type Answer = VpcNetworkDetails;
}

/// Lookup of the endpoints of a VPC, by VPC ID.
pub struct VpcEndpoints;

/// An existing VPC endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointService {
    /// Endpoint ID.
    pub id: String,
    /// Service name, for example `com.amazonaws.us-west-2.s3`.
    pub service_name: String,
    /// Endpoint type: `Interface`, `Gateway` or another type that AWS defines.
    pub endpoint_type: String,
    /// Private DNS: the endpoint serves the service's public DNS name inside the VPC. Only one endpoint per service can.
    pub private_dns: bool,
    /// Tags, which show the ownership of the endpoint.
    pub tags: Tags,
}

impl Lookup for VpcEndpoints {
    const NAME: &'static str = "ec2.vpc_endpoints";
    type Question = String;
    type Answer = Vec<EndpointService>;
}

/// Lookup of the ID of a managed prefix list, by name; `None` if the list does not exist.
pub struct PrefixList;

impl Lookup for PrefixList {
    const NAME: &'static str = "ec2.prefix_list";
    type Question = String;
    type Answer = Option<String>;
}

/// Lookup of all VPCs of a region.
pub struct Vpcs;

/// A VPC in a list to choose from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VpcChoice {
    /// VPC ID.
    pub id: String,
    /// Value of the `Name` tag; empty if the tag is missing.
    pub name: String,
    /// Primary IPv4 CIDR block.
    pub cidr: String,
}

impl Lookup for Vpcs {
    const NAME: &'static str = "ec2.vpcs";
    type Question = String;
    type Answer = Vec<VpcChoice>;
}
