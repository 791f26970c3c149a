"""Rules of Aurora clusters."""

from databases import DatabaseTest
from support import name, rule, tags

API = "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference"
AURORA = "https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide"
CREATE = f"RDS API: CreateDBCluster, {API}/API_CreateDBCluster.html"
MODIFY = f"RDS API: ModifyDBCluster, {API}/API_ModifyDBCluster.html"
DELETE = f"RDS API: DeleteDBCluster, {API}/API_DeleteDBCluster.html"
STATUS = f"Aurora User Guide: DB cluster status, {AURORA}/Aurora.Status.html"
UPGRADES = f"Aurora User Guide: Performing a major version upgrade, {AURORA}/USER_UpgradeDBInstance.PostgreSQL.MajorVersion.html"
PENDING = (
    "CloudFormation resource provider of RDS, pull request 327, "
    "https://github.com/aws-cloudformation/aws-cloudformation-resource-providers-rds/pull/327"
)
FAMILY = "AWS Rails provisioner, issue 5, https://github.com/awslabs/aws-rails-provisioner/issues/5"


class Creation(DatabaseTest):
    @rule(
        "rds.identifier",
        # "First character must be a letter. Can't end with a hyphen or contain two consecutive hyphens."
        CREATE,
    )
    def test_identifier_is_validated(self):
        for invalid in ("1cluster", "cluster-", "a--b", "a_b", "c" * 64):
            with self.refused("InvalidParameterValue"):
                self.create(invalid)

    @rule(
        "rds.password",
        # "Must contain from 8 to 41 characters. Can contain any printable ASCII character except /, ", or @."
        CREATE,
    )
    def test_password_is_validated(self):
        for invalid in ("short", "x" * 42, "with/slash/slash", "with@at-sign@", 'with"quote"', "with a space"):
            with self.refused("InvalidParameterValue"):
                self.create(MasterUserPassword=invalid)

    @rule(
        "rds.backup-retention",
        # "Must be a value from 1 to 35."
        f"RDS API: ModifyDBCluster, BackupRetentionPeriod, {API}/API_ModifyDBCluster.html",
    )
    def test_backups_are_retained_for_1_to_35_days(self):
        for invalid in (0, 36):
            with self.refused("InvalidParameterValue"):
                self.create(BackupRetentionPeriod=invalid)
        cluster = self.available(BackupRetentionPeriod=35)
        with self.refused("InvalidParameterValue"):
            self.modify(cluster, BackupRetentionPeriod=0)

    @rule("rds.master-user", CREATE)
    def test_master_user_has_a_name_and_a_password(self):
        for missing in ("MasterUsername", "MasterUserPassword"):
            with self.refused("InvalidParameterCombination", missing):
                self.create(**{missing: None})

    @rule("rds.engine-version", f"RDS API: DescribeDBEngineVersions, {API}/API_DescribeDBEngineVersions.html")
    def test_engine_version_exists(self):
        found = self.rds.describe_db_engine_versions(Engine="aurora-postgresql")["DBEngineVersions"]
        self.assertIn("15.8", [version["EngineVersion"] for version in found])
        with self.refused("InvalidParameterCombination"):
            self.create(EngineVersion="15.99")
        cluster = self.available()
        with self.refused("InvalidParameterCombination"):
            self.modify(cluster, EngineVersion="15.99")

    @rule(
        "rds.cluster-exists",
        f"RDS API: CreateDBCluster, DBClusterAlreadyExistsFault, {API}/API_CreateDBCluster.html",
    )
    def test_identifier_is_unique(self):
        cluster = self.create()
        with self.refused("DBClusterAlreadyExistsFault"):
            self.create(cluster)

    @rule(
        "rds.missing-cluster",
        f"RDS API: DescribeDBClusters, DBClusterNotFoundFault, {API}/API_DescribeDBClusters.html",
    )
    def test_missing_cluster_is_not_found(self):
        with self.refused("DBClusterNotFoundFault"):
            self.cluster("missing")

    @rule("rds.cluster-creating", STATUS)
    def test_new_cluster_is_creating(self):
        def attempt():
            self.assertEqual(self.cluster(self.create())["Status"], "creating")

        self.while_pending(attempt)
        self.available()

    @rule("rds.parameter-group-family", FAMILY)
    def test_parameter_group_has_the_family_of_the_version(self):
        group = self.parameter_group(16)
        with self.refused("InvalidParameterCombination", "aurora-postgresql15"):
            self.create(DBClusterParameterGroupName=group)
        self.create(DBClusterParameterGroupName=group, EngineVersion="16.6")

    @rule(
        "rds.cluster-parameter-group-exists",
        f"RDS API: CreateDBCluster, DBClusterParameterGroupNotFound, {API}/API_CreateDBCluster.html",
    )
    def test_parameter_group_of_a_cluster_exists(self):
        with self.refused("DBClusterParameterGroupNotFound"):
            self.create(DBClusterParameterGroupName="missing")
        cluster = self.available(DBClusterParameterGroupName="default.aurora-postgresql15")
        with self.refused("DBClusterParameterGroupNotFound"):
            self.modify(cluster, DBClusterParameterGroupName="missing")


class Changes(DatabaseTest):
    @rule(
        "rds.change-available-only",
        f"RDS API: ModifyDBCluster, InvalidDBClusterStateFault, {API}/API_ModifyDBCluster.html",
    )
    def test_cluster_changes_only_while_available(self):
        def attempt():
            cluster = self.create()
            with self.refused("InvalidDBClusterStateFault"):
                self.modify(cluster, CopyTagsToSnapshot=True)

        self.while_pending(attempt)

    @rule(
        "rds.cluster-pending-values",
        f"RDS API: ClusterPendingModifiedValues, {API}/API_ClusterPendingModifiedValues.html",
        PENDING,
    )
    def test_deferred_change_is_pending_while_available(self):
        for member, value in (("EngineVersion", "15.10"), ("BackupRetentionPeriod", 3)):
            cluster = self.available()
            answer = self.modify(cluster, ApplyImmediately=True, **{member: value})
            self.assertEqual((answer["Status"], answer["PendingModifiedValues"]), ("available", {member: value}))
            self.assertNotEqual(answer[member], value)
            self.available(cluster)
            self.assertEqual(self.cluster(cluster)[member], value)

    @rule(
        "rds.maintenance-window",
        # "If this parameter is disabled, changes to the DB cluster are applied during the next maintenance window."
        f"RDS API: ModifyDBCluster, ApplyImmediately, {API}/API_ModifyDBCluster.html",
    )
    def test_change_without_apply_immediately_waits(self):
        cluster, other = self.available(), self.available()
        self.modify(cluster, BackupRetentionPeriod=3)
        self.modify(other, ApplyImmediately=True, BackupRetentionPeriod=3)
        self.until(lambda: self.cluster(other)["BackupRetentionPeriod"] == 3)
        waiting = self.cluster(cluster)
        self.assertEqual((waiting["BackupRetentionPeriod"], waiting["PendingModifiedValues"]), (1, {"BackupRetentionPeriod": 3}))
        self.modify(cluster, ApplyImmediately=True, EngineVersion="15.10")
        self.available(cluster)
        self.assertEqual(self.cluster(cluster)["BackupRetentionPeriod"], 3)

    @rule(
        "rds.http-endpoint-operation",
        # "This parameter applies only to Aurora Serverless v1 DB clusters."
        f"RDS API: ModifyDBCluster, EnableHttpEndpoint, {API}/API_ModifyDBCluster.html",
    )
    def test_http_endpoint_has_its_own_operation(self):
        cluster = self.available()
        with self.refused("InvalidParameterCombination"):
            self.modify(cluster, EnableHttpEndpoint=True)
        self.rds.enable_http_endpoint(ResourceArn=self.cluster(cluster)["DBClusterArn"])
        self.assertTrue(self.cluster(cluster)["HttpEndpointEnabled"])

    @rule(
        "rds.http-endpoint-while-idle",
        # "The operation can't be performed because another operation is in progress."
        f"RDS API: EnableHttpEndpoint, InvalidResourceStateFault, {API}/API_EnableHttpEndpoint.html",
    )
    def test_http_endpoint_changes_only_while_idle(self):
        cluster = self.available()
        self.modify(cluster, BackupRetentionPeriod=3)
        with self.refused("InvalidResourceStateFault"):
            self.rds.enable_http_endpoint(ResourceArn=self.cluster(cluster)["DBClusterArn"])

    @rule("rds.no-downgrade", UPGRADES)
    def test_version_does_not_go_back(self):
        cluster = self.available(EngineVersion="15.10")
        with self.refused("InvalidParameterCombination", "Cannot upgrade"):
            self.modify(cluster, EngineVersion="15.8")

    @rule(
        "rds.allow-major-upgrade",
        # "You must allow major version upgrades when specifying a value for the EngineVersion parameter that is a different major
        # version than the DB cluster's current version."
        f"RDS API: ModifyDBCluster, AllowMajorVersionUpgrade, {API}/API_ModifyDBCluster.html",
    )
    def test_major_upgrade_is_allowed_explicitly(self):
        cluster, upgrade = self.available(), {"EngineVersion": "16.6", "DBClusterParameterGroupName": "default.aurora-postgresql16"}
        with self.refused("InvalidParameterCombination", "AllowMajorVersionUpgrade"):
            self.modify(cluster, **upgrade)
        self.modify(cluster, **upgrade, AllowMajorVersionUpgrade=True)

    @rule("rds.major-upgrade-parameter-group", UPGRADES, FAMILY)
    def test_major_upgrade_has_a_parameter_group(self):
        cluster = self.available(DBClusterParameterGroupName=self.parameter_group(15))
        with self.refused("InvalidParameterCombination", "parameter group"):
            self.modify(cluster, EngineVersion="16.6", AllowMajorVersionUpgrade=True)


class StopAndStart(DatabaseTest):
    def stopped(self) -> str:
        cluster = self.available()
        self.rds.stop_db_cluster(DBClusterIdentifier=cluster)
        return cluster

    @rule(
        "rds.start-stopped-only",
        f"RDS API: StartDBCluster, InvalidDBClusterStateFault, {API}/API_StartDBCluster.html",
    )
    def test_only_a_stopped_cluster_starts(self):
        cluster = self.available()
        with self.refused("InvalidDBClusterStateFault"):
            self.rds.start_db_cluster(DBClusterIdentifier=cluster)
        cluster = self.stopped()
        self.rds.start_db_cluster(DBClusterIdentifier=cluster)
        self.available(cluster)

    @rule("rds.stopped-event", f"RDS API: DescribeEvents, {API}/API_DescribeEvents.html")
    def test_stop_is_an_event(self):
        cluster = self.stopped()
        events = self.rds.describe_events(SourceIdentifier=cluster, SourceType="db-cluster")["Events"]
        self.assertEqual([event["Message"] for event in events], ["DB cluster stopped"])

    @rule(
        "rds.stop-stops-instances",
        f"Aurora User Guide: Stopping and starting an Amazon Aurora DB cluster, {AURORA}/aurora-cluster-stop-start.html",
    )
    def test_instances_stop_with_their_cluster(self):
        cluster = self.available()
        instance = self.add_instance(cluster)
        self.until(lambda: self.instance(instance)["DBInstanceStatus"] == "available")
        self.rds.stop_db_cluster(DBClusterIdentifier=cluster)
        self.assertEqual(self.instance(instance)["DBInstanceStatus"], "stopped")


class Deletion(DatabaseTest):
    @rule("rds.cluster-deleting", STATUS)
    def test_deleted_cluster_is_deleting(self):
        def attempt(cluster):
            self.delete(cluster)
            self.assertEqual(self.cluster(cluster)["Status"], "deleting")
            with self.refused("InvalidDBClusterStateFault"):
                self.delete(cluster)

        self.while_pending(attempt, lambda: [self.available()])

    @rule(
        "rds.deletion-protection",
        f"Aurora User Guide: Deletion protection for Aurora clusters, {AURORA}/USER_DeleteCluster.html",
        "cloud-nuke, issue 936, https://github.com/gruntwork-io/cloud-nuke/issues/936",
    )
    def test_protected_cluster_is_not_deleted(self):
        cluster = self.available(DeletionProtection=True)
        with self.refused("InvalidParameterCombination", "deletion protection"):
            self.delete(cluster)
        self.modify(cluster, DeletionProtection=False)
        self.available(cluster)
        self.delete(cluster)

    @rule(
        "rds.delete-available-only",
        f"RDS API: DeleteDBCluster, InvalidDBClusterStateFault, {API}/API_DeleteDBCluster.html",
    )
    def test_stopped_cluster_is_not_deleted(self):
        cluster = self.available()
        self.rds.stop_db_cluster(DBClusterIdentifier=cluster)
        with self.refused("InvalidDBClusterStateFault"):
            self.delete(cluster)

    @rule(
        "rds.delete-instances-first",
        "ACK, issue 1151, https://github.com/aws-controllers-k8s/community/issues/1151",
        "moto, pull request 6998, https://github.com/getmoto/moto/pull/6998",
    )
    def test_cluster_with_instances_is_not_deleted(self):
        cluster = self.available()
        instance = self.add_instance(cluster)
        with self.refused("InvalidDBClusterStateFault", "still contains DB instances"):
            self.delete(cluster)
        self.rds.delete_db_instance(DBInstanceIdentifier=instance, SkipFinalSnapshot=True)
        self.delete(cluster)

    @rule(
        "rds.final-snapshot",
        # "If SkipFinalSnapshot is disabled, you must specify a value for the FinalDBSnapshotIdentifier parameter."
        DELETE,
    )
    def test_deletion_without_skip_needs_a_final_snapshot(self):
        cluster, snapshot = self.available(), name("s")
        with self.refused("InvalidParameterCombination", "FinalDBSnapshotIdentifier"):
            self.delete(cluster, SkipFinalSnapshot=False)
        self.delete(cluster, SkipFinalSnapshot=False, FinalDBSnapshotIdentifier=snapshot)
        found = self.rds.describe_db_cluster_snapshots(DBClusterSnapshotIdentifier=snapshot)["DBClusterSnapshots"]
        self.assertEqual(found[0]["DBClusterIdentifier"], cluster)

    @rule(
        "rds.final-snapshot-with-skip",
        # "If you specify this parameter and also skip the creation of a final DB cluster snapshot with the SkipFinalShapshot parameter,
        # the request results in an error."
        DELETE,
    )
    def test_final_snapshot_excludes_skip(self):
        cluster = self.available()
        with self.refused("InvalidParameterCombination"):
            self.delete(cluster, FinalDBSnapshotIdentifier=name("s"))


class Snapshots(DatabaseTest):
    def restore(self, snapshot: str, **changes) -> str:
        cluster = name("c")
        request = {"DBClusterIdentifier": cluster, "SnapshotIdentifier": snapshot, "Engine": "aurora-postgresql"}
        self.rds.restore_db_cluster_from_snapshot(**request, DBSubnetGroupName=self.subnet_group, **changes)
        return cluster

    @rule(
        "rds.snapshot-exists",
        f"RDS API: CreateDBClusterSnapshot, DBClusterSnapshotAlreadyExistsFault, {API}/API_CreateDBClusterSnapshot.html",
    )
    def test_snapshot_identifier_is_unique(self):
        cluster = self.available()
        snapshot = self.snapshot(cluster)
        with self.refused("DBClusterSnapshotAlreadyExistsFault"):
            self.rds.create_db_cluster_snapshot(DBClusterSnapshotIdentifier=snapshot, DBClusterIdentifier=cluster)

    @rule(
        "rds.missing-snapshot",
        f"RDS API: DescribeDBClusterSnapshots, DBClusterSnapshotNotFoundFault, {API}/API_DescribeDBClusterSnapshots.html",
    )
    def test_missing_snapshot_is_not_found(self):
        with self.refused("DBClusterSnapshotNotFoundFault"):
            self.rds.describe_db_cluster_snapshots(DBClusterSnapshotIdentifier="missing")
        with self.refused("DBClusterSnapshotNotFoundFault"):
            self.restore("missing")

    @rule(
        "rds.copy-tags-to-snapshot",
        # "The default is not to copy them."
        f"RDS API: CreateDBCluster, CopyTagsToSnapshot, {API}/API_CreateDBCluster.html",
    )
    def test_tags_are_copied_on_request(self):
        tag = [{"Key": "owner", "Value": "me"}]
        for copied, expected in ((True, {"owner": "me"}), (False, {})):
            snapshot = self.snapshot(self.available(Tags=tag, CopyTagsToSnapshot=copied))
            found = self.rds.describe_db_cluster_snapshots(DBClusterSnapshotIdentifier=snapshot)["DBClusterSnapshots"]
            self.assertEqual(tags(found[0]["TagList"]), expected)

    @rule(
        "rds.restore-keeps-user",
        f"Aurora User Guide: Restoring from a DB cluster snapshot, {AURORA}/aurora-restore-snapshot.html",
    )
    def test_restored_cluster_keeps_user_and_version(self):
        before = self.cluster(self.available(DatabaseName="app", PreferredBackupWindow="10:00-10:30"))
        after = self.cluster(self.restore(self.snapshot(before["DBClusterIdentifier"])))
        kept = ("MasterUsername", "DatabaseName", "EngineVersion")
        self.assertEqual([after[member] for member in kept], [before[member] for member in kept])
        for changed in ("Endpoint", "PreferredBackupWindow", "DbClusterResourceId"):
            self.assertNotEqual(after[changed], before[changed])


class Instances(DatabaseTest):
    @rule(
        "rds.missing-instance",
        f"RDS API: DescribeDBInstances, DBInstanceNotFound, {API}/API_DescribeDBInstances.html",
    )
    def test_missing_instance_is_not_found(self):
        with self.refused("DBInstanceNotFound"):
            self.instance("missing")

    @rule("rds.instance-exists", f"RDS API: CreateDBInstance, DBInstanceAlreadyExists, {API}/API_CreateDBInstance.html")
    def test_instance_identifier_is_unique(self):
        cluster = self.available()
        instance = self.add_instance(cluster)
        with self.refused("DBInstanceAlreadyExists"):
            self.add_instance(cluster, instance)

    @rule("rds.instance-creating", STATUS)
    def test_new_instance_is_creating(self):
        cluster = self.available()

        def attempt():
            instance = self.add_instance(cluster)
            self.assertEqual(self.instance(instance)["DBInstanceStatus"], "creating")
            return instance

        instance = self.while_pending(attempt)
        self.until(lambda: self.instance(instance)["DBInstanceStatus"] == "available")

    @rule("rds.instance-deleting", f"RDS API: DeleteDBInstance, {API}/API_DeleteDBInstance.html")
    def test_deleted_instance_is_deleting(self):
        cluster = self.available()

        def attempt():
            instance = self.add_instance(cluster)
            deletion = {"DBInstanceIdentifier": instance, "SkipFinalSnapshot": True}
            self.rds.delete_db_instance(**deletion)
            self.assertEqual(self.instance(instance)["DBInstanceStatus"], "deleting")
            with self.refused("InvalidDBInstanceState"):
                self.rds.delete_db_instance(**deletion)
            return instance

        instance = self.while_pending(attempt)
        self.until_refused("DBInstanceNotFound", lambda: self.instance(instance))

    @rule(
        "rds.promotion-tier",
        # "Default: 1. Valid Values: 0 - 15"
        f"RDS API: CreateDBInstance, PromotionTier, {API}/API_CreateDBInstance.html",
    )
    def test_promotion_tier_is_at_most_15(self):
        cluster = self.available()
        self.assertEqual(self.instance(self.add_instance(cluster))["PromotionTier"], 1)
        with self.refused("InvalidParameterValue"):
            self.add_instance(cluster, PromotionTier=16)

    @rule(
        "rds.minor-version-upgrade-default",
        # "By default, minor engine upgrades are applied automatically."
        f"RDS API: CreateDBInstance, AutoMinorVersionUpgrade, {API}/API_CreateDBInstance.html",
    )
    def test_minor_versions_are_upgraded_by_default(self):
        cluster = self.available()
        self.assertTrue(self.instance(self.add_instance(cluster))["AutoMinorVersionUpgrade"])
        self.assertFalse(self.instance(self.add_instance(cluster, AutoMinorVersionUpgrade=False))["AutoMinorVersionUpgrade"])

    @rule(
        "rds.instance-pending-values",
        # "The change is applied during the next maintenance window, unless you specify ApplyImmediately in your request."
        f"RDS API: ModifyDBInstance, DBInstanceClass, {API}/API_ModifyDBInstance.html",
    )
    def test_class_of_an_instance_is_pending(self):
        instance = self.add_instance(self.available())
        self.until(lambda: self.instance(instance)["DBInstanceStatus"] == "available")
        change = {"DBInstanceIdentifier": instance, "DBInstanceClass": "db.r6g.large"}
        answer = self.rds.modify_db_instance(**change)["DBInstance"]
        self.assertEqual(answer["DBInstanceClass"], "db.serverless")
        self.assertEqual(answer["PendingModifiedValues"], {"DBInstanceClass": "db.r6g.large"})
        self.rds.modify_db_instance(**change, ApplyImmediately=True)
        self.until(lambda: self.instance(instance)["DBInstanceClass"] == "db.r6g.large")
