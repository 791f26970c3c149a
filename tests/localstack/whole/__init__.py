"""Objects that AWS takes as a whole: an update resets what it does not name, so it must send what is there.

For each such kind, the object is filled by AWS's own API model with a value for every member that is not an input, by somebody
else's SDK. What ohinfra then sends is compared with it. A member that a later model has is filled without any change here.
"""

import base64

import shapes
from localstack.aws.spec import load_service

from . import kinds
from .fill import Filler, differences


def plain(value):
    """For JSON: bytes as {"$base64": text}."""
    if isinstance(value, bytes):
        return {"$base64": base64.b64encode(value).decode()}
    if isinstance(value, dict):
        return {name: plain(part) for name, part in value.items()}
    return [plain(part) for part in value] if isinstance(value, list | tuple) else value


def fill(connect, request: dict) -> dict:
    """Fills the object. Gives what was put, and the members that the service does not return as they were put."""
    kind = kinds.KINDS[request["kind"]]
    shape = load_service(kind.service).operation_model(kind.operation).input_shape
    live = kind.read(connect(kind.service), request["id"])
    filler = Filler(kind.table, kind.unions)
    filled = kind.finish(filler.fill(shape, "", live))
    invalid: list[str] = []
    shapes.check(shape, filled, "", invalid)
    unused = [pattern for pattern in kind.table if pattern not in filler.used]
    kind.write(connect(kind.service), filled)
    forgotten = differences(filled, kind.read(connect(kind.service), request["id"]))
    tokens = ("IfMatch", "LockToken")
    return {
        "filled": plain(filled),
        "invalid": invalid,
        "unused": unused,
        "forgotten": [one for one in forgotten if not one.startswith(tokens)],
    }


def compare(request: dict, given) -> list[str]:
    """In what a recorded update differs from the object that was filled."""
    kind = kinds.KINDS[request["kind"]]
    updates = []
    for call in request["calls"]:
        service = shapes.MODELS.get(call["service"], call["service"])
        operation, parameters = shapes.parser(service).parse(shapes.request_of(call))
        if operation.name == kind.operation:
            updates.append(parameters)
    if len(updates) != 1:
        return [f"{len(updates)} updates were sent"]
    listed = differences(given(request["filled"]), updates[0])
    return [one for one in listed if not one.startswith(("IfMatch", "LockToken")) and one not in kind.same]
