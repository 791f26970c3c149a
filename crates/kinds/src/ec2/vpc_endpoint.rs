//! VPC endpoint: an interface endpoint or a gateway endpoint.

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::{Availability, Replacement};
use ohinfra_derive::Inputs;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `ec2.vpc_endpoint`
pub struct VpcEndpoint;

/// Type of a VPC endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EndpointType {
    /// Network interfaces in subnets.
    Interface,
    /// Routes in route tables (S3 and DynamoDB only).
    Gateway,
}

/// Inputs of a VPC endpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Inputs)]
pub struct VpcEndpointInputs<T = String> {
    /// Service name, for example `com.amazonaws.us-west-2.logs`.
    #[input(replace)]
    pub service_name: String,
    /// Endpoint type: `Interface` or `Gateway`.
    #[input(replace)]
    pub endpoint_type: EndpointType,
    /// ID of the VPC.
    #[input(replace)]
    pub vpc_id: T,
    /// Interface endpoints: subnet IDs, at most one per Availability Zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[input(unordered)]
    pub subnet_ids: Option<Vec<String>>,
    /// Interface endpoints: IDs of the security groups of the network interfaces.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[input(unordered)]
    pub security_group_ids: Option<Vec<T>>,
    /// Interface endpoints: resolves the service's public DNS name to the endpoint inside the VPC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub private_dns_enabled: Option<bool>,
    /// Gateway endpoints: IDs of the route tables that receive a route to the endpoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[input(unordered)]
    pub route_table_ids: Option<Vec<String>>,
}

impl Definition for VpcEndpoint {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = VpcEndpointInputs<T>;

    fn schema() -> Schema {
        let mut schema =
            Schema::of::<VpcEndpointInputs>("ec2.vpc_endpoint", "An interface or gateway endpoint in a VPC")
                .attribute("id", Availability::Early);
        schema.usual = std::time::Duration::from_secs(60);
        // Two endpoints of one service cannot both have private DNS; two gateway endpoints cannot share a route table.
        schema.replacement = Replacement::DeleteFirst;
        schema
    }
}
