"""RDS: Aurora clusters with their instances, snapshots, groups and proxies, in the states of AWS.

moto cannot modify proxies, loses tags of parameter groups, and has neither serverless capacities nor intermediate states.
"""

from localstack.aws.skeleton import Skeleton
from localstack.aws.spec import load_service
from localstack.services.plugins import Service, aws_provider

from . import rds_clusters as clusters
from . import rds_groups as groups
from . import rds_proxies as proxies
from . import rds_versions as versions
from .errors import refuse
from .rds_store import as_tags, store_of


def tags_of(context, request) -> dict[str, str]:
    tags = store_of(context).tags.get(request["ResourceName"])
    # Rule: rds.missing-tagged-resource
    if tags is None:
        raise refuse("InvalidParameterValue", f"Invalid resource name: {request['ResourceName']}")
    return tags


def list_tags(context, request):
    return {"TagList": as_tags(tags_of(context, request))}


def add_tags(context, request):
    tags_of(context, request).update({tag["Key"]: tag.get("Value", "") for tag in request["Tags"]})


def remove_tags(context, request):
    tags = tags_of(context, request)
    for key in request["TagKeys"]:
        tags.pop(key, None)


OPERATIONS = {
    "DescribeDBEngineVersions": versions.describe_versions,
    "CreateDBCluster": clusters.create_cluster,
    "DescribeDBClusters": clusters.describe_clusters,
    "ModifyDBCluster": clusters.modify_cluster,
    "DeleteDBCluster": clusters.delete_cluster,
    "StopDBCluster": clusters.stop_cluster,
    "StartDBCluster": clusters.start_cluster,
    "DescribeEvents": clusters.describe_events,
    "RestoreDBClusterFromSnapshot": clusters.restore_cluster,
    "EnableHttpEndpoint": clusters.set_endpoint(True),
    "DisableHttpEndpoint": clusters.set_endpoint(False),
    "CreateDBInstance": clusters.create_instance,
    "DescribeDBInstances": clusters.describe_instances,
    "ModifyDBInstance": clusters.modify_instance,
    "DeleteDBInstance": clusters.delete_instance,
    "CreateDBClusterSnapshot": clusters.create_snapshot,
    "DescribeDBClusterSnapshots": clusters.describe_snapshots,
    "DeleteDBClusterSnapshot": clusters.delete_snapshot,
    "CreateDBSubnetGroup": groups.create_subnet_group,
    "DescribeDBSubnetGroups": groups.describe_subnet_groups,
    "ModifyDBSubnetGroup": groups.modify_subnet_group,
    "DeleteDBSubnetGroup": groups.delete_subnet_group,
    "CreateDBClusterParameterGroup": groups.create_parameter_group,
    "DescribeDBClusterParameterGroups": groups.describe_parameter_groups,
    "DescribeDBClusterParameters": groups.describe_parameters,
    "ModifyDBClusterParameterGroup": groups.modify_parameters,
    "ResetDBClusterParameterGroup": groups.reset_parameters,
    "DeleteDBClusterParameterGroup": groups.delete_parameter_group,
    "CreateDBProxy": proxies.create_proxy,
    "DescribeDBProxies": proxies.describe_proxies,
    "ModifyDBProxy": proxies.modify_proxy,
    "DeleteDBProxy": proxies.delete_proxy,
    "DescribeDBProxyTargetGroups": proxies.describe_target_groups,
    "ModifyDBProxyTargetGroup": proxies.modify_target_group,
    "RegisterDBProxyTargets": proxies.register_targets,
    "DeregisterDBProxyTargets": proxies.deregister_targets,
    "DescribeDBProxyTargets": proxies.describe_targets,
    "ListTagsForResource": list_tags,
    "AddTagsToResource": add_tags,
    "RemoveTagsFromResource": remove_tags,
}


@aws_provider(api="rds")
def rds() -> Service:
    return Service(name="rds", skeleton=Skeleton(load_service("rds"), OPERATIONS))
