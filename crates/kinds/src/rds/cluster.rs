//! Aurora database cluster. Deletion takes a final snapshot, except with `--purge`.

use std::time::Duration;

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::Availability;
use ohinfra_derive::Inputs;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `rds.cluster`
pub struct Cluster;

/// Inputs of an Aurora database cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Inputs)]
pub struct ClusterInputs<T = String> {
    /// Name of the cluster. Unique in the account and region; lowercase.
    #[input(replace, nominal)]
    pub cluster_name: String,
    /// Database engine: `aurora-postgresql`.
    #[input(replace)]
    pub engine: String,
    /// Minimum engine version. A newer version of the same major version is kept, because AWS upgrades minor versions.
    #[input(floor)]
    pub engine_version: String,
    /// Name of the initial database.
    #[input(replace)]
    pub database_name: String,
    /// Port.
    pub port: i32,
    /// Name of the administrator.
    #[input(replace, nominal)]
    pub master_username: String,
    /// ARN of the secret whose JSON has the administrator's `password`. Read when needed and never stored.
    #[input(unreported = "the source of the administrator's password; RDS does not return passwords")]
    pub admin_secret_arn: T,
    /// Name of the DB subnet group.
    #[input(replace, nominal)]
    pub subnet_group_name: T,
    /// IDs of the security groups of the cluster.
    #[input(unordered)]
    pub security_group_ids: Vec<T>,
    /// Name of the DB cluster parameter group.
    pub parameter_group_name: T,
    /// Minimum capacity in Aurora capacity units (ACU).
    pub min_acu: f64,
    /// Maximum capacity in Aurora capacity units (ACU).
    pub max_acu: f64,
    /// Allows database logins with IAM tokens.
    pub iam_authentication: bool,
    /// Enables the RDS Data API.
    pub data_api: bool,
    /// Encrypts the storage.
    #[input(replace)]
    pub storage_encrypted: bool,
    /// Retention of automated backups in days.
    pub backup_retention_days: i32,
    /// Daily window of automated backups in UTC: `03:00-04:00`.
    pub backup_window: String,
    /// Weekly maintenance window in UTC: `sun:04:00-sun:05:00`.
    #[input(caseless)]
    pub maintenance_window: String,
    /// Copies the tags of the cluster to its snapshots.
    pub copy_tags_to_snapshot: bool,
    /// Log types exported to CloudWatch Logs.
    #[input(unordered)]
    pub log_exports: Vec<String>,
    /// Deletion protection: AWS refuses to delete the cluster.
    pub deletion_protection: bool,
    /// Always `false`. `true` in AWS until a restored cluster has the settings that a snapshot lacks, such as the password.
    pub restoring: bool,
    /// Snapshot to restore at creation: name, ARN, or `latest` for this deployment's newest. Ignored after creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[input(unreported = "used only at creation; RDS does not record it")]
    pub restore_from_snapshot: Option<String>,
}

impl Definition for Cluster {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = ClusterInputs<T>;

    fn schema() -> Schema {
        Schema::of::<ClusterInputs>("rds.cluster", "An Aurora database cluster")
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
            .expected_create(Duration::from_secs(300))
            .expected_update(Duration::from_secs(60))
    }
}
