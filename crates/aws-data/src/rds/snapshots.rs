//! Final snapshots of deleted clusters, and snapshots to restore from.

use aws_sdk_rds::types::DbClusterSnapshot;
use ohinfra_aws_core::{api_error, none_if_missing};
use ohinfra_core::error::ErrorKind;
use ohinfra_core::tags::Ownership;
use ohinfra_core::{ProviderError, Region};

use super::{Clients, from_tags};

const DESCRIBE: &str = "rds:DescribeDBClusterSnapshots";

/// Returns the name of the final snapshot of a cluster: constant for all attempts to delete the cluster, and unique to the
/// cluster.
pub(super) fn final_name(cluster: &str, resource_id: &str) -> String {
    let resource = resource_id.strip_prefix("cluster-").unwrap_or(resource_id).to_ascii_lowercase();
    format!("{}-final-{resource}", cluster.chars().take(25).collect::<String>().trim_end_matches('-'))
}

/// Lists all manual snapshots of all clusters.
async fn all(clients: &Clients, region: &Region) -> Result<Vec<DbClusterSnapshot>, ProviderError> {
    let call =
        clients.in_region(region).describe_db_cluster_snapshots().snapshot_type("manual").into_paginator().items();
    call.send().collect::<Result<Vec<_>, _>>().await.map_err(api_error(DESCRIBE))
}

/// A snapshot to restore.
pub(super) struct Chosen {
    /// Name or ARN.
    pub(super) name: String,
    /// Engine version of the cluster at the time of the snapshot.
    pub(super) engine_version: String,
}

/// Selects the snapshot to restore: the given name or ARN, or for `latest` the newest snapshot of this deployment.
pub(super) async fn chosen(
    clients: &Clients,
    region: &Region,
    wanted: &str,
    ownership: &Ownership,
) -> Result<Chosen, ProviderError> {
    let chosen = |snapshot: DbClusterSnapshot| -> Result<Chosen, ProviderError> {
        let missing = |member: &str| ProviderError::incomplete(DESCRIBE, member);
        let name = snapshot.db_cluster_snapshot_arn.or(snapshot.db_cluster_snapshot_identifier);
        Ok(Chosen {
            name: name.ok_or_else(|| missing("DBClusterSnapshotArn"))?,
            engine_version: snapshot.engine_version.ok_or_else(|| missing("EngineVersion"))?,
        })
    };
    if wanted != "latest" {
        let call = clients.in_region(region).describe_db_cluster_snapshots().db_cluster_snapshot_identifier(wanted);
        let answer = none_if_missing(call.include_shared(true).send().await.map_err(api_error(DESCRIBE)))?;
        let snapshot = answer.and_then(|answer| answer.db_cluster_snapshots.unwrap_or_default().into_iter().next());
        return chosen(snapshot.ok_or_else(|| {
            let message =
                format!("snapshot `{wanted}` not found in {region}; correct `database.restore_from_snapshot`");
            ProviderError::new(ErrorKind::Invalid, DESCRIBE, message)
        })?);
    }
    let ours = |snapshot: &DbClusterSnapshot| {
        snapshot.status() == Some("available") && ownership.matches(&from_tags(snapshot.tag_list()))
    };
    let snapshots = all(clients, region).await?;
    let newest = snapshots.into_iter().filter(ours).max_by_key(|snapshot| snapshot.snapshot_create_time);
    chosen(newest.ok_or_else(|| {
        let message = format!(
            "no snapshot of {} of deployment `{}` found in {region}; remove `database.restore_from_snapshot` or name a snapshot",
            ownership.address, ownership.deployment
        );
        ProviderError::new(ErrorKind::Invalid, DESCRIBE, message)
    })?)
}

/// Deletes the final snapshots of all clusters with this name.
pub(super) async fn purge(clients: &Clients, region: &Region, cluster: &str) -> Result<(), ProviderError> {
    let prefix = final_name(cluster, "");
    for snapshot in all(clients, region).await? {
        let Some(name) = snapshot.db_cluster_snapshot_identifier() else { continue };
        if snapshot.db_cluster_identifier() == Some(cluster) && name.starts_with(&prefix) {
            let call = clients.in_region(region).delete_db_cluster_snapshot().db_cluster_snapshot_identifier(name);
            none_if_missing(call.send().await.map_err(api_error("rds:DeleteDBClusterSnapshot")))?;
        }
    }
    Ok(())
}
