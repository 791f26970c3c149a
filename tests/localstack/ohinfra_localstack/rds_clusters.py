"""RDS: Aurora clusters with their instances and snapshots, in the states of AWS."""

import uuid
from datetime import UTC, datetime

from .errors import refuse
from .rds_store import CLUSTERS, INSTANCES, advance, arn, as_tags, check_name, queue, set_tags, shown, store_of
from .rds_versions import VERSIONS, check_family, check_upgrade, family_of

# Members that AWS changes later, and reports as pending values until then.
LATER_OF_CLUSTERS = ("EngineVersion", "BackupRetentionPeriod", "IAMDatabaseAuthenticationEnabled")
LATER_OF_INSTANCES = ("DBInstanceClass",)


def check_password(request) -> None:
    password = request.get("MasterUserPassword")
    # Rule: rds.password
    if password is not None and (not 8 <= len(password) <= 41 or set(password) & set("/@\" ")):
        raise refuse("InvalidParameterValue", "The parameter MasterUserPassword is not a valid password.")


def check_retention(request) -> None:
    days = request.get("BackupRetentionPeriod")
    # Rule: rds.backup-retention
    if days is not None and not 1 <= days <= 35:
        raise refuse("InvalidParameterValue", f"Invalid backup retention period: {days}. It must be between 1 and 35.")


def settings(request) -> dict:
    names = {
        "BackupRetentionPeriod": "BackupRetentionPeriod",
        "PreferredBackupWindow": "PreferredBackupWindow",
        "CopyTagsToSnapshot": "CopyTagsToSnapshot",
        "DeletionProtection": "DeletionProtection",
        "EnableIAMDatabaseAuthentication": "IAMDatabaseAuthenticationEnabled",
        "ServerlessV2ScalingConfiguration": "ServerlessV2ScalingConfiguration",
        "DBClusterParameterGroupName": "DBClusterParameterGroup",
        "EngineVersion": "EngineVersion",
        "Port": "Port",
    }
    found = {target: request[name] for name, target in names.items() if request.get(name) is not None}
    if request.get("PreferredMaintenanceWindow"):
        found["PreferredMaintenanceWindow"] = request["PreferredMaintenanceWindow"].lower()
    if request.get("VpcSecurityGroupIds"):
        found["VpcSecurityGroups"] = [
            {"VpcSecurityGroupId": group, "Status": "active"} for group in request["VpcSecurityGroupIds"]
        ]
    if request.get("EnableCloudwatchLogsExports") is not None:
        found["EnabledCloudwatchLogsExports"] = request["EnableCloudwatchLogsExports"]
    return found


def cluster_of(context, name: str) -> dict:
    cluster = store_of(context).clusters.get(name)
    # Rule: rds.missing-cluster
    if cluster is None:
        raise refuse("DBClusterNotFoundFault", f"DBCluster {name} not found.", 404)
    return cluster


def shown_cluster(context, cluster: dict) -> dict:
    """Returns the description of a cluster."""
    name = cluster["DBClusterIdentifier"]
    store = store_of(context)
    pending = advance(context, CLUSTERS, cluster, name)
    status = cluster.get("_status", "available")
    # Rule: rds.cluster-creating
    if CLUSTERS.is_young(context, name):
        status = "creating"
    elif CLUSTERS.is_changing(context, name):
        status = "modifying"
    members = [i for i in store.instances.values() if i["DBClusterIdentifier"] == name]
    members += [i for i in INSTANCES.leaving(context).values() if i["DBClusterIdentifier"] == name]
    return {
        **shown(cluster),
        **pending,
        "Status": status,
        "TagList": as_tags(store.tags.get(cluster["DBClusterArn"], {})),
        "DBClusterMembers": [{"DBInstanceIdentifier": i["DBInstanceIdentifier"], "IsClusterWriter": True} for i in members],
    }


def make_cluster(context, request, more: dict) -> dict:
    name, store = request["DBClusterIdentifier"], store_of(context)
    check_name(name, "DBClusterIdentifier")
    check_password(request)
    check_retention(request)
    # Rule: rds.cluster-exists
    if name in store.clusters or name in CLUSTERS.leaving(context):
        raise refuse("DBClusterAlreadyExistsFault", "DB Cluster already exists")
    # Rule: rds.missing-subnet-group
    if request.get("DBSubnetGroupName") not in store.subnet_groups:
        raise refuse("DBSubnetGroupNotFoundFault", f"DBSubnetGroup {request.get('DBSubnetGroupName')} not found.", 404)
    group = request.get("DBClusterParameterGroupName")
    # Rule: rds.cluster-parameter-group-exists
    if group and group not in store.parameter_groups and not group.startswith("default."):
        raise refuse("DBClusterParameterGroupNotFound", f"DBClusterParameterGroup not found: {group}", 404)
    version = request.get("EngineVersion") or more.get("EngineVersion") or "15.8"
    # Rule: rds.engine-version
    if version not in VERSIONS:
        raise refuse("InvalidParameterCombination", f"Cannot find version {version} for aurora-postgresql")
    group = group or f"default.aurora-postgresql{version.split('.')[0]}"
    check_family(context, group, version)
    number = uuid.uuid4().hex
    cluster = {
        "DBClusterIdentifier": name,
        "DBClusterArn": arn(context, f"cluster:{name}"),
        "_arn": arn(context, f"cluster:{name}"),
        "DbClusterResourceId": f"cluster-{number[:26].upper()}",
        "Engine": request["Engine"],
        "EngineVersion": version,
        "EngineMode": "provisioned",
        "Port": 5432,
        "Endpoint": f"{name}.cluster-{number[:12]}.{context.region}.rds.amazonaws.com",
        "ReaderEndpoint": f"{name}.cluster-ro-{number[:12]}.{context.region}.rds.amazonaws.com",
        "MasterUsername": request.get("MasterUsername"),
        "DatabaseName": request.get("DatabaseName"),
        "StorageEncrypted": bool(request.get("StorageEncrypted")),
        "DBSubnetGroup": request.get("DBSubnetGroupName"),
        "DBClusterParameterGroup": group,
        "BackupRetentionPeriod": 1,
        "PreferredBackupWindow": "07:00-07:30",
        "PreferredMaintenanceWindow": "fri:09:00-fri:09:30",
        "HttpEndpointEnabled": bool(request.get("EnableHttpEndpoint")),
        "EnabledCloudwatchLogsExports": [],
        "ClusterCreateTime": datetime.now(UTC),
        "MultiAZ": False,
        "_password": request.get("MasterUserPassword"),
        **more,
        **settings(request),
    }
    store.clusters[name] = cluster
    set_tags(context, cluster["DBClusterArn"], request)
    CLUSTERS.create(context, name)
    return {"DBCluster": shown_cluster(context, cluster)}


def create_cluster(context, request):
    for name in ("MasterUsername", "MasterUserPassword"):
        # Rule: rds.master-user
        if not request.get(name):
            raise refuse("InvalidParameterCombination", f"{name} is required.")
    return make_cluster(context, request, {})


def describe_clusters(context, request):
    # Rule: rds.cluster-deleting
    leaving, store = CLUSTERS.leaving(context), store_of(context)
    wanted = request.get("DBClusterIdentifier")
    if wanted in leaving:
        return {"DBClusters": [leaving[wanted]]}
    if wanted:
        return {"DBClusters": [shown_cluster(context, cluster_of(context, wanted))]}
    return {"DBClusters": [shown_cluster(context, c) for c in store.clusters.values()] + list(leaving.values())}


def stop_cluster(context, request):
    cluster = cluster_of(context, request["DBClusterIdentifier"])
    check_available(context, cluster)
    cluster["_status"] = "stopped"
    return {"DBCluster": shown_cluster(context, cluster)}


def start_cluster(context, request):
    cluster = cluster_of(context, request["DBClusterIdentifier"])
    # Rule: rds.start-stopped-only
    if cluster.pop("_status", None) != "stopped":
        raise refuse("InvalidDBClusterStateFault", "DbCluster is not in stopped state.")
    return {"DBCluster": shown_cluster(context, cluster)}


def describe_events(context, request):
    # Rule: rds.stopped-event
    cluster = store_of(context).clusters.get(request.get("SourceIdentifier"), {})
    if cluster.get("_status") != "stopped":
        return {"Events": []}
    event = {"SourceIdentifier": request["SourceIdentifier"], "SourceType": "db-cluster", "Message": "DB cluster stopped"}
    return {"Events": [event | {"Date": datetime.now(UTC)}]}


def check_available(context, cluster: dict) -> None:
    status = shown_cluster(context, cluster)["Status"]
    # Rule: rds.change-available-only
    if status != "available":
        raise refuse("InvalidDBClusterStateFault", f"DB cluster {cluster['DBClusterIdentifier']} is {status}.")


def modify_cluster(context, request):
    check_password(request)
    check_retention(request)
    cluster = cluster_of(context, request["DBClusterIdentifier"])
    check_available(context, cluster)
    # Rule: rds.http-endpoint-operation
    if request.get("EnableHttpEndpoint") is not None:
        raise refuse("InvalidParameterCombination", "EnableHttpEndpoint is only for Aurora Serverless v1.")
    # Rule: rds.engine-version
    if request.get("EngineVersion") and request["EngineVersion"] not in VERSIONS:
        raise refuse("InvalidParameterCombination", f"Cannot upgrade to {request['EngineVersion']}")
    group = request.get("DBClusterParameterGroupName") or cluster["DBClusterParameterGroup"]
    # Rule: rds.cluster-parameter-group-exists
    if request.get("DBClusterParameterGroupName") and group not in store_of(context).parameter_groups and not group.startswith("default."):
        raise refuse("DBClusterParameterGroupNotFound", f"DBClusterParameterGroup not found: {group}", 404)
    check_upgrade(cluster["EngineVersion"], {"AllowMajorVersionUpgrade": False, **request}, family_of(context, group))
    check_family(context, group, request.get("EngineVersion") or cluster["EngineVersion"])
    change = request.get("CloudwatchLogsExportConfiguration") or {}
    exports = [log for log in cluster["EnabledCloudwatchLogsExports"] if log not in (change.get("DisableLogTypes") or [])]
    exports += [log for log in change.get("EnableLogTypes") or [] if log not in exports]
    changes = settings(request) | {"EnabledCloudwatchLogsExports": exports}
    # Rule: rds.cluster-pending-values
    later = {name: changes.pop(name) for name in LATER_OF_CLUSTERS if name in changes}
    cluster.update(changes)
    later = {name: value for name, value in later.items() if cluster.get(name) != value}
    if request.get("MasterUserPassword"):
        later["MasterUserPassword"] = "****"
        cluster["_new_password"] = request["MasterUserPassword"]
    queue(context, CLUSTERS, cluster, request, later)
    return {"DBCluster": shown_cluster(context, cluster)}


def delete_cluster(context, request):
    name, store = request["DBClusterIdentifier"], store_of(context)
    # Rule: rds.cluster-deleting
    if name in CLUSTERS.leaving(context):
        raise refuse("InvalidDBClusterStateFault", f"DB cluster {name} is already being deleted.")
    cluster = cluster_of(context, name)
    # Rule: rds.deletion-protection
    if cluster.get("DeletionProtection"):
        raise refuse("InvalidParameterCombination", "Cannot delete protected Cluster, please disable deletion protection and try again.")
    last = shown_cluster(context, cluster)
    # Rule: rds.delete-available-only
    if last["Status"] in ("modifying", "stopped"):
        raise refuse("InvalidDBClusterStateFault", f"DB cluster {name} is not available.")
    # Rule: rds.delete-instances-first
    if any(i["DBClusterIdentifier"] == name for i in store.instances.values()):
        raise refuse("InvalidDBClusterStateFault", "Cluster cannot be deleted, it still contains DB instances in non-deleting state.")
    snapshot = request.get("FinalDBSnapshotIdentifier")
    # Rule: rds.final-snapshot-with-skip
    if request.get("SkipFinalSnapshot") and snapshot:
        raise refuse("InvalidParameterCombination", "FinalDBSnapshotIdentifier must not be specified with SkipFinalSnapshot.")
    # Rule: rds.final-snapshot
    if not request.get("SkipFinalSnapshot") and not snapshot:
        raise refuse("InvalidParameterCombination", "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.")
    if snapshot:
        take_snapshot(context, snapshot, cluster)
    del store.clusters[name]
    store.tags.pop(cluster["DBClusterArn"], None)
    gone = {**last, "Status": "deleting"}
    CLUSTERS.delete(context, name, gone)
    return {"DBCluster": gone}


def take_snapshot(context, name: str, cluster: dict) -> dict:
    store = store_of(context)
    check_name(name, "FinalDBSnapshotIdentifier")
    # Rule: rds.snapshot-exists
    if name in store.snapshots:
        raise refuse("DBClusterSnapshotAlreadyExistsFault", "Cannot create the snapshot because one with the identifier already exists.")
    snapshot = {
        "DBClusterSnapshotIdentifier": name,
        "DBClusterSnapshotArn": arn(context, f"cluster-snapshot:{name}"),
        "DBClusterIdentifier": cluster["DBClusterIdentifier"],
        "DbClusterResourceId": cluster["DbClusterResourceId"],
        "SnapshotType": "manual",
        "Status": "available",
        "Engine": cluster["Engine"],
        "EngineVersion": cluster["EngineVersion"],
        "MasterUsername": cluster["MasterUsername"],
        "Port": cluster["Port"],
        "StorageEncrypted": cluster["StorageEncrypted"],
        "PercentProgress": 100,
        "SnapshotCreateTime": datetime.now(UTC),
        "ClusterCreateTime": cluster["ClusterCreateTime"],
        "_database": cluster["DatabaseName"],
        "_password": cluster.get("_password"),
    }
    store.snapshots[name] = snapshot
    # Rule: rds.copy-tags-to-snapshot
    tags = store.tags.get(cluster["DBClusterArn"], {}) if cluster.get("CopyTagsToSnapshot") else {}
    store.tags[snapshot["DBClusterSnapshotArn"]] = dict(tags)
    return snapshot


def shown_snapshot(context, snapshot: dict) -> dict:
    tags = as_tags(store_of(context).tags.get(snapshot["DBClusterSnapshotArn"], {}))
    return shown(snapshot) | {"TagList": tags}


def create_snapshot(context, request):
    snapshot = take_snapshot(context, request["DBClusterSnapshotIdentifier"], cluster_of(context, request["DBClusterIdentifier"]))
    return {"DBClusterSnapshot": shown_snapshot(context, snapshot)}


def snapshot_of(context, name: str) -> dict:
    for snapshot in store_of(context).snapshots.values():
        if name in (snapshot["DBClusterSnapshotIdentifier"], snapshot["DBClusterSnapshotArn"]):
            return snapshot
    # Rule: rds.missing-snapshot
    raise refuse("DBClusterSnapshotNotFoundFault", f"DBClusterSnapshot not found: {name}", 404)


def describe_snapshots(context, request):
    wanted, cluster = request.get("DBClusterSnapshotIdentifier"), request.get("DBClusterIdentifier")
    found = [snapshot_of(context, wanted)] if wanted else list(store_of(context).snapshots.values())
    found = [s for s in found if not cluster or s["DBClusterIdentifier"] == cluster]
    return {"DBClusterSnapshots": [shown_snapshot(context, snapshot) for snapshot in found]}


def delete_snapshot(context, request):
    snapshot = snapshot_of(context, request["DBClusterSnapshotIdentifier"])
    del store_of(context).snapshots[snapshot["DBClusterSnapshotIdentifier"]]
    return {"DBClusterSnapshot": shown_snapshot(context, snapshot)}


def restore_cluster(context, request):
    snapshot = snapshot_of(context, request["SnapshotIdentifier"])
    group = request.get("DBClusterParameterGroupName")
    check_upgrade(snapshot["EngineVersion"], request, family_of(context, group))
    # Rule: rds.restore-keeps-user. A restore keeps the user, the password and the data, but neither the endpoint nor the windows.
    more = {
        "EngineVersion": snapshot["EngineVersion"],
        "_password": snapshot["_password"],
        "MasterUsername": snapshot["MasterUsername"],
        "DatabaseName": snapshot["_database"],
        "StorageEncrypted": snapshot["StorageEncrypted"],
    }
    return make_cluster(context, request, more)


def set_endpoint(enabled: bool):
    def handler(context, request):
        cluster = cluster_of(context, request["ResourceArn"].rsplit(":", 1)[-1])
        # Rule: rds.http-endpoint-while-idle
        if cluster.get("_queued") or shown_cluster(context, cluster)["Status"] != "available":
            raise refuse("InvalidResourceStateFault", "The operation can't be performed because another operation is in progress.")
        cluster["HttpEndpointEnabled"] = enabled
        return {"ResourceArn": request["ResourceArn"], "HttpEndpointEnabled": enabled}

    return handler


def instance_of(context, name: str) -> dict:
    instance = store_of(context).instances.get(name)
    # Rule: rds.missing-instance
    if instance is None:
        raise refuse("DBInstanceNotFound", f"DBInstance {name} not found.", 404)
    return instance


def shown_instance(context, instance: dict) -> dict:
    name = instance["DBInstanceIdentifier"]
    pending = advance(context, INSTANCES, instance, name)
    status = "available"
    cluster = store_of(context).clusters.get(instance["DBClusterIdentifier"], {})
    # Rule: rds.instance-creating
    if INSTANCES.is_young(context, name):
        status = "creating"
    elif INSTANCES.is_changing(context, name):
        status = "modifying"
    elif cluster.get("_status"):
        # Rule: rds.stop-stops-instances
        status = cluster["_status"]
    tags = as_tags(store_of(context).tags.get(instance["DBInstanceArn"], {}))
    return {**shown(instance), **pending, "DBInstanceStatus": status, "TagList": tags}


def create_instance(context, request):
    name, store = request["DBInstanceIdentifier"], store_of(context)
    check_name(name, "DBInstanceIdentifier")
    # Rule: rds.instance-exists
    if name in store.instances or name in INSTANCES.leaving(context):
        raise refuse("DBInstanceAlreadyExists", "DB instance already exists")
    cluster = cluster_of(context, request["DBClusterIdentifier"])
    # Rule: rds.promotion-tier
    if not 0 <= (request.get("PromotionTier") or 0) <= 15:
        raise refuse("InvalidParameterValue", "PromotionTier must be between 0 and 15.")
    instance = {
        "DBInstanceIdentifier": name,
        "DBInstanceArn": arn(context, f"db:{name}"),
        "_arn": arn(context, f"db:{name}"),
        "DBClusterIdentifier": cluster["DBClusterIdentifier"],
        "Engine": request["Engine"],
        "EngineVersion": cluster["EngineVersion"],
        "DBInstanceClass": request["DBInstanceClass"],
        "PromotionTier": 1 if request.get("PromotionTier") is None else request["PromotionTier"],
        "PubliclyAccessible": bool(request.get("PubliclyAccessible")),
        # Rule: rds.minor-version-upgrade-default
        "AutoMinorVersionUpgrade": request.get("AutoMinorVersionUpgrade") is not False,
        "Endpoint": {"Address": f"{name}.{uuid.uuid4().hex[:12]}.{context.region}.rds.amazonaws.com", "Port": cluster["Port"]},
        "InstanceCreateTime": datetime.now(UTC),
    }
    store.instances[name] = instance
    set_tags(context, instance["DBInstanceArn"], request)
    INSTANCES.create(context, name)
    return {"DBInstance": shown_instance(context, instance)}


def describe_instances(context, request):
    leaving, store = INSTANCES.leaving(context), store_of(context)
    wanted = request.get("DBInstanceIdentifier")
    if wanted in leaving:
        return {"DBInstances": [leaving[wanted]]}
    if wanted:
        return {"DBInstances": [shown_instance(context, instance_of(context, wanted))]}
    return {"DBInstances": [shown_instance(context, i) for i in store.instances.values()] + list(leaving.values())}


def modify_instance(context, request):
    instance = instance_of(context, request["DBInstanceIdentifier"])
    names = ("DBInstanceClass", "PromotionTier", "PubliclyAccessible", "AutoMinorVersionUpgrade")
    changes = {name: request[name] for name in names if request.get(name) is not None}
    # Rule: rds.instance-pending-values
    later = {name: changes.pop(name) for name in LATER_OF_INSTANCES if name in changes}
    instance.update(changes)
    later = {name: value for name, value in later.items() if instance[name] != value}
    queue(context, INSTANCES, instance, request, later)
    return {"DBInstance": shown_instance(context, instance)}


def delete_instance(context, request):
    name, store = request["DBInstanceIdentifier"], store_of(context)
    # Rule: rds.instance-deleting
    if name in INSTANCES.leaving(context):
        raise refuse("InvalidDBInstanceState", f"Instance {name} is already being deleted.")
    instance = instance_of(context, name)
    gone = {**shown_instance(context, instance), "DBInstanceStatus": "deleting"}
    del store.instances[name]
    store.tags.pop(instance["DBInstanceArn"], None)
    INSTANCES.delete(context, name, gone)
    return {"DBInstance": gone}
