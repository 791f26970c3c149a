"""Validates recorded requests against the API models of AWS: required members, types, enumerations, patterns, lengths and ranges.
LocalStack does not check these."""

import base64
import re
from datetime import datetime
from functools import lru_cache

from localstack.aws.protocol.parser import create_parser
from localstack.aws.spec import load_service
from localstack.http import Request
from ohinfra_localstack import models

models.install()

# Names in signatures that differ from those of the models.
MODELS = {
    "monitoring": "cloudwatch",
    "elasticloadbalancing": "elbv2",
    "elasticfilesystem": "efs",
    "tagging": "resourcegroupstaggingapi",
}
# Patterns with features that Python's `re` lacks.
IGNORED_PATTERNS = (r"\p{", r"\P{")

# Values that are newer than the models of this LocalStack, by shape.
# https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
NEWER_VALUES = {"Runtime": {"nodejs24.x", "python3.14"}}


@lru_cache(maxsize=64)
def parser(service: str):
    return create_parser(load_service(service))


def request_of(call: dict) -> Request:
    headers = {name.strip(): value.strip() for name, value in (line.split(":", 1) for line in call["head"].splitlines()[1:] if ":" in line)}
    method, target = call["head"].split(" ", 2)[:2]
    path, _, query = target.partition("?")
    return Request(method=method, path=path, headers=headers, body=base64.b64decode(call["body"]), query_string=query)


def bounds(shape, size, path: str, found: list[str]) -> None:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and size < least:
        found.append(f"{path}: {size} is less than {least}")
    if most is not None and size > most:
        found.append(f"{path}: {size} is more than {most}")


def check_text(shape, value, path: str, found: list[str]) -> None:
    if not isinstance(value, str):
        found.append(f"{path}: {value!r} is not a string")
        return
    enumeration = getattr(shape, "enum", None)
    if enumeration and value not in enumeration and value not in NEWER_VALUES.get(shape.name, ()):
        found.append(f"{path}: {value!r} is not in {enumeration[:12]}")
    bounds(shape, len(value), path, found)
    pattern = shape.metadata.get("pattern")
    if pattern and not any(part in pattern for part in IGNORED_PATTERNS):
        try:
            # Some patterns match the whole text, others only its beginning.
            if re.fullmatch(pattern, value) is None and re.match(pattern, value) is None:
                found.append(f"{path}: {value[:80]!r} does not match {pattern}")
        except re.error:
            pass


def check(shape, value, path: str, found: list[str]) -> None:
    kind = shape.type_name
    if value is None or getattr(shape, "is_document_type", False):
        return
    if kind == "structure":
        for name in shape.required_members:
            if value.get(name) is None:
                found.append(f"{path}: the required member {name} is missing")
        for name, part in value.items():
            if name not in shape.members:
                found.append(f"{path}: unknown member {name}")
            else:
                check(shape.members[name], part, f"{path}.{name}", found)
    elif kind == "list":
        bounds(shape, len(value), path, found)
        for n, part in enumerate(value):
            check(shape.member, part, f"{path}[{n}]", found)
    elif kind == "map":
        bounds(shape, len(value), path, found)
        for name, part in value.items():
            check(shape.key, name, f"{path}.{name}", found)
            check(shape.value, part, f"{path}.{name}", found)
    elif kind == "string":
        check_text(shape, value, path, found)
    elif kind in ("integer", "long", "float", "double"):
        if isinstance(value, bool) or not isinstance(value, int | float):
            found.append(f"{path}: {value!r} is not a number")
        else:
            bounds(shape, value, path, found)
    elif kind == "boolean" and not isinstance(value, bool):
        found.append(f"{path}: {value!r} is not a boolean")
    elif kind == "blob" and isinstance(value, bytes):
        bounds(shape, len(value), path, found)
    elif kind == "timestamp" and not isinstance(value, datetime | int | float):
        found.append(f"{path}: {value!r} is not a timestamp")


def validate(calls: list[dict]) -> dict:
    """Returns the number of requests, their operations, and the distinct violations."""
    violations, operations, checked = set(), set(), 0
    for call in calls:
        service = MODELS.get(call["service"], call["service"])
        try:
            operation, parameters = parser(service).parse(request_of(call))
        except Exception as error:  # A request that cannot be parsed is a violation.
            violations.add(f"{service} {call['operation']}: cannot be parsed: {error!r}")
            continue
        checked += 1
        operations.add(f"{service}:{operation.name}")
        found: list[str] = []
        if operation.input_shape is not None:
            check(operation.input_shape, parameters or {}, "", found)
        violations.update(f"{service}:{operation.name}{violation}" for violation in found)
    return {"checked": checked, "operations": sorted(operations), "violations": sorted(violations)}
