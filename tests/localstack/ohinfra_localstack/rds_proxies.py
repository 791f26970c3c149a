"""RDS: proxies, their target group and its targets."""

import time
import uuid

from .errors import refuse
from .rds_clusters import cluster_of
from .rds_store import PROXIES, arn, set_tags, store_of
from .settings import PENDING_SECONDS


def the_proxy(context, name: str) -> dict:
    proxy = store_of(context).proxies.get(name)
    # Rule: rds.missing-proxy
    if proxy is None:
        raise refuse("DBProxyNotFoundFault", f"DB proxy {name} doesn't exist.", 404)
    return proxy


def shown(context, proxy: dict) -> dict:
    names = {k: v for k, v in proxy.items() if not k.startswith("_")}
    # Rule: rds.proxy-creating
    if PROXIES.is_young(context, proxy["DBProxyName"]):
        names["Status"] = "creating"
    elif PROXIES.is_changing(context, proxy["DBProxyName"]):
        names["Status"] = "modifying"
    return names


def create_proxy(context, request):
    name = request["DBProxyName"]
    # Rule: rds.proxy-exists
    if name in store_of(context).proxies or name in PROXIES.leaving(context):
        raise refuse("DBProxyAlreadyExistsFault", f"Proxy {name} already exists.")
    # Rule: rds.proxy-auth
    if not request.get("Auth"):
        raise refuse("InvalidParameterValue", "At least one Auth is required.")
    # Rule: rds.proxy-subnets
    if len(request["VpcSubnetIds"]) < 2:
        raise refuse("InvalidSubnet", "At least two subnets are required.")
    number = uuid.uuid4().hex[:17]
    proxy = {
        "DBProxyName": name,
        "DBProxyArn": arn(context, f"db-proxy:prx-{number}"),
        "Status": "available",
        "EngineFamily": request["EngineFamily"],
        "VpcId": "vpc-00000000",
        "VpcSecurityGroupIds": request.get("VpcSecurityGroupIds") or [],
        "VpcSubnetIds": request["VpcSubnetIds"],
        "Auth": request["Auth"],
        "RoleArn": request["RoleArn"],
        "Endpoint": f"{name}.proxy-{number[:12]}.{context.region}.rds.amazonaws.com",
        "RequireTLS": bool(request.get("RequireTLS")),
        "IdleClientTimeout": request.get("IdleClientTimeout") or 1800,
        "DebugLogging": bool(request.get("DebugLogging")),
        "_pool": {"MaxConnectionsPercent": 100, "MaxIdleConnectionsPercent": 50, "ConnectionBorrowTimeout": 120},
        "_clusters": {},
    }
    store_of(context).proxies[name] = proxy
    set_tags(context, proxy["DBProxyArn"], request)
    PROXIES.create(context, name)
    return {"DBProxy": shown(context, proxy)}


def describe_proxies(context, request):
    wanted = request.get("DBProxyName")
    # Rule: rds.proxy-deleting
    leaving = PROXIES.leaving(context)
    if wanted in leaving:
        return {"DBProxies": [leaving[wanted]]}
    if wanted:
        return {"DBProxies": [shown(context, the_proxy(context, wanted))]}
    return {"DBProxies": [shown(context, proxy) for proxy in store_of(context).proxies.values()] + list(leaving.values())}


def modify_proxy(context, request):
    proxy = the_proxy(context, request["DBProxyName"])
    # Rule: rds.proxy-change-available-only
    if shown(context, proxy)["Status"] != "available":
        raise refuse("InvalidDBProxyStateFault", "The proxy is not available.")
    names = ("Auth", "RequireTLS", "IdleClientTimeout", "DebugLogging", "RoleArn")
    proxy.update({name: request[name] for name in names if request.get(name) is not None})
    if request.get("SecurityGroups"):
        proxy["VpcSecurityGroupIds"] = request["SecurityGroups"]
    PROXIES.change(context, request["DBProxyName"])
    return {"DBProxy": shown(context, proxy)}


def delete_proxy(context, request):
    name = request["DBProxyName"]
    gone = {**shown(context, the_proxy(context, name)), "Status": "deleting"}
    del store_of(context).proxies[name]
    PROXIES.delete(context, name, gone)
    return {"DBProxy": gone}


def target_group(context, proxy: dict) -> dict:
    return {
        "DBProxyName": proxy["DBProxyName"],
        "TargetGroupName": "default",
        "TargetGroupArn": proxy["DBProxyArn"].replace("db-proxy:prx-", "target-group:prx-tg-"),
        "IsDefault": True,
        "Status": "available",
        "ConnectionPoolConfig": proxy["_pool"],
    }


def check_group(request):
    # Rule: rds.one-target-group
    if request.get("TargetGroupName") not in (None, "default"):
        raise refuse("DBProxyTargetGroupNotFoundFault", "A proxy has only the target group `default`.", 404)


def describe_target_groups(context, request):
    check_group(request)
    return {"TargetGroups": [target_group(context, the_proxy(context, request["DBProxyName"]))]}


def modify_target_group(context, request):
    check_group(request)
    proxy = the_proxy(context, request["DBProxyName"])
    proxy["_pool"] = proxy["_pool"] | {k: v for k, v in (request.get("ConnectionPoolConfig") or {}).items() if v is not None}
    return {"DBProxyTargetGroup": target_group(context, proxy)}


def register_targets(context, request):
    check_group(request)
    proxy = the_proxy(context, request["DBProxyName"])
    # Rule: rds.register-available-only
    if shown(context, proxy)["Status"] == "creating":
        raise refuse("InvalidDBProxyStateFault", "The proxy is not available.")
    for name in request.get("DBClusterIdentifiers") or []:
        cluster_of(context, name)
        # Rule: rds.target-registered-once
        if name in proxy["_clusters"]:
            raise refuse("DBProxyTargetAlreadyRegisteredFault", f"{name} is already registered.")
        proxy["_clusters"][name] = time.monotonic()
    return {"DBProxyTargets": []}


def deregister_targets(context, request):
    check_group(request)
    proxy = the_proxy(context, request["DBProxyName"])
    for name in request.get("DBClusterIdentifiers") or []:
        # Rule: rds.missing-target
        if proxy["_clusters"].pop(name, None) is None:
            raise refuse("DBProxyTargetNotFoundFault", f"{name} is not registered.", 404)
    return {}


def describe_targets(context, request):
    check_group(request)
    proxy = the_proxy(context, request["DBProxyName"])
    targets = []
    for name, when in proxy["_clusters"].items():
        targets.append({"RdsResourceId": name, "Type": "TRACKED_CLUSTER", "TrackedClusterId": name})
        # Rule: rds.target-health
        young = time.monotonic() - when < PENDING_SECONDS
        health = {"State": "UNAVAILABLE", "Reason": "PENDING_PROXY_CAPACITY"} if young else {"State": "AVAILABLE"}
        targets.append({"RdsResourceId": f"{name}-writer", "Type": "RDS_INSTANCE", "TrackedClusterId": name, "TargetHealth": health})
    return {"Targets": targets}
