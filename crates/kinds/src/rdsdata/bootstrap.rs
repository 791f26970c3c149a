//! SQL script that initializes a database through the RDS Data API. Deletion is a no-op.

use std::time::Duration;

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::Availability;
use ohinfra_derive::Inputs;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `rdsdata.bootstrap`
pub struct Bootstrap;

/// Inputs of the SQL initialization of a database.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Inputs)]
pub struct BootstrapInputs<T = String> {
    /// ARN of the database cluster.
    #[input(replace)]
    pub cluster_arn: T,
    /// ARN of the secret with the administrator credentials that the script runs with.
    #[input(unreported = "the credentials that the statements run with; the database does not record them")]
    pub admin_secret_arn: T,
    /// Name of the database.
    #[input(replace)]
    pub database_name: String,
    /// ARN of the secret whose JSON has the proxy user's `username` and `password`. Read when needed and never stored.
    #[input(unreported = "the source of a database password; PostgreSQL does not return passwords")]
    pub proxy_secret_arn: T,
    /// Version of the proxy secret. A new version sets the new password in the database.
    #[input(unreported = "represents the password in the secret; PostgreSQL does not return passwords")]
    pub proxy_secret_version: T,
    /// Package name of the script.
    #[input(unreported = "the statements; the database records only their effect, which `digest` represents")]
    pub package: String,
    /// Digest of the script. A change runs the script again.
    #[input(unreported = "the digest of the statements; the database records only their effect")]
    pub digest: String,
    /// ID of the database instance that must be available before the script runs.
    #[input(unreported = "used only for ordering; the script runs after the instance")]
    pub after_instance: T,
}

impl Definition for Bootstrap {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = BootstrapInputs<T>;

    fn schema() -> Schema {
        Schema::of::<BootstrapInputs>("rdsdata.bootstrap", "The initialization of a database by SQL")
            .attribute("id", Availability::Ready)
            .untagged()
            .step()
            .timeouts(Duration::from_secs(900), Duration::from_secs(60))
            .expected_create(Duration::from_secs(5))
    }
}
