//! SQL that prepares a database, run through the Data API. It leaves nothing to delete.

use std::time::Duration;

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::{Availability, REPLACE, WRITE_ONLY};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `rdsdata.bootstrap`
pub struct Bootstrap;

/// Inputs of the preparation of a database by SQL.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BootstrapInputs<T = String> {
    /// The cluster.
    pub cluster_arn: T,
    /// The secret of the administrator who runs it.
    pub admin_secret_arn: T,
    /// The database.
    pub database_name: String,
    /// The secret whose JSON has the proxy user's `username` and `password`. Read when it is needed and never
    /// written down.
    pub proxy_secret_arn: T,
    /// The version of that secret: a new one is set in the database.
    pub proxy_secret_version: T,
    /// The name of the script.
    pub package: String,
    /// The digest of the script: it is run again when it changes.
    pub digest: String,
    /// The instance that runs it.
    pub after_instance: T,
}

impl Definition for Bootstrap {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = BootstrapInputs<T>;

    fn schema() -> Schema {
        Schema::new("rdsdata.bootstrap", "The preparation of a database by SQL")
            .input("cluster_arn", REPLACE)
            .input("admin_secret_arn", WRITE_ONLY)
            .input("database_name", REPLACE)
            .input("proxy_secret_arn", WRITE_ONLY)
            .input("proxy_secret_version", WRITE_ONLY)
            .input("package", WRITE_ONLY)
            .input("digest", WRITE_ONLY)
            .input("after_instance", WRITE_ONLY)
            .attribute("id", Availability::Ready)
            .untagged()
            .step()
            .timeouts(Duration::from_secs(900), Duration::from_secs(60))
            .usually(Duration::from_secs(5))
    }
}
