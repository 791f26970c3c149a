"""Changes of RDS, AWS Backup, EFS and S3."""

import json

from . import leave_out, mutates


def modify_cluster(aws, it, **changes):
    rds = aws("rds")
    rds.modify_db_cluster(DBClusterIdentifier=it["id"], ApplyImmediately=True, **changes)
    while is_changing(rds.describe_db_clusters(DBClusterIdentifier=it["id"])["DBClusters"][0], "Status"):
        pass


def modify_instance(aws, it, **changes):
    rds = aws("rds")
    rds.modify_db_instance(DBInstanceIdentifier=it["id"], ApplyImmediately=True, **changes)
    while is_changing(rds.describe_db_instances(DBInstanceIdentifier=it["id"])["DBInstances"][0], "DBInstanceStatus"):
        pass


def is_changing(shown: dict, status: str) -> bool:
    """Returns `True` while RDS applies an accepted change."""
    return bool(shown.get("PendingModifiedValues")) or shown[status] != "available"


def another_group(aws, name: str) -> str:
    """Creates a security group that is not in the configuration."""
    ec2 = aws("ec2")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    return ec2.create_security_group(GroupName=f"mutation-{name}", Description="another", VpcId=vpc)["GroupId"]


@mutates("rds.subnet_group", "description")
def _(aws, it):
    aws("rds").modify_db_subnet_group(
        DBSubnetGroupName=it["id"], DBSubnetGroupDescription="changed", SubnetIds=it["inputs"]["subnet_ids"]
    )


@mutates("rds.subnet_group", "subnet_ids")
def _(aws, it):
    subnets = [subnet["SubnetId"] for subnet in aws("ec2").describe_subnets()["Subnets"]]
    others = [subnet for subnet in subnets if subnet not in it["inputs"]["subnet_ids"]]
    aws("rds").modify_db_subnet_group(DBSubnetGroupName=it["id"], SubnetIds=others[:2])


def set_parameter(aws, it, name: str, value: str) -> None:
    parameter = {"ParameterName": name, "ParameterValue": value, "ApplyMethod": "pending-reboot"}
    aws("rds").modify_db_cluster_parameter_group(DBClusterParameterGroupName=it["id"], Parameters=[parameter])


@mutates("rds.cluster_parameter_group", "parameters")
def _(aws, it):
    set_parameter(aws, it, "log_statement", "none")


@mutates("rds.cluster_parameter_group", "parameters")
def _(aws, it):
    """Adds a parameter."""
    set_parameter(aws, it, "log_connections", "1")


@mutates("rds.cluster_parameter_group", "parameters")
def _(aws, it):
    parameter = {"ParameterName": "log_statement", "ApplyMethod": "pending-reboot"}
    aws("rds").reset_db_cluster_parameter_group(DBClusterParameterGroupName=it["id"], Parameters=[parameter])


@mutates("rds.cluster", "port")
def _(aws, it):
    modify_cluster(aws, it, Port=5433)


@mutates("rds.cluster", "security_group_ids")
def _(aws, it):
    modify_cluster(aws, it, VpcSecurityGroupIds=[another_group(aws, "cluster")])


@mutates("rds.cluster", "parameter_group_name")
def _(aws, it):
    modify_cluster(aws, it, DBClusterParameterGroupName="default.aurora-postgresql15")


@mutates("rds.cluster", "min_acu")
def _(aws, it):
    modify_cluster(aws, it, ServerlessV2ScalingConfiguration={"MinCapacity": 1.5, "MaxCapacity": it["inputs"]["max_acu"]})


@mutates("rds.cluster", "max_acu")
def _(aws, it):
    modify_cluster(aws, it, ServerlessV2ScalingConfiguration={"MinCapacity": it["inputs"]["min_acu"], "MaxCapacity": 64})


@mutates("rds.cluster", "iam_authentication")
def _(aws, it):
    modify_cluster(aws, it, EnableIAMDatabaseAuthentication=not it["inputs"]["iam_authentication"])


@mutates("rds.cluster", "data_api")
def _(aws, it):
    rds, arn = aws("rds"), it["attributes"]["arn"]
    (rds.disable_http_endpoint if it["inputs"]["data_api"] else rds.enable_http_endpoint)(ResourceArn=arn)


@mutates("rds.cluster", "backup_retention_days")
def _(aws, it):
    modify_cluster(aws, it, BackupRetentionPeriod=3)


@mutates("rds.cluster", "backup_window")
def _(aws, it):
    modify_cluster(aws, it, PreferredBackupWindow="10:00-10:30")


@mutates("rds.cluster", "maintenance_window")
def _(aws, it):
    modify_cluster(aws, it, PreferredMaintenanceWindow="Thu:10:00-Thu:10:30")


@mutates("rds.cluster", "copy_tags_to_snapshot")
def _(aws, it):
    modify_cluster(aws, it, CopyTagsToSnapshot=not it["inputs"]["copy_tags_to_snapshot"])


@mutates("rds.cluster", "log_exports")
def _(aws, it):
    modify_cluster(aws, it, CloudwatchLogsExportConfiguration={"DisableLogTypes": it["inputs"]["log_exports"]})


@mutates("rds.cluster", "deletion_protection")
def _(aws, it):
    modify_cluster(aws, it, DeletionProtection=not it["inputs"]["deletion_protection"])


@mutates("rds.cluster", "restoring")
def _(aws, it):
    aws("rds").add_tags_to_resource(
        ResourceName=it["attributes"]["arn"], Tags=[{"Key": "ohinfra:restoring", "Value": "true"}]
    )


@mutates("rds.instance", "instance_class")
def _(aws, it):
    modify_instance(aws, it, DBInstanceClass="db.r6g.xlarge")


@mutates("rds.instance", "promotion_tier")
def _(aws, it):
    modify_instance(aws, it, PromotionTier=15)


@mutates("rds.instance", "publicly_accessible")
def _(aws, it):
    modify_instance(aws, it, PubliclyAccessible=not it["inputs"]["publicly_accessible"])


@mutates("rds.instance", "auto_minor_version_upgrade")
def _(aws, it):
    modify_instance(aws, it, AutoMinorVersionUpgrade=not it["inputs"]["auto_minor_version_upgrade"])


def modify_proxy(aws, it, **changes):
    aws("rds").modify_db_proxy(DBProxyName=it["id"], **changes)


@mutates("rds.proxy", "require_tls")
def _(aws, it):
    modify_proxy(aws, it, RequireTLS=not it["inputs"]["require_tls"])


def auth(arns: list[str], iam: str) -> list[dict]:
    return [{"AuthScheme": "SECRETS", "SecretArn": arn, "IAMAuth": iam} for arn in arns]


@mutates("rds.proxy", "iam_authentication")
def _(aws, it):
    modify_proxy(aws, it, Auth=auth(it["inputs"]["secret_arns"], "REQUIRED"))


@mutates("rds.proxy", "secret_arns")
def _(aws, it):
    secret = aws("secretsmanager").create_secret(Name="mutation-proxy", SecretString="{}")["ARN"]
    modify_proxy(aws, it, Auth=auth([*it["inputs"]["secret_arns"], secret], "DISABLED"))


@mutates("rds.proxy", "idle_client_timeout_seconds")
def _(aws, it):
    modify_proxy(aws, it, IdleClientTimeout=60)


@mutates("rds.proxy", "role_arn")
def _(aws, it):
    modify_proxy(aws, it, RoleArn=it["inputs"]["role_arn"] + "-other")


@mutates("rds.proxy", "security_group_ids")
def _(aws, it):
    modify_proxy(aws, it, SecurityGroups=[another_group(aws, "proxy")])


@mutates("rds.proxy_target_group", "max_connections_percent")
def _(aws, it):
    pool = {"MaxConnectionsPercent": 77}
    aws("rds").modify_db_proxy_target_group(DBProxyName=it["id"], TargetGroupName="default", ConnectionPoolConfig=pool)


@mutates("rds.proxy_target_group", "max_idle_connections_percent")
def _(aws, it):
    pool = {"MaxIdleConnectionsPercent": 11}
    aws("rds").modify_db_proxy_target_group(DBProxyName=it["id"], TargetGroupName="default", ConnectionPoolConfig=pool)


def change_plan(aws, it, change) -> None:
    backup = aws("backup")
    plan = backup.get_backup_plan(BackupPlanId=it["id"])["BackupPlan"]
    for rule in plan["Rules"]:
        rule.pop("RuleId", None)
    change(plan)
    backup.update_backup_plan(BackupPlanId=it["id"], BackupPlan=plan)


@mutates("backup.plan", "plan_name")
def _(aws, it):
    change_plan(aws, it, lambda plan: plan.update(BackupPlanName="changed"))


@mutates("backup.plan", "rules")
def _(aws, it):
    change_plan(aws, it, lambda plan: plan["Rules"][0].update(ScheduleExpression="cron(0 9 * * ? *)"))


@mutates("backup.plan", "rules")
def _(aws, it):
    change_plan(aws, it, lambda plan: plan["Rules"][0]["Lifecycle"].update(DeleteAfterDays=2))


@mutates("backup.plan", "rules")
def _(aws, it):
    change_plan(aws, it, lambda plan: plan["Rules"][0].update(CompletionWindowMinutes=600))


@mutates("backup.plan", "rules")
def _(aws, it):
    change_plan(aws, it, lambda plan: plan["Rules"].append(plan["Rules"][0] | {"RuleName": "another"}))


leave_out("efs.file_system", "LocalStack does not support UpdateFileSystem", "throughput_mode")


@mutates("efs.file_system", "transition_to_ia")
def _(aws, it):
    aws("efs").put_lifecycle_configuration(FileSystemId=it["id"], LifecyclePolicies=[{"TransitionToIA": "AFTER_90_DAYS"}])


@mutates("efs.file_system", "policy")
def _(aws, it):
    policy = json.loads(it["inputs"]["policy"])
    policy["Statement"][0]["Principal"] = {"AWS": "*"}
    aws("efs").put_file_system_policy(FileSystemId=it["id"], Policy=json.dumps(policy))


@mutates("efs.mount_target", "security_group_ids")
def _(aws, it):
    group = another_group(aws, "mount-target")
    aws("efs").modify_mount_target_security_groups(MountTargetId=it["id"], SecurityGroups=[group])


@mutates("s3.bucket", "encryption")
def _(aws, it):
    default = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
    aws("s3").put_bucket_encryption(Bucket=it["id"], ServerSideEncryptionConfiguration={"Rules": [default]})


leave_out("s3.bucket", "not configured in the test case, and compared only if configured", "kms_key_id")


@mutates("s3.bucket", "versioning")
def _(aws, it):
    aws("s3").put_bucket_versioning(Bucket=it["id"], VersioningConfiguration={"Status": "Suspended"})


def block(name: str) -> None:
    """Disables one of the four blocks."""

    @mutates("s3.bucket", "block_public_access")
    def _(aws, it):
        names = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
        configuration = {other: other != name for other in names}
        aws("s3").put_public_access_block(Bucket=it["id"], PublicAccessBlockConfiguration=configuration)


for name in ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"):
    block(name)


@mutates("s3.bucket", "block_public_access")
def _(aws, it):
    aws("s3").delete_public_access_block(Bucket=it["id"])


@mutates("s3.bucket", "object_ownership")
def _(aws, it):
    rules = {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    aws("s3").put_bucket_ownership_controls(Bucket=it["id"], OwnershipControls=rules)


def change_lifecycle(aws, it, change) -> None:
    rules = aws("s3").get_bucket_lifecycle_configuration(Bucket=it["id"])["Rules"]
    change(rules)
    aws("s3").put_bucket_lifecycle_configuration(Bucket=it["id"], LifecycleConfiguration={"Rules": rules})


@mutates("s3.bucket", "lifecycle_rules")
def _(aws, it):
    change_lifecycle(aws, it, lambda rules: rules[0].update(NoncurrentVersionExpiration={"NoncurrentDays": 1}))


@mutates("s3.bucket", "lifecycle_rules")
def _(aws, it):
    change_lifecycle(aws, it, lambda rules: rules[0].update(Status="Disabled"))


@mutates("s3.bucket", "lifecycle_rules")
def _(aws, it):
    """Limits the rule to a prefix, so that other objects never expire."""
    change_lifecycle(aws, it, lambda rules: rules[0].update(Filter={"Prefix": "somewhere/"}))


@mutates("s3.bucket", "lifecycle_rules")
def _(aws, it):
    """Adds a rule that deletes current objects."""
    change_lifecycle(aws, it, lambda rules: rules.append({"ID": "z", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}}))


@mutates("s3.bucket", "lifecycle_rules")
def _(aws, it):
    aws("s3").delete_bucket_lifecycle(Bucket=it["id"])


@mutates("s3.bucket_policy", "document")
def _(aws, it):
    policy = json.loads(it["inputs"]["document"])
    policy["Statement"][0]["Effect"] = "Deny" if policy["Statement"][0]["Effect"] == "Allow" else "Allow"
    aws("s3").put_bucket_policy(Bucket=it["id"], Policy=json.dumps(policy))
leave_out("rds.cluster", "AWS only raises the version, and a higher version is not drift", "engine_version")
