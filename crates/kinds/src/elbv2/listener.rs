//! Load balancer listener.

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::Availability;
use ohinfra_derive::Inputs;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `elbv2.listener`
pub struct Listener;

/// Inputs of a load balancer listener.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Inputs)]
pub struct ListenerInputs<T = String> {
    /// ARN of the load balancer.
    #[input(replace)]
    pub balancer_arn: T,
    /// Protocol: `HTTP`.
    pub protocol: String,
    /// Port.
    pub port: i32,
    /// HTTP status of the fixed response to requests that match no rule.
    pub default_status: String,
    /// Content type of the fixed response.
    pub default_content_type: String,
    /// Body of the fixed response.
    pub default_body: String,
}

impl Definition for Listener {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = ListenerInputs<T>;

    fn schema() -> Schema {
        Schema::of::<ListenerInputs>("elbv2.listener", "A load balancer listener")
            .attribute("id", Availability::Early)
            .attribute("arn", Availability::Early)
            .named_by(&["balancer_arn", "port"])
    }
}
