"""Rules of RDS subnet groups, parameter groups, proxies and tags."""

from databases import DatabaseTest
from support import NO_SOURCE, name, rule

API = "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference"
PROXY = f"RDS API: CreateDBProxy, {API}/API_CreateDBProxy.html"


class SubnetGroups(DatabaseTest):
    def group(self, group: str, subnets: list[str]) -> None:
        self.rds.create_db_subnet_group(DBSubnetGroupName=group, DBSubnetGroupDescription="test", SubnetIds=subnets)

    @rule(
        "rds.subnet-group-zones",
        f"RDS API: CreateDBSubnetGroup, DBSubnetGroupDoesNotCoverEnoughAZs, {API}/API_CreateDBSubnetGroup.html",
    )
    def test_subnets_are_in_two_zones(self):
        with self.refused("DBSubnetGroupDoesNotCoverEnoughAZs"):
            self.group(name(), self.subnets[:1])
        with self.refused("DBSubnetGroupDoesNotCoverEnoughAZs"):
            self.rds.modify_db_subnet_group(DBSubnetGroupName=self.subnet_group, SubnetIds=self.subnets[:1])

    @rule(
        "rds.subnet-group-exists",
        f"RDS API: CreateDBSubnetGroup, DBSubnetGroupAlreadyExists, {API}/API_CreateDBSubnetGroup.html",
    )
    def test_subnet_group_name_is_unique(self):
        with self.refused("DBSubnetGroupAlreadyExists"):
            self.group(self.subnet_group, self.subnets)

    @rule(
        "rds.missing-subnet-group",
        f"RDS API: DescribeDBSubnetGroups, DBSubnetGroupNotFoundFault, {API}/API_DescribeDBSubnetGroups.html",
    )
    def test_missing_subnet_group_is_not_found(self):
        with self.refused("DBSubnetGroupNotFoundFault"):
            self.rds.describe_db_subnet_groups(DBSubnetGroupName="missing")
        with self.refused("DBSubnetGroupNotFoundFault"):
            self.create(DBSubnetGroupName="missing")

    @rule(
        "rds.subnet-group-in-use",
        f"RDS API: DeleteDBSubnetGroup, InvalidDBSubnetGroupStateFault, {API}/API_DeleteDBSubnetGroup.html",
    )
    def test_subnet_group_of_a_cluster_is_not_deleted(self):
        cluster = self.available()
        with self.refused("InvalidDBSubnetGroupStateFault"):
            self.rds.delete_db_subnet_group(DBSubnetGroupName=self.subnet_group)
        self.delete(cluster)
        self.until_refused("DBClusterNotFoundFault", lambda: self.cluster(cluster))
        self.rds.delete_db_subnet_group(DBSubnetGroupName=self.subnet_group)


class ParameterGroups(DatabaseTest):
    @rule(
        "rds.parameter-group-exists",
        f"RDS API: CreateDBClusterParameterGroup, DBParameterGroupAlreadyExists, {API}/API_CreateDBClusterParameterGroup.html",
    )
    def test_parameter_group_name_is_unique(self):
        group = self.parameter_group()
        with self.refused("DBParameterGroupAlreadyExists"):
            self.rds.create_db_cluster_parameter_group(
                DBClusterParameterGroupName=group, DBParameterGroupFamily="aurora-postgresql15", Description="test"
            )

    @rule(
        "rds.missing-parameter-group",
        f"RDS API: DescribeDBClusterParameterGroups, DBParameterGroupNotFound, {API}/API_DescribeDBClusterParameterGroups.html",
    )
    def test_missing_parameter_group_is_not_found(self):
        with self.refused("DBParameterGroupNotFound"):
            self.rds.describe_db_cluster_parameter_groups(DBClusterParameterGroupName="missing")

    @rule(
        "rds.twenty-parameters",
        # "A maximum of 20 parameters can be modified in a single request."
        f"RDS API: ModifyDBClusterParameterGroup, {API}/API_ModifyDBClusterParameterGroup.html",
    )
    def test_at_most_twenty_parameters_change_in_a_request(self):
        group = self.parameter_group()

        def modify(count: int) -> None:
            parameters = [
                {"ParameterName": f"parameter_{n}", "ParameterValue": "1", "ApplyMethod": "pending-reboot"} for n in range(count)
            ]
            self.rds.modify_db_cluster_parameter_group(DBClusterParameterGroupName=group, Parameters=parameters)

        modify(20)
        with self.refused("InvalidParameterValue"):
            modify(21)

    @rule(
        "rds.parameter-group-in-use",
        f"RDS API: DeleteDBClusterParameterGroup, InvalidDBParameterGroupState, {API}/API_DeleteDBClusterParameterGroup.html",
    )
    def test_parameter_group_of_a_cluster_is_not_deleted(self):
        group = self.parameter_group()
        self.available(DBClusterParameterGroupName=group)
        with self.refused("InvalidDBParameterGroupState"):
            self.rds.delete_db_cluster_parameter_group(DBClusterParameterGroupName=group)


class Tags(DatabaseTest):
    @rule("rds.missing-tagged-resource", NO_SOURCE)
    def test_tags_of_a_missing_resource_are_refused(self):
        with self.refused("InvalidParameterValue"):
            self.rds.list_tags_for_resource(ResourceName=f"arn:aws:rds:{self.region}:{self.account}:cluster:missing")


class Proxies(DatabaseTest):
    def proxy(self, proxy: str | None = None, **changes) -> str:
        proxy = proxy or name("x")
        secret = f"arn:aws:secretsmanager:{self.region}:{self.account}:secret:test"
        request = {
            "DBProxyName": proxy,
            "EngineFamily": "POSTGRESQL",
            "RoleArn": f"arn:aws:iam::{self.account}:role/proxy",
            "VpcSubnetIds": self.subnets,
            "Auth": [{"AuthScheme": "SECRETS", "SecretArn": secret}],
            **changes,
        }
        self.rds.create_db_proxy(**request)
        return proxy

    def status(self, proxy: str) -> str:
        return self.rds.describe_db_proxies(DBProxyName=proxy)["DBProxies"][0]["Status"]

    def idle(self) -> str:
        proxy = self.proxy()
        self.until(lambda: self.status(proxy) == "available")
        return proxy

    @rule("rds.missing-proxy", f"RDS API: DescribeDBProxies, DBProxyNotFoundFault, {API}/API_DescribeDBProxies.html")
    def test_missing_proxy_is_not_found(self):
        with self.refused("DBProxyNotFoundFault"):
            self.status("missing")

    @rule("rds.proxy-exists", f"RDS API: CreateDBProxy, DBProxyAlreadyExistsFault, {API}/API_CreateDBProxy.html")
    def test_proxy_name_is_unique(self):
        proxy = self.proxy()
        with self.refused("DBProxyAlreadyExistsFault"):
            self.proxy(proxy)

    @rule("rds.proxy-auth", PROXY)
    def test_proxy_has_an_authorization_mechanism(self):
        with self.refused("InvalidParameterValue"):
            self.proxy(Auth=[])

    @rule("rds.proxy-subnets", f"RDS API: CreateDBProxy, InvalidSubnet, {API}/API_CreateDBProxy.html")
    def test_proxy_has_two_subnets(self):
        with self.refused("InvalidSubnet"):
            self.proxy(VpcSubnetIds=self.subnets[:1])

    @rule("rds.proxy-creating", f"RDS API: DBProxy, Status, {API}/API_DBProxy.html")
    def test_new_proxy_is_creating(self):
        self.while_pending(lambda: self.assertEqual(self.status(self.proxy()), "creating"))
        self.idle()

    @rule(
        "rds.proxy-change-available-only",
        f"RDS API: ModifyDBProxy, InvalidDBProxyStateFault, {API}/API_ModifyDBProxy.html",
    )
    def test_proxy_changes_only_while_available(self):
        def attempt():
            proxy = self.proxy()
            with self.refused("InvalidDBProxyStateFault"):
                self.rds.modify_db_proxy(DBProxyName=proxy, RequireTLS=True)

        self.while_pending(attempt)
        self.rds.modify_db_proxy(DBProxyName=self.idle(), RequireTLS=True)

    @rule("rds.proxy-deleting", f"RDS API: DBProxy, Status, {API}/API_DBProxy.html")
    def test_deleted_proxy_is_deleting(self):
        def attempt():
            proxy = self.proxy()
            self.rds.delete_db_proxy(DBProxyName=proxy)
            self.assertEqual(self.status(proxy), "deleting")
            return proxy

        proxy = self.while_pending(attempt)
        self.until_refused("DBProxyNotFoundFault", lambda: self.status(proxy))

    @rule(
        "rds.one-target-group",
        # "Because each proxy is currently associated with a single target group, currently this setting is always true."
        f"RDS API: DBProxyTargetGroup, {API}/API_DBProxyTargetGroup.html",
    )
    def test_proxy_has_one_target_group(self):
        with self.refused("DBProxyTargetGroupNotFoundFault"):
            self.rds.describe_db_proxy_target_groups(DBProxyName=self.proxy(), TargetGroupName="other")

    @rule(
        "rds.register-available-only",
        f"RDS API: RegisterDBProxyTargets, InvalidDBProxyStateFault, {API}/API_RegisterDBProxyTargets.html",
    )
    def test_new_proxy_registers_no_target(self):
        def attempt(cluster):
            proxy = self.proxy()
            with self.refused("InvalidDBProxyStateFault"):
                self.rds.register_db_proxy_targets(DBProxyName=proxy, DBClusterIdentifiers=[cluster])

        self.while_pending(attempt, lambda: [self.available()])

    @rule(
        "rds.target-registered-once",
        f"RDS API: RegisterDBProxyTargets, DBProxyTargetAlreadyRegisteredFault, {API}/API_RegisterDBProxyTargets.html",
    )
    def test_target_is_registered_once(self):
        target = {"DBProxyName": self.idle(), "DBClusterIdentifiers": [self.available()]}
        self.rds.register_db_proxy_targets(**target)
        with self.refused("DBProxyTargetAlreadyRegisteredFault"):
            self.rds.register_db_proxy_targets(**target)

    @rule(
        "rds.missing-target",
        f"RDS API: DeregisterDBProxyTargets, DBProxyTargetNotFoundFault, {API}/API_DeregisterDBProxyTargets.html",
    )
    def test_missing_target_is_not_deregistered(self):
        with self.refused("DBProxyTargetNotFoundFault"):
            self.rds.deregister_db_proxy_targets(DBProxyName=self.idle(), DBClusterIdentifiers=[self.available()])

    @rule(
        "rds.target-health",
        # "registering > unavailable > available"
        f"RDS API: TargetHealth, {API}/API_TargetHealth.html",
    )
    def test_new_target_is_unavailable(self):
        def health(proxy: str) -> list[dict]:
            targets = self.rds.describe_db_proxy_targets(DBProxyName=proxy)["Targets"]
            return [target["TargetHealth"] for target in targets if target.get("TargetHealth")]

        proxy, cluster = self.idle(), self.available()

        def attempt():
            self.rds.register_db_proxy_targets(DBProxyName=proxy, DBClusterIdentifiers=[cluster])
            found = health(proxy)
            self.rds.deregister_db_proxy_targets(DBProxyName=proxy, DBClusterIdentifiers=[cluster])
            self.assertEqual(found, [{"State": "UNAVAILABLE", "Reason": "PENDING_PROXY_CAPACITY"}])

        self.while_pending(attempt)
        self.rds.register_db_proxy_targets(DBProxyName=proxy, DBClusterIdentifiers=[cluster])
        self.until(lambda: health(proxy) == [{"State": "AVAILABLE"}])
