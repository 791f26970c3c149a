"""Route 53: a change is PENDING until it has propagated to all servers."""

import time
import uuid
from datetime import UTC, datetime

from localstack.aws.api import handler
from localstack.services.moto import call_moto
from localstack.services.route53.provider import Route53Provider

from .errors import refuse
from .settings import PENDING_SECONDS

# The times of changes by ID.
CHANGES: dict[str, tuple[float, datetime]] = {}


def shown(identity: str) -> dict:
    since, submitted = CHANGES[identity]
    # Rule: route53.pending-change
    status = "PENDING" if time.monotonic() - since < PENDING_SECONDS else "INSYNC"
    return {"Id": f"/change/{identity}", "Status": status, "SubmittedAt": submitted}


@handler("ChangeResourceRecordSets", expand=False)
def change_resource_record_sets(self, context, request):
    call_moto(context)
    identity = "C" + uuid.uuid4().hex[:20].upper()
    CHANGES[identity] = (time.monotonic(), datetime.now(UTC))
    return {"ChangeInfo": shown(identity)}


@handler("GetChange", expand=False)
def get_change(self, context, request):
    identity = request["Id"].rsplit("/", 1)[-1]
    # Rule: route53.missing-change
    if identity not in CHANGES:
        raise refuse("NoSuchChange", f"A change with the ID {identity} does not exist.", 404)
    return {"ChangeInfo": shown(identity)}


def install() -> None:
    for operation in (change_resource_record_sets, get_change):
        setattr(Route53Provider, operation.__name__, operation)
