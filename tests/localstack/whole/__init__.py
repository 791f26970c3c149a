"""Objects that an update replaces as a whole: a member that the request omits is reset.

For each kind, boto3 fills the object according to the API model, with a value for every member that is not an input. The test then
compares the update of ohinfra with the object. Members of newer models are filled without a change here.
"""

import base64

import shapes
from localstack.aws.spec import load_service

from . import kinds
from .fill import Filler, differences


def plain(value):
    """Converts bytes to {"$base64": text} for JSON."""
    if isinstance(value, bytes):
        return {"$base64": base64.b64encode(value).decode()}
    if isinstance(value, dict):
        return {name: plain(part) for name, part in value.items()}
    return [plain(part) for part in value] if isinstance(value, list | tuple) else value


def fill(connect, request: dict) -> dict:
    """Fills the object. Returns the object, and the members that the service does not return unchanged."""
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
    """Returns the differences between a recorded update and the filled object."""
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
