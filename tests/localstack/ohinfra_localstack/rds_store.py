"""What RDS has of each account in each region, with its tags."""

import re

from .errors import refuse
from .forward import Phases

CLUSTERS, INSTANCES, PROXIES = Phases(), Phases(), Phases()
# Of clusters and instances alike: what was accepted and has not begun yet.
QUEUE = Phases()


class Store:
    """One account's things in one region."""

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
    """Accepts a change. AWS makes some later: until it begins with them, the status stays `available` and the values the old ones.
    Those that need not be made immediately wait for the maintenance window, which never comes here, or for the next that must be."""
    name = request.get("DBClusterIdentifier") or request["DBInstanceIdentifier"]
    if changes:
        thing["_queued"] = thing.get("_queued", {}) | changes
        thing["_waits"] = not request.get("ApplyImmediately")
        QUEUE.change(context, thing["_arn"])
    else:
        phases.change(context, name)


def advance(context, phases: Phases, thing: dict, name: str) -> dict:
    """Begins with what was queued, when it is time, and gives what is shown of it until then."""
    if thing.get("_queued") and not thing["_waits"] and not QUEUE.is_changing(context, thing["_arn"]):
        changes = thing.pop("_queued")
        if changes.pop("MasterUserPassword", None):
            thing["_password"] = thing.pop("_new_password", None)
        thing.update(changes)
        phases.change(context, name)
    return {"PendingModifiedValues": dict(thing.get("_queued", {}))}


def shown(thing: dict) -> dict:
    """Without what is only ours."""
    return {name: value for name, value in thing.items() if not name.startswith("_")}


def arn(context, rest: str) -> str:
    return f"arn:{context.partition}:rds:{context.region}:{context.account_id}:{rest}"


def as_tags(tags: dict[str, str]) -> list[dict]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def set_tags(context, name: str, request) -> None:
    store_of(context).tags[name] = {tag["Key"]: tag.get("Value", "") for tag in request.get("Tags") or []}


def check_name(name: str, what: str) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name) or len(name) > 63:
        raise refuse("InvalidParameterValue", f"The parameter {what} is not a valid identifier: {name}")
