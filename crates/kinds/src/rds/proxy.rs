//! RDS Proxy: a connection pool in front of a database.

use std::time::Duration;

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::Availability;
use ohinfra_derive::Inputs;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `rds.proxy`
pub struct Proxy;

/// Inputs of an RDS Proxy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Inputs)]
pub struct ProxyInputs<T = String> {
    /// Name of the proxy. Unique in the account and region.
    #[input(replace, nominal)]
    pub proxy_name: String,
    /// Engine family: `POSTGRESQL`.
    #[input(replace)]
    pub engine_family: String,
    /// Requires TLS for client connections.
    pub require_tls: bool,
    /// Requires IAM authentication for client connections.
    pub iam_authentication: bool,
    /// ARNs of the secrets of the database users that may log in.
    #[input(unordered)]
    pub secret_arns: Vec<T>,
    /// Idle timeout of a client connection in seconds.
    pub idle_client_timeout_seconds: i32,
    /// ARN of the role with which the proxy reads the secrets.
    pub role_arn: T,
    /// IDs of the subnets of the proxy.
    #[input(replace, nominal, unordered)]
    pub subnet_ids: Vec<String>,
    /// IDs of the security groups of the proxy.
    #[input(unordered)]
    pub security_group_ids: Vec<T>,
}

impl Definition for Proxy {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = ProxyInputs<T>;

    fn schema() -> Schema {
        Schema::of::<ProxyInputs>("rds.proxy", "An RDS Proxy")
            .attribute("id", Availability::Ready)
            .attribute("name", Availability::Early)
            .attribute("arn", Availability::Early)
            .attribute("endpoint", Availability::Early)
            .named_by(&["proxy_name"])
            .timeouts(Duration::from_secs(1800), Duration::from_secs(1800))
            .expected_create(Duration::from_secs(300))
    }
}
