"""RDS: subnet groups and cluster parameter groups."""

from .errors import refuse
from .rds_store import CLUSTERS, arn, set_tags, store_of


def used_by_clusters(context, field: str, name: str) -> bool:
    clusters = list(store_of(context).clusters.values()) + list(CLUSTERS.leaving(context).values())
    return any(cluster.get(field) == name for cluster in clusters)


def subnet_group_of(context, name: str) -> dict:
    group = store_of(context).subnet_groups.get(name)
    # Rule: rds.missing-subnet-group
    if group is None:
        raise refuse("DBSubnetGroupNotFoundFault", f"DB subnet group '{name}' does not exist.", 404)
    return group


def subnets(request) -> list[dict]:
    # Rule: rds.subnet-group-zones
    if len(request["SubnetIds"]) < 2:
        raise refuse("DBSubnetGroupDoesNotCoverEnoughAZs", "The DB subnet group doesn't meet Availability Zone coverage requirement.")
    return [{"SubnetIdentifier": subnet, "SubnetStatus": "Active"} for subnet in request["SubnetIds"]]


def create_subnet_group(context, request):
    name, store = request["DBSubnetGroupName"], store_of(context)
    # Rule: rds.subnet-group-exists
    if name in store.subnet_groups:
        raise refuse("DBSubnetGroupAlreadyExists", f"The DB subnet group '{name}' already exists.")
    group = {
        "DBSubnetGroupName": name,
        "DBSubnetGroupDescription": request["DBSubnetGroupDescription"],
        "DBSubnetGroupArn": arn(context, f"subgrp:{name}"),
        "SubnetGroupStatus": "Complete",
        "Subnets": subnets(request),
    }
    store.subnet_groups[name] = group
    set_tags(context, group["DBSubnetGroupArn"], request)
    return {"DBSubnetGroup": group}


def describe_subnet_groups(context, request):
    wanted = request.get("DBSubnetGroupName")
    found = [subnet_group_of(context, wanted)] if wanted else list(store_of(context).subnet_groups.values())
    return {"DBSubnetGroups": found}


def modify_subnet_group(context, request):
    group = subnet_group_of(context, request["DBSubnetGroupName"])
    group["Subnets"] = subnets(request)
    if request.get("DBSubnetGroupDescription"):
        group["DBSubnetGroupDescription"] = request["DBSubnetGroupDescription"]
    return {"DBSubnetGroup": group}


def delete_subnet_group(context, request):
    name = request["DBSubnetGroupName"]
    group = subnet_group_of(context, name)
    # Rule: rds.subnet-group-in-use
    if used_by_clusters(context, "DBSubnetGroup", name):
        raise refuse("InvalidDBSubnetGroupStateFault", "The DB subnet group is in use.")
    del store_of(context).subnet_groups[name]
    store_of(context).tags.pop(group["DBSubnetGroupArn"], None)


def parameter_group_of(context, name: str) -> dict:
    group = store_of(context).parameter_groups.get(name)
    # Rule: rds.missing-parameter-group
    if group is None:
        raise refuse("DBParameterGroupNotFound", f"DBClusterParameterGroup not found: {name}", 404)
    return group


def shown_group(group: dict) -> dict:
    return {k: v for k, v in group.items() if not k.startswith("_")}


def create_parameter_group(context, request):
    name, store = request["DBClusterParameterGroupName"], store_of(context)
    # Rule: rds.parameter-group-exists
    if name in store.parameter_groups:
        raise refuse("DBParameterGroupAlreadyExists", f"Parameter group {name} already exists")
    group = {
        "DBClusterParameterGroupName": name,
        "DBParameterGroupFamily": request["DBParameterGroupFamily"],
        "Description": request["Description"],
        "DBClusterParameterGroupArn": arn(context, f"cluster-pg:{name}"),
        "_parameters": {},
    }
    store.parameter_groups[name] = group
    set_tags(context, group["DBClusterParameterGroupArn"], request)
    return {"DBClusterParameterGroup": shown_group(group)}


def describe_parameter_groups(context, request):
    wanted = request.get("DBClusterParameterGroupName")
    found = [parameter_group_of(context, wanted)] if wanted else list(store_of(context).parameter_groups.values())
    return {"DBClusterParameterGroups": [shown_group(group) for group in found]}


def describe_parameters(context, request):
    parameters = parameter_group_of(context, request["DBClusterParameterGroupName"])["_parameters"]
    user = [{"ParameterName": k, "ParameterValue": v, "Source": "user", "ApplyMethod": "pending-reboot"} for k, v in parameters.items()]
    default = [{"ParameterName": "max_connections", "ParameterValue": "100", "Source": "engine-default"}]
    return {"Parameters": {"user": user, "engine-default": default}.get(request.get("Source"), user + default)}


def modify_parameters(context, request):
    group = parameter_group_of(context, request["DBClusterParameterGroupName"])
    # Rule: rds.twenty-parameters
    if not 1 <= len(request["Parameters"]) <= 20:
        raise refuse("InvalidParameterValue", "Between 1 and 20 parameters can be modified at once.")
    for parameter in request["Parameters"]:
        group["_parameters"][parameter["ParameterName"]] = parameter["ParameterValue"]
    return {"DBClusterParameterGroupName": request["DBClusterParameterGroupName"]}


def reset_parameters(context, request):
    group = parameter_group_of(context, request["DBClusterParameterGroupName"])
    for parameter in request.get("Parameters") or []:
        group["_parameters"].pop(parameter["ParameterName"], None)
    return {"DBClusterParameterGroupName": request["DBClusterParameterGroupName"]}


def delete_parameter_group(context, request):
    name = request["DBClusterParameterGroupName"]
    group = parameter_group_of(context, name)
    # Rule: rds.parameter-group-in-use
    if used_by_clusters(context, "DBClusterParameterGroup", name):
        raise refuse("InvalidDBParameterGroupState", "One or more database clusters are still members of this parameter group.")
    del store_of(context).parameter_groups[name]
    store_of(context).tags.pop(group["DBClusterParameterGroupArn"], None)
