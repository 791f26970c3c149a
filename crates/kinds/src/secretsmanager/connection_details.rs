//! Facts that are merged into the JSON of a secret, for whoever connects with it.

use std::collections::BTreeMap;

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::{Availability, REPLACE};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `secretsmanager.connection_details`
pub struct ConnectionDetails;

/// Inputs of connection details within a secret.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConnectionDetailsInputs<T = String> {
    /// The secret, which must hold a JSON object.
    pub secret_arn: T,
    /// What is set in it; what else it holds stays.
    pub details: BTreeMap<String, T>,
}

impl Definition for ConnectionDetails {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = ConnectionDetailsInputs<T>;

    fn schema() -> Schema {
        Schema::new("secretsmanager.connection_details", "Connection details within a secret")
            .input("secret_arn", REPLACE)
            .plain("details")
            .attribute("id", Availability::Early)
            .untagged()
            .named_by(&["secret_arn"])
    }
}
