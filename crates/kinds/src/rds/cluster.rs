//! An Aurora cluster. It takes a final snapshot when it goes, unless it is purged.

use std::time::Duration;

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::{Availability, CASELESS, FLOOR, NOMINAL, REPLACE, UNORDERED, WRITE_ONLY};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `rds.cluster`
pub struct Cluster;

/// Inputs of an Aurora database cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClusterInputs<T = String> {
    /// Unique in the account and region; lower case. Replaces.
    pub cluster_name: String,
    /// `aurora-postgresql`.
    pub engine: String,
    /// The least version: AWS raises minor versions by itself, and a newer one of the same major version stays.
    pub engine_version: String,
    /// The first database.
    pub database_name: String,
    /// The port.
    pub port: i32,
    /// The administrator.
    pub master_username: String,
    /// The secret whose JSON has the administrator's `password`. Read when it is needed and never written down.
    pub admin_secret_arn: T,
    /// The subnets.
    pub subnet_group_name: T,
    /// Who may connect.
    pub security_group_ids: Vec<T>,
    /// Its settings.
    pub parameter_group_name: T,
    /// The least capacity, in Aurora capacity units.
    pub min_acu: f64,
    /// The most capacity.
    pub max_acu: f64,
    /// Whether users may log in with IAM's tokens.
    pub iam_authentication: bool,
    /// Whether SQL may be run through the Data API.
    pub data_api: bool,
    /// Whether the storage is encrypted.
    pub storage_encrypted: bool,
    /// Days that backups are kept.
    pub backup_retention_days: i32,
    /// When backups are taken, in UTC: `03:00-04:00`.
    pub backup_window: String,
    /// When AWS may change things, in UTC.
    pub maintenance_window: String,
    /// Whether snapshots get its tags.
    pub copy_tags_to_snapshot: bool,
    /// Logs that go to CloudWatch.
    pub log_exports: Vec<String>,
    /// Whether AWS refuses to delete it.
    pub deletion_protection: bool,
    /// Always false: of one that comes from a snapshot, what a snapshot does not bring (its password above all) is still to be set.
    pub restoring: bool,
    /// A snapshot to start from: its name, its ARN, or `latest` for the newest of this deployment. Used only
    /// when the cluster is created.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restore_from_snapshot: Option<String>,
}

impl Definition for Cluster {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = ClusterInputs<T>;

    fn schema() -> Schema {
        Schema::new("rds.cluster", "An Aurora database cluster")
            .input("cluster_name", REPLACE | NOMINAL)
            .input("engine", REPLACE)
            .input("engine_version", FLOOR)
            .input("database_name", REPLACE)
            .plain("port")
            .input("master_username", REPLACE | NOMINAL)
            .unreported(
                "admin_secret_arn",
                WRITE_ONLY,
                "the secret that the password was read from; RDS does not return passwords",
            )
            .input("subnet_group_name", REPLACE | NOMINAL)
            .input("security_group_ids", UNORDERED)
            .plain("parameter_group_name")
            .plain("min_acu")
            .plain("max_acu")
            .plain("iam_authentication")
            .plain("data_api")
            .input("storage_encrypted", REPLACE)
            .plain("backup_retention_days")
            .plain("backup_window")
            .input("maintenance_window", CASELESS)
            .plain("copy_tags_to_snapshot")
            .input("log_exports", UNORDERED)
            .plain("deletion_protection")
            .plain("restoring")
            .unreported("restore_from_snapshot", WRITE_ONLY, "used once, at creation; RDS does not record it")
            .attribute("id", Availability::Ready)
            .attribute("name", Availability::Early)
            .attribute("arn", Availability::Early)
            .attribute("resource_id", Availability::Early)
            .attribute("endpoint", Availability::Ready)
            .attribute("reader_endpoint", Availability::Ready)
            .attribute("port", Availability::Ready)
            .named_by(&["cluster_name"])
            .holds_data()
            .protected_by("deletion_protection")
            .timeouts(Duration::from_secs(3600), Duration::from_secs(3600))
            .usually(Duration::from_secs(300))
            .usually_updated_in(Duration::from_secs(60))
    }
}
