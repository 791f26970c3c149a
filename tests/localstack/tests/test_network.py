"""Rules of Route 53, Elastic Load Balancing and WAF."""

from concurrent.futures import ThreadPoolExecutor

import given
from support import Test, name, rule

ROUTE53 = "https://docs.aws.amazon.com/Route53/latest/APIReference"
ELB = "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference"
WAF = "https://docs.aws.amazon.com/waf/latest/APIReference"
CHANGE = f"Route 53 API: GetChange, {ROUTE53}/API_GetChange.html"
RECORDS = f"Route 53 API: ChangeResourceRecordSets, {ROUTE53}/API_ChangeResourceRecordSets.html"


def address(record: str) -> dict:
    return {"Name": record, "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "10.0.0.1"}]}


class Route53(Test):
    def setUp(self):
        super().setUp()
        self.route53 = self.aws("route53")
        self.zone = given.zone(self, "example.com")

    def names(self) -> set[str]:
        found = self.route53.list_resource_record_sets(HostedZoneId=self.zone)["ResourceRecordSets"]
        return {record["Name"] for record in found if record["Type"] == "A"}

    @rule("route53.pending-change", CHANGE)
    def test_change_is_pending_until_it_has_propagated(self):
        def attempt():
            change = given.change_record(self, self.zone, "UPSERT", address("a.example.com"))
            self.assertEqual(self.route53.get_change(Id=change)["ChangeInfo"]["Status"], "PENDING")
            return change

        change = self.while_pending(attempt)
        self.until(lambda: self.route53.get_change(Id=change)["ChangeInfo"]["Status"] == "INSYNC")

    @rule("route53.missing-change", f"Route 53 API: GetChange, NoSuchChange, {ROUTE53}/API_GetChange.html")
    def test_missing_change_is_not_found(self):
        with self.refused("NoSuchChange"):
            self.route53.get_change(Id="CMISSING")

    @rule("route53.record-created-again", RECORDS)
    def test_deleted_record_is_created_again(self):
        record = address("a.example.com")
        given.change_record(self, self.zone, "CREATE", record)
        given.change_record(self, self.zone, "CREATE", address("b.example.com"))
        with self.refused("InvalidChangeBatch"):
            given.change_record(self, self.zone, "CREATE", record)
        given.change_record(self, self.zone, "DELETE", record)
        given.change_record(self, self.zone, "CREATE", record)
        self.assertEqual(self.names(), {"a.example.com.", "b.example.com."})

    @rule("route53.concurrent-changes", RECORDS)
    def test_concurrent_changes_are_not_lost(self):
        batches = [[address(f"{batch}-{number}.example.com") for number in range(40)] for batch in range(24)]

        def change(action: str, records: list[dict]) -> None:
            changes = [{"Action": action, "ResourceRecordSet": record} for record in records]
            self.route53.change_resource_record_sets(HostedZoneId=self.zone, ChangeBatch={"Changes": changes})

        for batch in batches:
            change("CREATE", batch)
        with ThreadPoolExecutor(8) as threads:
            list(threads.map(lambda batch: change("DELETE", batch), batches))
        self.assertEqual(self.names(), set())


class LoadBalancing(Test):
    shares_account = True

    def setUp(self):
        super().setUp()
        self.elb = self.aws("elbv2")
        self.vpc = given.vpc(self)

    @rule(
        "elbv2.load-balancer-name",
        # "If you attempt to create multiple load balancers with the same settings, each call succeeds."
        f"Elastic Load Balancing API: CreateLoadBalancer, {ELB}/API_CreateLoadBalancer.html",
    )
    def test_load_balancer_with_the_same_settings_is_returned(self):
        balancer = {"Name": name("lb"), "Subnets": given.subnets(self, self.vpc)}
        first = self.elb.create_load_balancer(**balancer, Scheme="internal")["LoadBalancers"][0]
        second = self.elb.create_load_balancer(**balancer, Scheme="internal")["LoadBalancers"][0]
        self.assertEqual(first["LoadBalancerArn"], second["LoadBalancerArn"])
        with self.refused("DuplicateLoadBalancerName"):
            self.elb.create_load_balancer(**balancer, Scheme="internet-facing")

    @rule("elbv2.target-group-name", f"Elastic Load Balancing API: CreateTargetGroup, {ELB}/API_CreateTargetGroup.html")
    def test_target_group_with_the_same_settings_is_returned(self):
        group = {"Name": name("tg"), "Protocol": "HTTP", "VpcId": self.vpc, "TargetType": "instance"}
        first = self.elb.create_target_group(**group, Port=80)["TargetGroups"][0]
        second = self.elb.create_target_group(**group, Port=80)["TargetGroups"][0]
        self.assertEqual(first["TargetGroupArn"], second["TargetGroupArn"])
        with self.refused("DuplicateTargetGroupName"):
            self.elb.create_target_group(**group, Port=81)


class Waf(Test):
    region = "us-east-1"
    visibility = {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": "acl"}

    def create(self, acl: str, **changes) -> dict:
        request = {"Name": acl, "Scope": "CLOUDFRONT", "DefaultAction": {"Allow": {}}, "VisibilityConfig": self.visibility}
        return self.aws("wafv2").create_web_acl(**request, **changes)["Summary"]

    @rule("wafv2.duplicate-name", f"AWS WAF API: CreateWebACL, WAFDuplicateItemException, {WAF}/API_CreateWebACL.html")
    def test_name_of_a_web_acl_is_unique(self):
        acl = name()
        self.create(acl)
        with self.refused("WAFDuplicateItemException"):
            self.create(acl)

    @rule(
        "wafv2.update-replaces",
        # "This operation completely replaces the mutable specifications that you already have for the web ACL"
        f"AWS WAF API: UpdateWebACL, {WAF}/API_UpdateWebACL.html",
    )
    def test_update_replaces_the_whole_web_acl(self):
        wafv2 = self.aws("wafv2")
        statement = {"GeoMatchStatement": {"CountryCodes": ["AQ"]}}
        block = {"Name": "block", "Priority": 0, "Statement": statement, "Action": {"Block": {}}, "VisibilityConfig": self.visibility}
        created = self.create(name(), Rules=[block], Description="text", TokenDomains=["example.com"])
        which = {"Name": created["Name"], "Id": created["Id"], "Scope": "CLOUDFRONT"}
        lock = wafv2.get_web_acl(**which)["LockToken"]
        change = {"DefaultAction": {"Block": {}}, "VisibilityConfig": self.visibility}
        wafv2.update_web_acl(**which, LockToken=lock, **change)
        found = wafv2.get_web_acl(**which)["WebACL"]
        self.assertEqual((found["DefaultAction"], found.get("Rules") or []), ({"Block": {}}, []))
        self.assertEqual((found.get("Description") or "", found.get("TokenDomains") or []), ("", []))
