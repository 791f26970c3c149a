//! A proxy that pools connections to a database.

use std::time::Duration;

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::{Availability, NOMINAL, REPLACE, UNORDERED};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `rds.proxy`
pub struct Proxy;

/// Inputs of an RDS proxy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProxyInputs<T = String> {
    /// Unique in the account and region. Replaces.
    pub proxy_name: String,
    /// `POSTGRESQL`.
    pub engine_family: String,
    /// Whether clients must use TLS.
    pub require_tls: bool,
    /// Whether clients must log in with IAM.
    pub iam_authentication: bool,
    /// The secrets of the users who may log in.
    pub secret_arns: Vec<T>,
    /// When a connection without work is closed.
    pub idle_client_timeout_seconds: i32,
    /// How it reads the secrets.
    pub role_arn: T,
    /// Where it is.
    pub subnet_ids: Vec<String>,
    /// Who may connect.
    pub security_group_ids: Vec<T>,
}

impl Definition for Proxy {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = ProxyInputs<T>;

    fn schema() -> Schema {
        Schema::new("rds.proxy", "An RDS proxy")
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
            .usually(Duration::from_secs(300))
    }
}
