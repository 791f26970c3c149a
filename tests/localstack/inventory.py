"""Everything that the services of an account can list, not only what ohinfra knows.

A list of [what, id, content] in order. The content is all that the service says about the thing, with what is another one in
every run (ids, times, versions) replaced by a word, so that the inventories of two runs can be compared.
"""

import json
import re

# Service, operation, parameters, the list in the answer, the field that names an item (none: the item itself).
LISTS = [
    ("backup", "list_backup_plans", {}, "BackupPlansList", "BackupPlanId"),
    ("backup", "list_backup_vaults", {}, "BackupVaultList", "BackupVaultName"),
    ("cloudwatch", "describe_alarms", {}, "MetricAlarms", "AlarmName"),
    ("cloudwatch", "list_dashboards", {}, "DashboardEntries", "DashboardName"),
    ("ec2", "describe_addresses", {}, "Addresses", "AllocationId"),
    ("ec2", "describe_instances", {}, "Reservations", "ReservationId"),
    ("ec2", "describe_internet_gateways", {}, "InternetGateways", "InternetGatewayId"),
    ("ec2", "describe_key_pairs", {}, "KeyPairs", "KeyPairId"),
    ("ec2", "describe_launch_templates", {}, "LaunchTemplates", "LaunchTemplateId"),
    ("ec2", "describe_nat_gateways", {}, "NatGateways", "NatGatewayId"),
    ("ec2", "describe_network_acls", {}, "NetworkAcls", "NetworkAclId"),
    ("ec2", "describe_network_interfaces", {}, "NetworkInterfaces", "NetworkInterfaceId"),
    ("ec2", "describe_route_tables", {}, "RouteTables", "RouteTableId"),
    ("ec2", "describe_security_group_rules", {}, "SecurityGroupRules", "SecurityGroupRuleId"),
    ("ec2", "describe_security_groups", {}, "SecurityGroups", "GroupId"),
    ("ec2", "describe_subnets", {}, "Subnets", "SubnetId"),
    ("ec2", "describe_volumes", {}, "Volumes", "VolumeId"),
    ("ec2", "describe_vpc_endpoints", {}, "VpcEndpoints", "VpcEndpointId"),
    ("ec2", "describe_vpcs", {}, "Vpcs", "VpcId"),
    ("iam", "get_account_authorization_details", {"Filter": ["Role"]}, "RoleDetailList", "RoleName"),
    ("iam", "list_groups", {}, "Groups", "GroupName"),
    ("iam", "list_instance_profiles", {}, "InstanceProfiles", "InstanceProfileName"),
    ("iam", "list_policies", {"Scope": "Local"}, "Policies", "PolicyName"),
    ("iam", "list_users", {}, "Users", "UserName"),
    ("kms", "list_aliases", {}, "Aliases", "AliasName"),
    ("logs", "describe_log_groups", {}, "logGroups", "logGroupName"),
    ("logs", "describe_metric_filters", {}, "metricFilters", "filterName"),
    ("route53", "list_hosted_zones", {}, "HostedZones", "Id"),
    ("s3", "list_buckets", {}, "Buckets", "Name"),
    ("secretsmanager", "list_secrets", {"IncludePlannedDeletion": True}, "SecretList", "Name"),
    ("sns", "list_subscriptions", {}, "Subscriptions", "SubscriptionArn"),
    ("sns", "list_topics", {}, "Topics", "TopicArn"),
]

# What is another one in every run, and the word for it.
REPLACED = [
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"), "<uuid>"),
    (re.compile(r"\b([a-z]+)-[0-9a-f]{8,17}\b"), r"<\1>"),
    (re.compile(r"\b(AROA|AIPA|AIDA)[A-Z0-9]{16,17}\b"), r"<\1>"),
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[0-9.:+Z]*"), "<time>"),
    (re.compile(r'"(creationTime|Size)": \d+'), r'"\1": 0'),
    # Versions of secrets, and ids of instance profiles, which are made of other characters here than in AWS.
    (re.compile(r"\b[0-9a-f]{32}\b"), "<version>"),
    (re.compile(r'"InstanceProfileId": "[^"]+"'), '"InstanceProfileId": "<id>"'),
    # What interfaces, gateways and endpoints are given.
    (re.compile(r'"(DnsName|HostedZoneId|MacAddress|(Public|Private)(Ip|DnsName|IpAddress))": "[^"]*"'), r'"\1": "<given>"'),
    # Suffixes of secrets' ARNs, ids of endpoint names.
    (re.compile(r"(secret:[A-Za-z0-9/_.-]+)-[A-Za-z0-9]{6}\b"), r"\1-<suffix>"),
    # Ids of hosted zones, and of Route 53's delegation.
    (re.compile(r"/hostedzone/[A-Z0-9]+"), "/hostedzone/<zone>"),
]


def content(item, account: str) -> str:
    text = json.dumps(item, sort_keys=True).replace(account, "<account>")
    for pattern, word in REPLACED:
        text = pattern.sub(word, text)
    return text


def keys(call) -> list:
    """Keys, but for those that are as gone as a key can be, and AWS's own."""
    found = []
    for key in call("kms", "list_keys", {})["Keys"]:
        described = call("kms", "describe_key", {"KeyId": key["KeyId"]})["KeyMetadata"]
        if described["KeyState"] != "PendingDeletion" and described["KeyManager"] == "CUSTOMER":
            tags = call("kms", "list_resource_tags", {"KeyId": key["KeyId"]})["Tags"]
            found.append({**described, "Tags": sorted(tags, key=lambda tag: tag["TagKey"])})
    return found


def sorted_tags(item):
    """Tags in the order of their keys, within whatever they are."""
    if isinstance(item, dict):
        return {name: sorted_tags(value) for name, value in item.items()}
    if isinstance(item, list):
        inner = [sorted_tags(value) for value in item]
        return sorted(inner, key=lambda value: json.dumps(value, sort_keys=True))
    return item


def take(call, account: str) -> list:
    everything = []
    for service, operation, parameters, name, field in LISTS:
        answer = call(service, operation, parameters)
        # A service that cannot be asked would look like one that holds nothing.
        if "error" in answer:
            raise RuntimeError(f"{service} {operation}: {answer['error']}")
        for item in answer.get(name) or []:
            everything.append([f"{service} {name}", item[field], content(sorted_tags(item), account)])
    for key in keys(call):
        everything.append(["kms Keys", key["KeyId"], content(key, account)])
    for plan in [one for one in everything if one[0] == "backup BackupPlansList"]:
        selections = call("backup", "list_backup_selections", {"BackupPlanId": plan[1]})
        for item in selections.get("BackupSelectionsList") or []:
            everything.append(["backup BackupSelections", item["SelectionId"], content(item, account)])
    return sorted(everything)
