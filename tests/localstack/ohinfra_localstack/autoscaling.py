"""Auto Scaling: moto, plus pending instances, failing launches, and instance refreshes that replace the instance and can be rolled
back. Deleting a group terminates its instances.

Two tags of a group control the simulation:
- `localstack:launch-failure`: launches fail with this reason;
- `localstack:refresh-ends`: instance refreshes in progress end with this status.
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
        # Rule: autoscaling.missing-group
        raise refuse("ValidationError", f"AutoScalingGroup name not found - AutoScalingGroup '{name}' not found")
    return group


def tag(group, name: str) -> str | None:
    return next((tag["Value"] for tag in group.tags if tag["Key"] == name), None)


def launch(group) -> None:
    """Launches and terminates instances to reach the desired capacity, unless launches fail."""
    now = time.monotonic()
    with LOCK:
        if tag(group, FAILURE):
            group.failing_since = getattr(group, "failing_since", None) or now
        else:
            group.failing_since = None
            # moto counts only instances in service.
            for state in group.instance_states:
                state.lifecycle_state = "InService"
            group.set_desired_capacity(group.desired_capacity)
        for state in group.instance_states:
            # Rule: autoscaling.pending-instance
            state.born = getattr(state, "born", now)
            state.lifecycle_state = "Pending" if now - state.born < PENDING_SECONDS else "InService"


def forget_interfaces(context, instances: list[str]) -> None:
    """Deletes the network interfaces of terminated instances. `ec2` deletes their volumes."""
    # Rule: autoscaling.interfaces-deleted
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
    """Advances the instance refreshes of a group and returns them."""
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
        # Rule: autoscaling.failed-refresh
        status = tag(group, ENDS) or "Successful"
        refresh.update(Status=status, PercentageComplete=100, EndTime=datetime.now(UTC))
        if status != "Successful":
            refresh["StatusReason"] = "The new instance did not become healthy."
            continue
        # Rule: autoscaling.refresh-sets-template
        wanted = (refresh.get("DesiredConfiguration") or {}).get("LaunchTemplate")
        if wanted:
            group._set_launch_configuration(None, wanted, None)
        # Rule: autoscaling.refresh-replaces-instances
        terminate(context, group)
        launch(group)
    return refreshes


def start(context, request):
    group = group_of(context, request)
    # Rule: autoscaling.one-refresh
    if any(refresh["Status"] in ACTIVE for refresh in settle(context, group)):
        raise refuse("InstanceRefreshInProgress", "An instance refresh is already in progress.")
    preferences = request.get("Preferences") or {}
    wanted = (request.get("DesiredConfiguration") or {}).get("LaunchTemplate")
    # Rule: autoscaling.rollback-needs-configuration
    if preferences.get("AutoRollback") and not wanted:
        raise refuse("ValidationError", "The AutoRollback parameter cannot be set to true when the DesiredConfiguration parameter is empty.")
    # Rule: autoscaling.rollback-needs-version
    if preferences.get("AutoRollback") and str(wanted.get("Version", "$Default")).startswith("$"):
        raise refuse("ValidationError", "The AutoRollback parameter cannot be set to true with the version $Latest or $Default.")
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
    """Returns the failed launches of a group."""
    # Rule: autoscaling.failed-launch
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
    # Rule: autoscaling.group-exists
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
    # Rule: autoscaling.force-delete
    if group.instance_states and not request.get("ForceDelete"):
        raise refuse("ResourceInUse", "You cannot delete an AutoScalingGroup while there are instances or pending Spot instance request(s) still in the group.")
    REFRESHES.pop(key(context, group.name), None)
    with LOCK:
        # Rule: autoscaling.delete-terminates-instances
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
