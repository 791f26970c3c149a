"""Shared by the tests of RDS: Aurora clusters with their subnet and parameter groups."""

import given
from support import Test, name

PASSWORD = "a-password-of-16"

#: Two subnets by account, which all tests of RDS share.
SUBNETS: dict[str, list[str]] = {}


class DatabaseTest(Test):
    shares_account = True

    def setUp(self):
        super().setUp()
        self.rds = self.aws("rds")
        if self.account not in SUBNETS:
            SUBNETS[self.account] = given.subnets(self, given.vpc(self))
        self.subnets = SUBNETS[self.account]
        self.subnet_group = name()
        self.rds.create_db_subnet_group(
            DBSubnetGroupName=self.subnet_group, DBSubnetGroupDescription="test", SubnetIds=self.subnets
        )

    def create(self, cluster: str | None = None, **changes) -> str:
        cluster = cluster or name("c")
        request = {
            "DBClusterIdentifier": cluster,
            "Engine": "aurora-postgresql",
            "EngineVersion": "15.8",
            "MasterUsername": "postgres",
            "MasterUserPassword": PASSWORD,
            "DBSubnetGroupName": self.subnet_group,
        }
        self.rds.create_db_cluster(**{key: value for key, value in (request | changes).items() if value is not None})
        return cluster

    def available(self, cluster: str | None = None, **changes) -> str:
        """Returns a cluster that is available and has no pending values."""
        cluster = cluster or self.create(**changes)

        def idle():
            found = self.cluster(cluster)
            return found["Status"] == "available" and not found.get("PendingModifiedValues")

        self.until(idle)
        return cluster

    def cluster(self, cluster: str) -> dict:
        return self.rds.describe_db_clusters(DBClusterIdentifier=cluster)["DBClusters"][0]

    def modify(self, cluster: str, **changes) -> dict:
        return self.rds.modify_db_cluster(DBClusterIdentifier=cluster, **changes)["DBCluster"]

    def delete(self, cluster: str, **changes) -> dict:
        request = {"DBClusterIdentifier": cluster, "SkipFinalSnapshot": True} | changes
        return self.rds.delete_db_cluster(**request)["DBCluster"]

    def add_instance(self, cluster: str, instance: str | None = None, **changes) -> str:
        instance = instance or name("i")
        request = {"DBInstanceIdentifier": instance, "DBClusterIdentifier": cluster, "Engine": "aurora-postgresql"}
        self.rds.create_db_instance(**request, DBInstanceClass="db.serverless", **changes)
        return instance

    def instance(self, instance: str) -> dict:
        return self.rds.describe_db_instances(DBInstanceIdentifier=instance)["DBInstances"][0]

    def snapshot(self, cluster: str) -> str:
        snapshot = name("s")
        self.rds.create_db_cluster_snapshot(DBClusterSnapshotIdentifier=snapshot, DBClusterIdentifier=cluster)
        return snapshot

    def parameter_group(self, version: int = 15) -> str:
        group = name("p")
        self.rds.create_db_cluster_parameter_group(
            DBClusterParameterGroupName=group, DBParameterGroupFamily=f"aurora-postgresql{version}", Description="test"
        )
        return group
