"""Lists all resources of an account, including those that ohinfra does not manage.

Returns a sorted list of [type, ID, content]. The content is the complete description, with values that differ between runs (IDs, times,
versions) replaced by placeholders, so that the inventories of two runs can be compared.
"""

import json
import re

# Service, operation, parameters, member with the list, field that identifies an item.
LISTS = [
    ("autoscaling", "describe_auto_scaling_groups", {}, "AutoScalingGroups", "AutoScalingGroupName"),
    ("backup", "list_backup_plans", {}, "BackupPlansList", "BackupPlanId"),
    ("backup", "list_backup_vaults", {}, "BackupVaultList", "BackupVaultName"),
    ("cloudwatch", "describe_alarms", {}, "MetricAlarms", "AlarmName"),
    ("cloudwatch", "list_dashboards", {}, "DashboardEntries", "DashboardName"),
    ("ecr", "describe_repositories", {}, "repositories", "repositoryName"),
    ("efs", "describe_access_points", {}, "AccessPoints", "AccessPointId"),
    ("efs", "describe_file_systems", {}, "FileSystems", "FileSystemId"),
    ("elbv2", "describe_load_balancers", {}, "LoadBalancers", "LoadBalancerName"),
    ("elbv2", "describe_target_groups", {}, "TargetGroups", "TargetGroupName"),
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
    ("lambda", "list_functions", {}, "Functions", "FunctionName"),
    ("rds", "describe_db_cluster_parameter_groups", {}, "DBClusterParameterGroups", "DBClusterParameterGroupName"),
    ("rds", "describe_db_cluster_snapshots", {}, "DBClusterSnapshots", "DBClusterSnapshotIdentifier"),
    ("rds", "describe_db_clusters", {}, "DBClusters", "DBClusterIdentifier"),
    ("rds", "describe_db_instances", {}, "DBInstances", "DBInstanceIdentifier"),
    ("rds", "describe_db_proxies", {}, "DBProxies", "DBProxyName"),
    ("rds", "describe_db_subnet_groups", {}, "DBSubnetGroups", "DBSubnetGroupName"),
    ("ssm", "describe_parameters", {}, "Parameters", "Name"),
    ("logs", "describe_log_groups", {}, "logGroups", "logGroupName"),
    ("logs", "describe_metric_filters", {}, "metricFilters", "filterName"),
    ("route53", "list_hosted_zones", {}, "HostedZones", "Id"),
    ("s3", "list_buckets", {}, "Buckets", "Name"),
    ("secretsmanager", "list_secrets", {"IncludePlannedDeletion": True}, "SecretList", "Name"),
    ("sns", "list_subscriptions", {}, "Subscriptions", "SubscriptionArn"),
    ("sns", "list_topics", {}, "Topics", "TopicArn"),
]

# The same for resources in us-east-1.
VIRGINIA = [
    ("acm", "list_certificates", {}, "CertificateSummaryList", "CertificateArn"),
    ("cognito-idp", "list_user_pools", {"MaxResults": 60}, "UserPools", "Id"),
    ("lambda", "list_functions", {}, "Functions", "FunctionName"),
    ("logs", "describe_log_groups", {}, "logGroups", "logGroupName"),
    ("secretsmanager", "list_secrets", {"IncludePlannedDeletion": True}, "SecretList", "Name"),
    ("ssm", "describe_parameters", {}, "Parameters", "Name"),
    ("wafv2", "list_web_acls", {"Scope": "CLOUDFRONT"}, "WebACLs", "Name"),
]

# Two of the regions in which Lambda@Edge functions write logs. All of them have the same log groups.
EDGES = ["eu-west-1", "sa-east-1"]
EDGE = [("logs", "describe_log_groups", {}, "logGroups", "logGroupName")]

# Values that differ between runs, with their placeholders.
REPLACED = [
    # The state of an alarm. This pattern must come before other replacements.
    (re.compile(r'"StateReasonData": "(?:[^"\\]|\\.)*",? ?'), ""),
    (re.compile(r'"(StateReason|StateValue)": "(?:[^"\\]|\\.)*"'), r'"\1": "<evaluated>"'),
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"), "<uuid>"),
    (re.compile(r"\b([a-z]+)-[0-9a-f]{8,17}\b"), r"<\1>"),
    (re.compile(r"\b(AROA|AIPA|AIDA)[A-Z0-9]{16,17}\b"), r"<\1>"),
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[0-9.:+Z]*"), "<time>"),
    (re.compile(r'"(creationTime|Size)": \d+'), r'"\1": 0'),
    # Versions of secrets. IDs of instance profiles, whose characters differ from those of AWS.
    (re.compile(r"\b[0-9a-f]{32}\b"), "<version>"),
    (re.compile(r'"InstanceProfileId": "[^"]+"'), '"InstanceProfileId": "<id>"'),
    # Assigned addresses and names of interfaces, gateways and endpoints.
    (re.compile(r'"(DnsName|HostedZoneId|MacAddress|(Public|Private)(Ip|DnsName|IpAddress))": "[^"]*"'), r'"\1": "<given>"'),
    # Suffixes of secret ARNs.
    (re.compile(r"(secret:[A-Za-z0-9/_.-]+)-[A-Za-z0-9]{6}\b"), r"\1-<suffix>"),
    (re.compile(r"function:([a-z-]+):\d+"), r"function:\1:<version>"),
    (re.compile(r"_[0-9a-f]{32}\."), "_<proof>."),
    # IDs of CloudFront, Cognito, Elastic Load Balancing and RDS.
    (re.compile(r"\bE[0-9A-F]{13}\b"), "<distribution>"),
    (re.compile(r"\bd[0-9a-f]{12,14}\.cloudfront\.net"), "<distribution>.cloudfront.net"),
    (re.compile(r"us-east-1_[0-9A-Za-z]+"), "<pool>"),
    (re.compile(r"(loadbalancer/app/[a-z-]+|targetgroup/[a-z-]+)/[0-9a-f]{16}"), r"\1/<id>"),
    (re.compile(r"\b[a-z-]+-\d+\.([a-z0-9-]+)\.elb\.amazonaws\.com"), r"<balancer>.\1.elb.amazonaws.com"),
    (re.compile(r"cluster-[0-9A-F]{26}\b"), "<cluster>"),
    (re.compile(r"-final-[0-9a-f]{26}\b"), "-final-<cluster>"),
    (re.compile(r"(\.(cluster|cluster-ro|proxy)-|prx-|\.)[0-9a-f]{12,17}\b"), r"\1<id>"),
    (re.compile(r'"(CodeSha256|CodeSize|RevisionId|Version|HeaderValue|LockToken)": ("[^"]*"|\d+)'), r'"\1": "<code>"'),
    # IDs of hosted zones.
    (re.compile(r"/hostedzone/[A-Z0-9]+"), "/hostedzone/<zone>"),
]


def content(item, account: str) -> str:
    if "SecretVersionsToStages" in item:
        item = {**item, "SecretVersionsToStages": sorted(item["SecretVersionsToStages"].values())}
    text = json.dumps(item, sort_keys=True).replace(account, "<account>")
    for pattern, word in REPLACED:
        text = pattern.sub(word, text)
    # The order of lists depended on the replaced values.
    return json.dumps(sorted_tags(json.loads(text)), sort_keys=True)


def keys(call) -> list:
    """Returns KMS keys, except AWS managed keys and keys that are scheduled for deletion."""
    found = []
    for key in call("kms", "list_keys", {})["Keys"]:
        described = call("kms", "describe_key", {"KeyId": key["KeyId"]})["KeyMetadata"]
        if described["KeyState"] != "PendingDeletion" and described["KeyManager"] == "CUSTOMER":
            tags = call("kms", "list_resource_tags", {"KeyId": key["KeyId"]})["Tags"]
            found.append({**described, "Tags": sorted(tags, key=lambda tag: tag["TagKey"])})
    return found


def sorted_tags(item):
    """Sorts all lists, such as tags."""
    if isinstance(item, dict):
        return {name: sorted_tags(value) for name, value in item.items()}
    if isinstance(item, list):
        inner = [sorted_tags(value) for value in item]
        return sorted(inner, key=lambda value: json.dumps(value, sort_keys=True))
    return item


def is_ignored(item: dict) -> bool:
    """Returns `True` for parameters of AWS, and for terminated instances, which EC2 reports for a while."""
    instances = item.get("Instances")
    gone = bool(instances) and all(one.get("State", {}).get("Name") == "terminated" for one in instances if isinstance(one, dict))
    return str(item.get("Name", "")).startswith("/aws/") or ("ReservationId" in item and gone)


def zones(call) -> list:
    """Returns the records of all hosted zones."""
    found = []
    for zone in call("route53", "list_hosted_zones", {})["HostedZones"]:
        for record in call("route53", "list_resource_record_sets", {"HostedZoneId": zone["Id"]})["ResourceRecordSets"]:
            found.append(record)
    return found


def take(call, virginia, edges: list, account: str) -> list:
    everything = []
    lists = [(call, one) for one in LISTS] + [(virginia, one) for one in VIRGINIA]
    lists += [(edge, one) for edge in edges for one in EDGE]
    for connect, (service, operation, parameters, name, field) in lists:
        answer = connect(service, operation, parameters)
        # Without this check, a failed call would look like an empty service.
        if "error" in answer:
            raise RuntimeError(f"{service} {operation}: {answer['error']}")
        for item in answer.get(name) or []:
            if not is_ignored(item):
                everything.append([f"{service} {name}", item[field], content(sorted_tags(item), account)])
    for item in call("cloudfront", "list_distributions", {})["DistributionList"].get("Items") or []:
        everything.append(["cloudfront Distributions", item["Id"], content(sorted_tags(item), account)])
    for item in call("cloudfront", "list_response_headers_policies", {})["ResponseHeadersPolicyList"].get("Items") or []:
        everything.append(["cloudfront Policies", item["ResponseHeadersPolicy"]["Id"], content(sorted_tags(item), account)])
    for item in zones(call):
        everything.append(["route53 Records", f"{item['Name']} {item['Type']}", content(sorted_tags(item), account)])
    for key in keys(call):
        everything.append(["kms Keys", key["KeyId"], content(key, account)])
    for plan in [one for one in everything if one[0] == "backup BackupPlansList"]:
        selections = call("backup", "list_backup_selections", {"BackupPlanId": plan[1]})
        for item in selections.get("BackupSelectionsList") or []:
            everything.append(["backup BackupSelections", item["SelectionId"], content(item, account)])
    return sorted(everything)
