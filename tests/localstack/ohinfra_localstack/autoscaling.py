"""Auto Scaling: moto's, with instance refreshes, and groups that take a moment to go."""

import time
import uuid
from datetime import UTC, datetime

from localstack.services.plugins import Service, aws_provider
from moto.autoscaling.models import autoscaling_backends
from moto.ec2.models import ec2_backends

from .errors import refuse
from .forward import moto, service
from .settings import PENDING_SECONDS

REFRESHES: dict[tuple, list[dict]] = {}


def key(context, request) -> tuple:
    return (context.account_id, context.region, request["AutoScalingGroupName"])


def group_of(context, request):
    group = autoscaling_backends[context.account_id][context.region].autoscaling_groups.get(request["AutoScalingGroupName"])
    if group is None:
        raise refuse("ValidationError", f"AutoScalingGroup name not found - AutoScalingGroup '{request['AutoScalingGroupName']}' not found")
    return group


def settle(refresh: dict) -> dict:
    """What has become of a refresh by now."""
    age = time.monotonic() - refresh["_when"]
    if refresh["Status"] in ("Pending", "InProgress"):
        refresh["Status"] = "InProgress" if age < PENDING_SECONDS else "Successful"
        refresh["PercentageComplete"] = 50 if age < PENDING_SECONDS else 100
        if age >= PENDING_SECONDS:
            refresh["EndTime"] = datetime.now(UTC)
    return refresh


def start(context, request):
    group = group_of(context, request)
    refreshes = REFRESHES.setdefault(key(context, request), [])
    if any(settle(refresh)["Status"] == "InProgress" for refresh in refreshes):
        raise refuse("InstanceRefreshInProgress", "An instance refresh is already in progress.")
    preferences = request.get("Preferences") or {}
    wanted = (request.get("DesiredConfiguration") or {}).get("LaunchTemplate")
    if preferences.get("AutoRollback") and not wanted:
        raise refuse("ValidationError", "AutoRollback needs a desired configuration.")
    if wanted:
        group.launch_template_version = group.provided_launch_template_version = wanted.get("Version")
    identity = str(uuid.uuid4())
    refreshes.insert(0, {
        "InstanceRefreshId": identity,
        "AutoScalingGroupName": request["AutoScalingGroupName"],
        "Status": "Pending",
        "PercentageComplete": 0,
        "StartTime": datetime.now(UTC),
        "Preferences": preferences,
        "_when": time.monotonic(),
    })
    return {"InstanceRefreshId": identity}


def describe(context, request):
    group_of(context, request)
    refreshes = [settle(refresh) for refresh in REFRESHES.get(key(context, request), [])]
    refreshes = refreshes[: request.get("MaxRecords") or 100]
    return {"InstanceRefreshes": [{k: v for k, v in refresh.items() if k != "_when"} for refresh in refreshes]}


def create(context, request):
    name = request["AutoScalingGroupName"]
    if name in autoscaling_backends[context.account_id][context.region].autoscaling_groups:
        raise refuse("AlreadyExists", f"AutoScalingGroup by this name already exists - A group with the name {name} already exists")
    return moto(context, request)


def delete(context, request):
    group = group_of(context, request)
    instances = [state.instance.id for state in group.instance_states]
    REFRESHES.pop(key(context, request), None)
    answer = moto(context, request)
    # The network interfaces and the volumes of instances go with them.
    ec2 = ec2_backends[context.account_id][context.region]
    for identity in [i for i, eni in ec2.enis.items() if eni.instance and eni.instance.id in instances]:
        del ec2.enis[identity]
    for identity in [i for i, v in ec2.volumes.items() if v.attachment and v.attachment.instance.id in instances]:
        del ec2.volumes[identity]
    return answer


OPERATIONS = {
    "CreateAutoScalingGroup": create,
    "StartInstanceRefresh": start,
    "DescribeInstanceRefreshes": describe,
    "DeleteAutoScalingGroup": delete,
}


@aws_provider(api="autoscaling")
def autoscaling() -> Service:
    return service("autoscaling", OPERATIONS)
