//! Where a load balancer listens.

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::{Availability, REPLACE};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `elbv2.listener`
pub struct Listener;

/// Inputs of a listener of a load balancer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ListenerInputs<T = String> {
    /// The load balancer.
    pub balancer_arn: T,
    /// `HTTP`.
    pub protocol: String,
    /// The port.
    pub port: i32,
    /// What is answered when no rule fits: the status.
    pub default_status: String,
    /// And the type of the answer.
    pub default_content_type: String,
    /// And the answer.
    pub default_body: String,
}

impl Definition for Listener {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = ListenerInputs<T>;

    fn schema() -> Schema {
        Schema::new("elbv2.listener", "A listener of a load balancer")
            .input("balancer_arn", REPLACE)
            .plain("protocol")
            .plain("port")
            .plain("default_status")
            .plain("default_content_type")
            .plain("default_body")
            .attribute("id", Availability::Early)
            .attribute("arn", Availability::Early)
            .named_by(&["balancer_arn", "port"])
    }
}
