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
            .unreported(
                "admin_secret_arn",
                WRITE_ONLY,
                "the credential that the statements run with; the database does not record it",
            )
            .input("database_name", REPLACE)
            .unreported(
                "proxy_secret_arn",
                WRITE_ONLY,
                "the secret whose value becomes a password; PostgreSQL does not return passwords",
            )
            .unreported(
                "proxy_secret_version",
                WRITE_ONLY,
                "stands for the password in that secret; PostgreSQL does not return passwords",
            )
            .unreported(
                "package",
                WRITE_ONLY,
                "the statements; the database records their effect, which `digest` stands for",
            )
            .unreported("digest", WRITE_ONLY, "the digest of the statements; the database records only their effect")
            .unreported("after_instance", WRITE_ONLY, "only orders the step after the instance")
            .attribute("id", Availability::Ready)
            .untagged()
            .step()
            .timeouts(Duration::from_secs(900), Duration::from_secs(60))
            .usually(Duration::from_secs(5))
    }
}
