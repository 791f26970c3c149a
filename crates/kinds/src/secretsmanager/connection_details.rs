//! Connection details, such as host and port, merged into the JSON value of a secret.

use std::collections::BTreeMap;

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::Availability;
use ohinfra_derive::Inputs;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `secretsmanager.connection_details`
pub struct ConnectionDetails;

/// Inputs of the connection details in a secret.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Inputs)]
pub struct ConnectionDetailsInputs<T = String> {
    /// ARN of the secret. Its value must be a JSON object.
    #[input(replace)]
    pub secret_arn: T,
    /// JSON members to set. All other members are unchanged.
    pub details: BTreeMap<String, T>,
}

impl Definition for ConnectionDetails {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = ConnectionDetailsInputs<T>;

    fn schema() -> Schema {
        Schema::of::<ConnectionDetailsInputs>("secretsmanager.connection_details", "Connection details in a secret")
            .attribute("id", Availability::Early)
            .untagged()
            .named_by(&["secret_arn"])
    }
}
