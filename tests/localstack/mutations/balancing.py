"""Changes of load balancers, listeners, rules and target groups."""

import uuid

from . import leave_out, mutates


def balancer_attribute(path: str, key: str, value):
    @mutates("elbv2.load_balancer", path)
    def _(aws, it):
        attribute = {"Key": key, "Value": value(it["inputs"])}
        aws("elbv2").modify_load_balancer_attributes(LoadBalancerArn=it["id"], Attributes=[attribute])


def opposite(name: str):
    return lambda inputs: str(not inputs[name]).lower()


balancer_attribute("deletion_protection", "deletion_protection.enabled", opposite("deletion_protection"))
balancer_attribute(
    "drop_invalid_headers", "routing.http.drop_invalid_header_fields.enabled", opposite("drop_invalid_headers")
)
balancer_attribute("idle_timeout_seconds", "idle_timeout.timeout_seconds", lambda inputs: "4000")


def other_group(aws, it) -> str:
    vpc = aws("elbv2").describe_load_balancers(LoadBalancerArns=[it["id"]])["LoadBalancers"][0]["VpcId"]
    made = aws("ec2").create_security_group(GroupName=uuid.uuid4().hex, Description="other", VpcId=vpc)
    return made["GroupId"]


@mutates("elbv2.load_balancer", "security_group_ids")
def _(aws, it):
    groups = [*it["inputs"]["security_group_ids"], other_group(aws, it)]
    aws("elbv2").set_security_groups(LoadBalancerArn=it["id"], SecurityGroups=groups)


@mutates("elbv2.load_balancer", "subnet_ids")
def _(aws, it):
    zones = aws("elbv2").describe_load_balancers(LoadBalancerArns=[it["id"]])["LoadBalancers"][0]["AvailabilityZones"]
    subnets = aws("ec2").describe_subnets(SubnetIds=[zone["SubnetId"] for zone in zones])["Subnets"]
    first = subnets[0]
    made = aws("ec2").create_subnet(
        VpcId=first["VpcId"], CidrBlock="10.0.200.0/24", AvailabilityZone=first["AvailabilityZone"]
    )
    others = [subnet["SubnetId"] for subnet in subnets[1:]]
    aws("elbv2").set_subnets(LoadBalancerArn=it["id"], Subnets=[made["Subnet"]["SubnetId"], *others])


def group_setting(path: str, **change):
    @mutates("elbv2.target_group", path)
    def _(aws, it):
        aws("elbv2").modify_target_group(TargetGroupArn=it["id"], **change)


group_setting("health_check", HealthCheckPath="/always")
group_setting("health_check", HealthyThresholdCount=10)
group_setting("health_check", UnhealthyThresholdCount=10)
group_setting("health_check", HealthCheckTimeoutSeconds=20)
group_setting("health_check", HealthCheckIntervalSeconds=120)
group_setting("health_check", Matcher={"HttpCode": "200-499"})


def group_attribute(path: str, key: str, value: str):
    @mutates("elbv2.target_group", path)
    def _(aws, it):
        attributes = [{"Key": key, "Value": value}]
        aws("elbv2").modify_target_group_attributes(TargetGroupArn=it["id"], Attributes=attributes)


group_attribute("deregistration_delay_seconds", "deregistration_delay.timeout_seconds", "1800")
group_attribute("stickiness", "stickiness.enabled", "true")


def default_answer(path: str, **change):
    @mutates("elbv2.listener", path)
    def _(aws, it):
        inputs = it["inputs"]
        answer = {
            "StatusCode": inputs["default_status"],
            "ContentType": inputs["default_content_type"],
            "MessageBody": inputs["default_body"],
            **change,
        }
        actions = [{"Type": "fixed-response", "FixedResponseConfig": answer}]
        aws("elbv2").modify_listener(ListenerArn=it["id"], DefaultActions=actions)


default_answer("default_status", StatusCode="200")
default_answer("default_content_type", ContentType="text/html")
default_answer("default_body", MessageBody="welcome")


@mutates("elbv2.listener", "port")
def _(aws, it):
    aws("elbv2").modify_listener(ListenerArn=it["id"], Port=8888)


leave_out("elbv2.listener", "HTTP is the only protocol of an application load balancer without a certificate", "protocol")


@mutates("elbv2.listener_rule", "priority")
def _(aws, it):
    aws("elbv2").set_rule_priorities(RulePriorities=[{"RuleArn": it["id"], "Priority": 77}])


def rule_condition(path: str, change):
    """Changes the conditions of a rule."""

    @mutates("elbv2.listener_rule", path)
    def _(aws, it):
        rule = aws("elbv2").describe_rules(RuleArns=[it["id"]])["Rules"][0]
        conditions = [
            {key: value for key, value in condition.items() if key == "Field" or key.endswith("Config")}
            for condition in rule["Conditions"]
        ]
        aws("elbv2").modify_rule(RuleArn=it["id"], Conditions=change(conditions))


def with_path(conditions):
    for condition in conditions:
        if "PathPatternConfig" in condition:
            condition["PathPatternConfig"] = {"Values": ["/elsewhere/*"]}
    return conditions


def with_more_paths(conditions):
    for condition in conditions:
        if "PathPatternConfig" in condition:
            condition["PathPatternConfig"]["Values"].append("/elsewhere/*")
    return conditions


def without_path(conditions):
    return [condition for condition in conditions if "PathPatternConfig" not in condition]


def with_header(conditions):
    for condition in conditions:
        if "HttpHeaderConfig" in condition:
            condition["HttpHeaderConfig"]["HttpHeaderName"] = "X-Other"
    return conditions


def with_more_values(conditions):
    for condition in conditions:
        if "HttpHeaderConfig" in condition:
            condition["HttpHeaderConfig"]["Values"].append("another-value")
    return conditions


def with_other_value(conditions):
    for condition in conditions:
        if "HttpHeaderConfig" in condition:
            condition["HttpHeaderConfig"]["Values"] = ["another-value"]
    return conditions


def with_host(conditions):
    return [*conditions, {"Field": "host-header", "HostHeaderConfig": {"Values": ["elsewhere.example.com"]}}]


def with_another_header(conditions):
    return [*conditions, {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X-Other", "Values": ["filled"]}}]


rule_condition("header_secret_version", with_more_values)
rule_condition("header_secret_version", with_other_value)
rule_condition("path_pattern", with_path)
rule_condition("path_pattern", with_more_paths)
rule_condition("path_pattern", without_path)
rule_condition("header_name", with_header)
rule_condition("header_name", with_host)
rule_condition("header_name", with_another_header)


@mutates("elbv2.listener_rule", "target_group_arn")
def _(aws, it):
    groups = aws("elbv2").describe_target_groups()["TargetGroups"]
    known = it["inputs"]["target_group_arn"]
    other = next(g["TargetGroupArn"] for g in groups if g["TargetGroupArn"] != known and g["TargetType"] == "instance")
    aws("elbv2").modify_rule(RuleArn=it["id"], Actions=[{"Type": "forward", "TargetGroupArn": other}])
