//! RDS Proxy: a connection pool in front of a database.

use std::time::Duration;

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::{Availability, NOMINAL, REPLACE, UNORDERED};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `rds.proxy`
pub struct Proxy;

/// Inputs of an RDS Proxy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProxyInputs<T = String> {
    /// Name of the proxy. Unique in the account and region.
    pub proxy_name: String,
    /// Engine family: `POSTGRESQL`.
    pub engine_family: String,
    /// Requires TLS for client connections.
    pub require_tls: bool,
    /// Requires IAM authentication for client connections.
    pub iam_authentication: bool,
    /// ARNs of the secrets of the database users that may log in.
    pub secret_arns: Vec<T>,
    /// Idle timeout of a client connection in seconds.
    pub idle_client_timeout_seconds: i32,
    /// ARN of the role with which the proxy reads the secrets.
    pub role_arn: T,
    /// IDs of the subnets of the proxy.
    pub subnet_ids: Vec<String>,
    /// IDs of the security groups of the proxy.
    pub security_group_ids: Vec<T>,
}

impl Definition for Proxy {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = ProxyInputs<T>;

    fn schema() -> Schema {
        Schema::new("rds.proxy", "An RDS Proxy")
            .input("proxy_name", REPLACE | NOMINAL)
            .input("engine_family", REPLACE)
            .plain("require_tls")
            .plain("iam_authentication")
            .input("secret_arns", UNORDERED)
            .plain("idle_client_timeout_seconds")
            .plain("role_arn")
            .input("subnet_ids", REPLACE | NOMINAL | UNORDERED)
            .input("security_group_ids", UNORDERED)
            .attribute("id", Availability::Ready)
            .attribute("name", Availability::Early)
            .attribute("arn", Availability::Early)
            .attribute("endpoint", Availability::Early)
            .named_by(&["proxy_name"])
            .timeouts(Duration::from_secs(1800), Duration::from_secs(1800))
            .expected_create(Duration::from_secs(300))
    }
}
