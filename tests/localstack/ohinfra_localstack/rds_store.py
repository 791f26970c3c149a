"""What RDS has of each account in each region, with its tags."""

import re

from .errors import refuse
from .forward import Phases

CLUSTERS, INSTANCES, PROXIES = Phases(), Phases(), Phases()


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


def arn(context, rest: str) -> str:
    return f"arn:{context.partition}:rds:{context.region}:{context.account_id}:{rest}"


def as_tags(tags: dict[str, str]) -> list[dict]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def set_tags(context, name: str, request) -> None:
    store_of(context).tags[name] = {tag["Key"]: tag.get("Value", "") for tag in request.get("Tags") or []}


def check_name(name: str, what: str) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name) or len(name) > 63:
        raise refuse("InvalidParameterValue", f"The parameter {what} is not a valid identifier: {name}")
