//! A VPC endpoint: an interface endpoint or a gateway endpoint.

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::{Availability, REPLACE, Replacement, UNORDERED};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `ec2.vpc_endpoint`
pub struct VpcEndpoint;

/// How an endpoint is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EndpointType {
    /// Through network interfaces in subnets.
    Interface,
    /// Through routes (S3 and DynamoDB only).
    Gateway,
}

/// Inputs of a VPC endpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VpcEndpointInputs<T = String> {
    /// For example `com.amazonaws.us-west-2.logs`. Replaces.
    pub service_name: String,
    /// Replaces.
    pub endpoint_type: EndpointType,
    /// Replaces.
    pub vpc_id: T,
    /// Interface endpoints: at most one subnet per zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subnet_ids: Option<Vec<String>>,
    /// Interface endpoints: the groups of its network interfaces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub security_group_ids: Option<Vec<T>>,
    /// Interface endpoints: whether the service's public name leads to it inside the VPC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub private_dns_enabled: Option<bool>,
    /// Gateway endpoints: the route tables that get a route to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route_table_ids: Option<Vec<String>>,
}

impl Definition for VpcEndpoint {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = VpcEndpointInputs<T>;

    fn schema() -> Schema {
        let mut schema = Schema::new("ec2.vpc_endpoint", "An interface or gateway endpoint in a VPC")
            .input("service_name", REPLACE)
            .input("endpoint_type", REPLACE)
            .input("vpc_id", REPLACE)
            .input("subnet_ids", UNORDERED)
            .input("security_group_ids", UNORDERED)
            .plain("private_dns_enabled")
            .input("route_table_ids", UNORDERED)
            .attribute("id", Availability::Early);
        schema.usual = std::time::Duration::from_secs(60);
        // Two endpoints of one service cannot both have private DNS, nor two gateway endpoints one route table.
        schema.replacement = Replacement::DeleteFirst;
        schema
    }
}
