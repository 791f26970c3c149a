//! Implementation of `rds.cluster`.

use aws_sdk_rds::types::{CloudwatchLogsExportConfiguration, DbCluster, ServerlessV2ScalingConfiguration, SourceType};
use ohinfra_aws_core::{SecretText, Secrets, api_error, api_error_eventual, none_if_missing};
use ohinfra_core::contract::{
    Created, Deletion, Evidence, Found, Kind, Known, Live, Readiness, Resolved, Subject, Update, returned,
};
use ohinfra_core::error::ErrorKind;
use ohinfra_core::inputs::Attributes;
use ohinfra_core::tag_index::KnownTags;
use ohinfra_core::tags::Tags;
use ohinfra_core::version::{major, order};
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::rds::{Cluster, ClusterLive};
use serde_json::Value;

use super::{Clients, arn, from_tags, remove_tags, set_tags, snapshots, status, to_tags};

/// `rds.cluster`
pub struct ClusterKind(pub(crate) Clients);

type Inputs = Resolved<Cluster>;

/// Tag of a cluster that is being restored. Removed after the settings that a snapshot lacks are applied, possibly by a later
/// run.
const RESTORING: &str = "ohinfra:restoring";
const DESCRIBE: &str = "rds:DescribeDBClusters";

fn scaling(inputs: &Inputs) -> ServerlessV2ScalingConfiguration {
    ServerlessV2ScalingConfiguration::builder().min_capacity(inputs.min_acu).max_capacity(inputs.max_acu).build()
}

/// Returns the newer of two versions. The configured version is a minimum: AWS upgrades minor versions and never downgrades.
fn newer<'a>(one: &'a str, other: &'a str) -> &'a str {
    if order(one) > order(other) { one } else { other }
}

/// Returns the attributes that dependents can reference, without those that AWS has not reported yet.
fn attributes_of(cluster: &DbCluster) -> Attributes {
    let name = cluster.db_cluster_identifier();
    let mut known = returned([
        ("id", name),
        ("name", name),
        ("arn", cluster.db_cluster_arn()),
        ("resource_id", cluster.db_cluster_resource_id()),
        ("endpoint", cluster.endpoint()),
        ("reader_endpoint", cluster.reader_endpoint()),
    ]);
    known.extend(cluster.port().map(|port| ("port".to_owned(), Value::from(port))));
    known
}

fn created(cluster: &DbCluster, operation: &str) -> Result<Created, ProviderError> {
    let mut attributes = attributes_of(cluster);
    // During creation, AWS may report endpoints that still change.
    attributes.retain(|name, _| ["name", "arn", "resource_id"].contains(&name.as_str()));
    let name = cluster.db_cluster_identifier();
    let name = name.ok_or_else(|| ProviderError::incomplete(operation, "DBClusterIdentifier"))?;
    Ok(Created { id: name.to_owned(), attributes })
}

fn live(cluster: &DbCluster) -> Live {
    let acu = cluster.serverless_v2_scaling_configuration();
    let groups = cluster.vpc_security_groups().iter().filter_map(|group| group.vpc_security_group_id.clone());
    let inputs = ClusterLive {
        cluster_name: cluster.db_cluster_identifier.clone(),
        engine: cluster.engine.clone(),
        engine_version: cluster.engine_version.clone(),
        database_name: cluster.database_name.clone(),
        port: cluster.port(),
        master_username: cluster.master_username.clone(),
        subnet_group_name: cluster.db_subnet_group.clone(),
        // AWS may omit an empty list from its XML: an absent list is empty.
        security_group_ids: Some(groups.collect()),
        parameter_group_name: cluster.db_cluster_parameter_group.clone(),
        min_acu: acu.and_then(|acu| acu.min_capacity),
        max_acu: acu.and_then(|acu| acu.max_capacity),
        iam_authentication: cluster.iam_database_authentication_enabled(),
        data_api: cluster.http_endpoint_enabled(),
        storage_encrypted: cluster.storage_encrypted(),
        backup_retention_days: cluster.backup_retention_period(),
        backup_window: cluster.preferred_backup_window.clone(),
        maintenance_window: cluster.preferred_maintenance_window.clone(),
        copy_tags_to_snapshot: cluster.copy_tags_to_snapshot(),
        log_exports: Some(cluster.enabled_cloudwatch_logs_exports().to_vec()),
        deletion_protection: cluster.deletion_protection(),
        restoring: Some(cluster.tag_list().iter().any(|tag| tag.key() == Some(RESTORING))),
        ..ClusterLive::default()
    };
    let mut tags = from_tags(cluster.tag_list());
    tags.remove(RESTORING);
    Live::new(&inputs, attributes_of(cluster)).tagged(tags)
}

/// Returns a description of accepted but unapplied changes. The status stays `available` until AWS starts to apply them.
fn pending(cluster: &DbCluster) -> Option<String> {
    let pending = cluster.pending_modified_values()?;
    let logs = pending.pending_cloudwatch_logs_exports();
    let logs = logs.is_some_and(|l| !l.log_types_to_enable().is_empty() || !l.log_types_to_disable().is_empty());
    let names = [
        ("engine version", pending.engine_version().is_some()),
        ("password", pending.master_user_password().is_some()),
        ("backup retention", pending.backup_retention_period().is_some()),
        ("IAM authentication", pending.iam_database_authentication_enabled().is_some()),
        ("log exports", logs),
    ];
    let names: Vec<&str> = names.into_iter().filter(|(_, is_pending)| *is_pending).map(|(name, _)| name).collect();
    (!names.is_empty()).then(|| format!("pending: {}", names.join(", ")))
}

impl ClusterKind {
    /// Returns the cluster, unless it is being deleted.
    async fn describe(&self, region: &Region, name: &str) -> Result<Option<DbCluster>, ProviderError> {
        Ok(self.describe_any(region, name).await?.filter(|cluster| cluster.status() != Some("deleting")))
    }

    async fn describe_any(&self, region: &Region, name: &str) -> Result<Option<DbCluster>, ProviderError> {
        let result = self.0.in_region(region).describe_db_clusters().db_cluster_identifier(name).send().await;
        let answer = none_if_missing(result.map_err(api_error(DESCRIBE)))?;
        Ok(answer.and_then(|answer| answer.db_clusters.unwrap_or_default().into_iter().next()))
    }

    async fn readiness(&self, region: &Region, name: &str, cluster: &DbCluster) -> Result<Readiness, ProviderError> {
        let reason = status::last_event(&self.0, region, SourceType::DbCluster, name);
        status::readiness(DESCRIBE, cluster.status(), reason).await
    }

    async fn password(&self, arn: &str) -> Result<SecretText, ProviderError> {
        Secrets::new(self.0.connection()).text(arn).await?.field("password", arn)
    }

    /// Restores a snapshot. It contains its own password, backup settings and windows: an update sets the configured ones after
    /// the cluster is restored.
    async fn restore(
        &self,
        subject: &Subject,
        inputs: &Inputs,
        snapshot: &str,
        tags: &Tags,
    ) -> Result<Created, ProviderError> {
        let operation = "rds:RestoreDBClusterFromSnapshot";
        let snapshot = snapshots::chosen(&self.0, &subject.region, snapshot, &subject.ownership).await?;
        let (snapshot, snapshot_version) = (snapshot.name, snapshot.engine_version);
        let (from, to) = (major(&snapshot_version), major(&inputs.engine_version));
        if order(from) > order(to) {
            let message = format!(
                "snapshot `{snapshot}` has PostgreSQL {snapshot_version}, newer than {to}; set `engine_version = \"{from}\"` in [database]"
            );
            return Err(ProviderError::new(ErrorKind::Invalid, operation, message));
        }
        let mut tags = tags.clone();
        tags.insert(RESTORING.to_owned(), "true".to_owned());
        let call = self.0.in_region(&subject.region).restore_db_cluster_from_snapshot().snapshot_identifier(snapshot);
        let call = call.db_cluster_identifier(&inputs.cluster_name).engine(&inputs.engine).port(inputs.port);
        let call = call.engine_version(newer(&snapshot_version, &inputs.engine_version));
        let call = call.db_subnet_group_name(&inputs.subnet_group_name);
        let call = call.set_vpc_security_group_ids(Some(inputs.security_group_ids.clone()));
        let call = call.db_cluster_parameter_group_name(&inputs.parameter_group_name);
        let call = call.serverless_v2_scaling_configuration(scaling(inputs));
        let call = call.enable_iam_database_authentication(inputs.iam_authentication);
        let call = call.set_enable_cloudwatch_logs_exports(Some(inputs.log_exports.clone()));
        let call = call.copy_tags_to_snapshot(inputs.copy_tags_to_snapshot).set_tags(Some(to_tags(&tags)));
        let call = call.deletion_protection(inputs.deletion_protection);
        let answer = call.send().await.map_err(api_error_eventual(operation))?;
        answer.db_cluster.ok_or_else(|| ProviderError::incomplete(operation, "DBCluster"))?;
        // The engine finds the cluster at the next attempt and updates it to the desired inputs.
        Err(ProviderError::new(ErrorKind::Dependency, operation, "the snapshot is being restored"))
    }

    /// Modifies the cluster. `live` is the cluster at this attempt: an earlier attempt may have taken effect.
    async fn modify(
        &self,
        region: &Region,
        name: &str,
        live: &DbCluster,
        update: &Update<Inputs>,
    ) -> Result<(), ProviderError> {
        let desired = &update.desired;
        let call = self.0.in_region(region).modify_db_cluster().db_cluster_identifier(name).apply_immediately(true);
        let mut changes = false;
        let mut if_changed = |field: &str| {
            let changed = update.changes(field);
            changes |= changed;
            changed
        };
        let live_version = live.engine_version().ok_or_else(|| ProviderError::incomplete(DESCRIBE, "EngineVersion"))?;
        let version = if_changed("engine_version") && order(live_version) < order(&desired.engine_version);
        let port = if_changed("port");
        let groups = if_changed("security_group_ids");
        let parameters = if_changed("parameter_group_name");
        let acu = if_changed("min_acu") | if_changed("max_acu");
        let iam = if_changed("iam_authentication");
        let retention = if_changed("backup_retention_days");
        let backup = if_changed("backup_window");
        let maintenance = if_changed("maintenance_window");
        let copy = if_changed("copy_tags_to_snapshot");
        let logs = if_changed("log_exports");
        let protection = if_changed("deletion_protection");
        let secret = if_changed("admin_secret_arn") | if_changed("restoring");
        if !changes {
            return Ok(());
        }
        let password = if secret { Some(self.password(&desired.admin_secret_arn).await?) } else { None };
        let other_major = version && major(live_version) != major(&desired.engine_version);
        let live_logs = live.enabled_cloudwatch_logs_exports();
        let without = |from: &[String], other: &[String]| -> Option<Vec<String>> {
            Some(from.iter().filter(|log| !other.contains(log)).cloned().collect())
        };
        let exports = CloudwatchLogsExportConfiguration::builder()
            .set_enable_log_types(without(&desired.log_exports, live_logs))
            .set_disable_log_types(without(live_logs, &desired.log_exports))
            .build();
        let call = call
            .set_engine_version(version.then(|| desired.engine_version.clone()))
            .set_allow_major_version_upgrade(other_major.then_some(true))
            .set_port(port.then_some(desired.port))
            .set_vpc_security_group_ids(groups.then(|| desired.security_group_ids.clone()))
            .set_db_cluster_parameter_group_name(
                (parameters || other_major).then(|| desired.parameter_group_name.clone()),
            )
            .set_serverless_v2_scaling_configuration(acu.then(|| scaling(desired)))
            .set_enable_iam_database_authentication(iam.then_some(desired.iam_authentication))
            .set_backup_retention_period(retention.then_some(desired.backup_retention_days))
            .set_preferred_backup_window(backup.then(|| desired.backup_window.clone()))
            .set_preferred_maintenance_window(maintenance.then(|| desired.maintenance_window.clone()))
            .set_copy_tags_to_snapshot(copy.then_some(desired.copy_tags_to_snapshot))
            .set_cloudwatch_logs_export_configuration(logs.then_some(exports))
            .set_deletion_protection(protection.then_some(desired.deletion_protection))
            .set_master_user_password(password.as_ref().map(|password| password.expose().to_owned()));
        call.send().await.map(|_| ()).map_err(api_error("rds:ModifyDBCluster"))
    }
}

impl Kind for ClusterKind {
    type Definition = Cluster;

    async fn find(&self, subject: &Subject, known: &Known<Cluster>) -> Result<Option<Found>, ProviderError> {
        let cluster = self.describe(&subject.region, &known.cluster_name).await?;
        Ok(cluster.map(|cluster| Found::new(&known.cluster_name, Evidence::Tags(from_tags(cluster.tag_list())))))
    }

    async fn read_one(&self, region: &Region, name: &str, _tags: KnownTags<'_>) -> Result<Option<Live>, ProviderError> {
        Ok(self.describe(region, name).await?.as_ref().map(live))
    }

    async fn create(&self, subject: &Subject, inputs: &Inputs, tags: &Tags) -> Result<Created, ProviderError> {
        let region = &subject.region;
        if self.describe_any(region, &inputs.cluster_name).await?.is_some_and(|c| c.status() == Some("deleting")) {
            let message = "a cluster with this name is being deleted";
            return Err(ProviderError::new(ErrorKind::Dependency, "rds:CreateDBCluster", message));
        }
        if let Some(snapshot) = &inputs.restore_from_snapshot {
            return self.restore(subject, inputs, snapshot, tags).await;
        }
        let password = self.password(&inputs.admin_secret_arn).await?;
        let call = self.0.in_region(region).create_db_cluster().db_cluster_identifier(&inputs.cluster_name);
        let call = call.engine(&inputs.engine).engine_version(&inputs.engine_version).port(inputs.port);
        let call = call.database_name(&inputs.database_name).master_username(&inputs.master_username);
        let call = call.master_user_password(password.expose()).db_subnet_group_name(&inputs.subnet_group_name);
        let call = call.set_vpc_security_group_ids(Some(inputs.security_group_ids.clone()));
        let call = call.db_cluster_parameter_group_name(&inputs.parameter_group_name);
        let call = call.serverless_v2_scaling_configuration(scaling(inputs)).enable_http_endpoint(inputs.data_api);
        let call = call.enable_iam_database_authentication(inputs.iam_authentication);
        let call =
            call.storage_encrypted(inputs.storage_encrypted).backup_retention_period(inputs.backup_retention_days);
        let call = call.preferred_backup_window(&inputs.backup_window);
        let call = call.preferred_maintenance_window(&inputs.maintenance_window);
        let call = call.copy_tags_to_snapshot(inputs.copy_tags_to_snapshot);
        let call = call.set_enable_cloudwatch_logs_exports(Some(inputs.log_exports.clone()));
        let call = call.deletion_protection(inputs.deletion_protection).set_tags(Some(to_tags(tags)));
        let operation = "rds:CreateDBCluster";
        let answer = call.send().await.map_err(api_error_eventual(operation))?;
        let cluster = answer.db_cluster.ok_or_else(|| ProviderError::incomplete(operation, "DBCluster"))?;
        created(&cluster, operation)
    }

    async fn ready(&self, region: &Region, name: &str) -> Result<Readiness, ProviderError> {
        let Some(cluster) = self.describe(region, name).await? else {
            return Ok(Readiness::not_visible());
        };
        let readiness = self.readiness(region, name, &cluster).await?;
        Ok(pending(&cluster).filter(|_| readiness == Readiness::Ready).map_or(readiness, Readiness::Waiting))
    }

    async fn update(&self, subject: &Subject, name: &str, update: &Update<Inputs>) -> Result<(), ProviderError> {
        let client = self.0.in_region(&subject.region);
        let Some(cluster) = self.describe(&subject.region, name).await? else {
            return Err(ProviderError::not_visible(DESCRIBE, "the cluster"));
        };
        // A cluster that is stopped or in a failed state refuses every change; waiting does not help.
        self.readiness(&subject.region, name, &cluster).await?;
        let arn = cluster.db_cluster_arn().ok_or_else(|| ProviderError::incomplete(DESCRIBE, "DBClusterArn"))?;
        // First, because AWS refuses this call while a modification is in progress. If a later call fails, the next attempt finds
        // the endpoint in the desired state.
        if update.changes("data_api") && cluster.http_endpoint_enabled() != Some(update.desired.data_api) {
            // AWS honors the parameter of ModifyDBCluster with this meaning only for Aurora Serverless v1.
            if update.desired.data_api {
                let call = client.enable_http_endpoint().resource_arn(arn).send();
                call.await.map_err(api_error("rds:EnableHttpEndpoint"))?;
            } else {
                let call = client.disable_http_endpoint().resource_arn(arn).send();
                call.await.map_err(api_error("rds:DisableHttpEndpoint"))?;
            }
        }
        self.modify(&subject.region, name, &cluster, update).await?;
        if update.changes("restoring") {
            // Last: as long as the tag exists, another run repeats the restore settings.
            let call = client.remove_tags_from_resource().resource_name(arn).tag_keys(RESTORING);
            call.send().await.map_err(api_error("rds:RemoveTagsFromResource"))?;
        }
        Ok(())
    }

    async fn set_tags(&self, region: &Region, name: &str, tags: &Tags) -> Result<(), ProviderError> {
        set_tags(&self.0.in_region(region), &arn(&self.0, region, &format!("cluster:{name}")).await?, tags).await
    }

    async fn remove_tags(&self, region: &Region, name: &str, keys: &[String]) -> Result<(), ProviderError> {
        remove_tags(&self.0.in_region(region), &arn(&self.0, region, &format!("cluster:{name}")).await?, keys).await
    }

    async fn delete(&self, region: &Region, name: &str, how: Deletion) -> Result<(), ProviderError> {
        if let Some(cluster) = self.describe(region, name).await? {
            let call = self.0.in_region(region).delete_db_cluster().db_cluster_identifier(name);
            let call = match how {
                Deletion::Recoverable => {
                    let resource = cluster.db_cluster_resource_id();
                    let resource =
                        resource.ok_or_else(|| ProviderError::incomplete(DESCRIBE, "DbClusterResourceId"))?;
                    let call = call.skip_final_snapshot(false);
                    call.final_db_snapshot_identifier(snapshots::final_name(name, resource))
                }
                Deletion::Purge => call.skip_final_snapshot(true),
            };
            none_if_missing(call.send().await.map_err(api_error("rds:DeleteDBCluster")))?;
        }
        match how {
            Deletion::Recoverable => Ok(()),
            Deletion::Purge => snapshots::purge(&self.0, region, name).await,
        }
    }

    async fn gone(&self, region: &Region, name: &str) -> Result<Readiness, ProviderError> {
        Ok(match self.describe_any(region, name).await?.and_then(|cluster| cluster.status) {
            Some(status) => Readiness::Waiting(status),
            None => Readiness::Ready,
        })
    }
}
