"""RDS: the resources of each account and region, with their tags."""

import re

from .errors import refuse
from .forward import Phases

CLUSTERS, INSTANCES, PROXIES = Phases(), Phases(), Phases()
# Accepted changes of clusters and instances that have not started yet.
QUEUE = Phases()


class Store:
    """The resources of one account in one region."""

    def __init__(self):
        self.clusters: dict[str, dict] = {}
        self.instances: dict[str, dict] = {}
        self.snapshots: dict[str, dict] = {}
        self.subnet_groups: dict[str, dict] = {}
        self.parameter_groups: dict[str, dict] = {}
        self.proxies: dict[str, dict] = {}
        self.tags: dict[str, dict[str, str]] = {}


STORES: dict[tuple, Store] = {}


def store_of(context) -> Store:
    return STORES.setdefault((context.account_id, context.region), Store())


def queue(context, phases: Phases, thing: dict, request, changes: dict) -> None:
    """Accepts a change. Until a deferred change starts, the status stays `available` and the members keep their old values. Without
    `ApplyImmediately`, a change waits for the maintenance window, which never starts in the plug-in, or for an immediate change."""
    # Rule: rds.maintenance-window
    name = request.get("DBClusterIdentifier") or request["DBInstanceIdentifier"]
    if changes:
        thing["_queued"] = thing.get("_queued", {}) | changes
        thing["_waits"] = not request.get("ApplyImmediately")
        QUEUE.change(context, thing["_arn"])
    else:
        phases.change(context, name)


def advance(context, phases: Phases, thing: dict, name: str) -> dict:
    """Starts queued changes that are due. Returns the pending values."""
    if thing.get("_queued") and not thing["_waits"] and not QUEUE.is_changing(context, thing["_arn"]):
        changes = thing.pop("_queued")
        if changes.pop("MasterUserPassword", None):
            thing["_password"] = thing.pop("_new_password", None)
        thing.update(changes)
        phases.change(context, name)
    return {"PendingModifiedValues": dict(thing.get("_queued", {}))}


def shown(thing: dict) -> dict:
    """Returns the members that AWS reports."""
    return {name: value for name, value in thing.items() if not name.startswith("_")}


def arn(context, rest: str) -> str:
    return f"arn:{context.partition}:rds:{context.region}:{context.account_id}:{rest}"


def as_tags(tags: dict[str, str]) -> list[dict]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def set_tags(context, name: str, request) -> None:
    store_of(context).tags[name] = {tag["Key"]: tag.get("Value", "") for tag in request.get("Tags") or []}


def check_name(name: str, what: str) -> None:
    # Rule: rds.identifier
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name) or len(name) > 63:
        raise refuse("InvalidParameterValue", f"The parameter {what} is not a valid identifier: {name}")
