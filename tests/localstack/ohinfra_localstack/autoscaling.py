"""Auto Scaling: moto's, with instances that take a moment to be in service, launches that fail, instance refreshes that replace
the instance and may be rolled back, and groups that take their instances with them.

Two tags of a group say what AWS makes of it; both are read when they count:
- `localstack:launch-failure`: no instance can be launched, for the reason that the tag's value gives;
- `localstack:refresh-ends`: every instance refresh that is under way ends with this status.
"""

import threading
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
ACTIVE = ("Pending", "InProgress")
LOCK = threading.RLock()
FAILURE, ENDS = "localstack:launch-failure", "localstack:refresh-ends"


def key(context, name: str) -> tuple:
    return (context.account_id, context.region, name)


def groups_of(context) -> dict:
    return autoscaling_backends[context.account_id][context.region].autoscaling_groups


def group_of(context, request):
    name = request["AutoScalingGroupName"]
    group = groups_of(context).get(name)
    if group is None:
        raise refuse("ValidationError", f"AutoScalingGroup name not found - AutoScalingGroup '{name}' not found")
    return group


def tag(group, name: str) -> str | None:
    return next((tag["Value"] for tag in group.tags if tag["Key"] == name), None)


def launch(group) -> None:
    """Brings the group to its size, unless its instances cannot be launched. A new one is pending for a while:
    https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-lifecycle.html"""
    now = time.monotonic()
    with LOCK:
        if tag(group, FAILURE):
            group.failing_since = getattr(group, "failing_since", None) or now
        else:
            group.failing_since = None
            # moto counts those in service only.
            for state in group.instance_states:
                state.lifecycle_state = "InService"
            group.set_desired_capacity(group.desired_capacity)
        for state in group.instance_states:
            state.born = getattr(state, "born", now)
            state.lifecycle_state = "Pending" if now - state.born < PENDING_SECONDS else "InService"


def forget_interfaces(context, instances: list[str]) -> None:
    """The network interfaces of instances go with them; of the volumes those that are to be deleted on termination (`ec2`)."""
    ec2 = ec2_backends[context.account_id][context.region]
    for identity in [i for i, eni in ec2.enis.items() if eni.instance and eni.instance.id in instances]:
        del ec2.enis[identity]


def terminate(context, group) -> None:
    instances = [state.instance.id for state in group.instance_states]
    if instances:
        group.instance_states = []
        ec2_backends[context.account_id][context.region].terminate_instances(instances)
        forget_interfaces(context, instances)


def settle(context, group) -> list[dict]:
    """What has become of the group's refreshes by now."""
    with LOCK:
        return settled(context, group)


def settled(context, group) -> list[dict]:
    refreshes = REFRESHES.get(key(context, group.name), [])
    for refresh in refreshes:
        if refresh["Status"] not in ACTIVE:
            continue
        if time.monotonic() - refresh["_when"] < PENDING_SECONDS:
            refresh.update(Status="InProgress", PercentageComplete=50)
            continue
        status = tag(group, ENDS) or "Successful"
        refresh.update(Status=status, PercentageComplete=100, EndTime=datetime.now(UTC))
        if status != "Successful":
            refresh["StatusReason"] = "The new instance did not become healthy."
            continue
        # StartInstanceRefresh, DesiredConfiguration: the group has it once the refresh has succeeded.
        wanted = (refresh.get("DesiredConfiguration") or {}).get("LaunchTemplate")
        if wanted:
            group._set_launch_configuration(None, wanted, None)
        terminate(context, group)
        launch(group)
    return refreshes


def start(context, request):
    group = group_of(context, request)
    if any(refresh["Status"] in ACTIVE for refresh in settle(context, group)):
        raise refuse("InstanceRefreshInProgress", "An instance refresh is already in progress.")
    preferences = request.get("Preferences") or {}
    wanted = (request.get("DesiredConfiguration") or {}).get("LaunchTemplate")
    if preferences.get("AutoRollback") and not wanted:
        raise refuse("ValidationError", "AutoRollback needs a desired configuration.")
    identity = str(uuid.uuid4())
    refresh = {
        "InstanceRefreshId": identity,
        "AutoScalingGroupName": group.name,
        "Status": "Pending",
        "PercentageComplete": 0,
        "StartTime": datetime.now(UTC),
        "Preferences": preferences,
        "_when": time.monotonic(),
    }
    if wanted:
        refresh["DesiredConfiguration"] = {"LaunchTemplate": wanted}
    REFRESHES.setdefault(key(context, group.name), []).insert(0, refresh)
    return {"InstanceRefreshId": identity}


def describe_refreshes(context, request):
    refreshes = settle(context, group_of(context, request))[: request.get("MaxRecords") or 50]
    return {"InstanceRefreshes": [{k: v for k, v in refresh.items() if k != "_when"} for refresh in refreshes]}


def describe_activities(context, request):
    """A launch that fails is tried again and again."""
    group = groups_of(context).get(request.get("AutoScalingGroupName"))
    since = getattr(group, "failing_since", None)
    if since is None:
        return {"Activities": []}
    failures = min(1 + int((time.monotonic() - since) / PENDING_SECONDS), 20)
    activity = {
        "AutoScalingGroupName": group.name,
        "Description": "Launching a new EC2 instance",
        "Cause": "an instance was started in response to a difference between desired and actual capacity",
        "StartTime": datetime.now(UTC),
        "StatusCode": "Failed",
        "StatusMessage": tag(group, FAILURE) or "",
        "Progress": 100,
    }
    return {"Activities": [{"ActivityId": f"{group._id}-{n}", **activity} for n in reversed(range(failures))]}


def describe(context, request):
    for group in list(groups_of(context).values()):
        settle(context, group)
        launch(group)
    return moto(context, request)


def create(context, request):
    name = request["AutoScalingGroupName"]
    if name in groups_of(context):
        message = f"AutoScalingGroup by this name already exists - A group with the name {name} already exists"
        raise refuse("AlreadyExists", message)
    size = request.get("DesiredCapacity", request["MinSize"])
    answer = moto(context, {**request, "DesiredCapacity": 0, "MinSize": 0})
    group = groups_of(context)[name]
    group.min_size, group.desired_capacity = request["MinSize"], size
    launch(group)
    return answer


def update(context, request):
    group = group_of(context, request)
    with LOCK:
        for state in group.instance_states:
            state.lifecycle_state = "InService"
        before = {state.instance.id for state in group.instance_states}
        answer = moto(context, request)
        forget_interfaces(context, list(before - {state.instance.id for state in group.instance_states}))
    launch(group)
    return answer


def delete(context, request):
    group = group_of(context, request)
    REFRESHES.pop(key(context, group.name), None)
    with LOCK:
        terminate(context, group)
        return moto(context, request)


OPERATIONS = {
    "CreateAutoScalingGroup": create,
    "DescribeAutoScalingGroups": describe,
    "DescribeScalingActivities": describe_activities,
    "StartInstanceRefresh": start,
    "DescribeInstanceRefreshes": describe_refreshes,
    "UpdateAutoScalingGroup": update,
    "DeleteAutoScalingGroup": delete,
}


@aws_provider(api="autoscaling")
def autoscaling() -> Service:
    return service("autoscaling", OPERATIONS)
