"""Fills a request according to the API model: every member that is not an input of ohinfra gets a value that differs from the live one.

A table maps path patterns to rules. A path separates members with dots; `[]` is a live item of a list, `[+]` an added item.
"""

import re
from dataclasses import dataclass
from fnmatch import translate
from typing import Any


@dataclass
class Input:
    """An input of the kind; keeps the live value."""

    name: str


@dataclass
class Excluded:
    """A member without another valid value; keeps the live value."""

    reason: str


@dataclass
class Each:
    """A list that gets an item for each alternative of a union."""

    union: str


@dataclass
class Added:
    """A list that gets these items in addition to the live ones. The items are filled, too."""

    items: list


#: Candidate values. The first one that matches the pattern and differs from the live value is used.
CANDIDATES = [
    "filled",
    "0123456789abcdef",
    "12345678-1234-1234-1234-123456789012",
    "arn:aws:lambda:us-east-1:123456789012:function:filled",
    "arn:aws:iam::123456789012:role/filled",
    "Your code is {####}",
    "Open {##this link##}",
    "filled@example.com",
    "us-east-1",
    "/filled",
    "AQ",
    "2",
    "Filled text of a description",
]


class Filler:
    """Fills one request. `unions` contains the shapes of which only one member can be set."""

    def __init__(self, table: dict[str, Any], unions: tuple[str, ...]):
        self.rules = [(re.compile(translate(pattern.replace("[", "[[]"))), pattern, rule) for pattern, rule in table.items()]
        self.unions = unions
        self.used: set[str] = set()
        self.turn = 0

    def rule(self, path: str):
        for pattern, text, rule in self.rules:
            if pattern.match(path.lstrip(".")):
                self.used.add(text)
                return rule
        return None

    def fill(self, shape, path: str, live=None, seen: tuple = ()):
        rule = self.rule(path)
        if isinstance(rule, Input | Excluded):
            return live
        if rule is not None and not isinstance(rule, Each | Added):
            return rule
        kind = shape.type_name
        if kind == "structure":
            return self.structure(shape, path, live, seen)
        if kind == "list":
            return self.list(shape, path, live or [], rule, seen)
        if kind == "map":
            name = (getattr(shape.key, "enum", None) or ["filled"])[0]
            return {**(live or {}), name: self.fill(shape.value, f"{path}{{}}", (live or {}).get(name), seen)}
        return scalar(shape, path, live)

    def structure(self, shape, path: str, live, seen: tuple):
        if shape.name in seen:
            return live
        names = list(shape.members)
        if shape.name in self.unions and names:
            present = [name for name in names if name in (live or {})]
            usable = [name for name in names if not isinstance(self.rule(f"{path}.{name}"), Excluded)]
            usable = [name for name in usable if not contains(shape.members[name], {*seen, shape.name})] or usable
            self.turn += 1
            names = present or [usable[self.turn % len(usable)]]
        filled = {}
        for name in names:
            value = self.fill(shape.members[name], f"{path}.{name}", (live or {}).get(name), (*seen, shape.name))
            if value is not None:
                filled[name] = value
        if "Quantity" in filled and "Items" in shape.members:
            filled["Quantity"] = len(filled.get("Items") or [])
        return filled

    def list(self, shape, path: str, live: list, rule, seen: tuple):
        member = shape.member
        if member.type_name != "structure":
            return [self.fill(member, f"{path}[+]", live[0] if live else None, seen)]
        items = [self.fill(member, f"{path}[]", one, seen) for one in live]
        if isinstance(rule, Each):
            union = member.members[rule.union]
            templates = [{rule.union: {name: {}}} for name in union.members]
        elif isinstance(rule, Added):
            templates = rule.items
        else:
            templates = [{}] if member.name not in seen else []
        for number, template in enumerate(templates):
            item = self.fill(member, f"{path}[+]", template, seen)
            items.append(item | {name: value for name, value in template.items() if not isinstance(value, dict)})
            if "Priority" in member.members and "Name" in member.members:
                items[-1] |= {"Name": f"filled-{number}", "Priority": 100 + number}
        return items


def contains(shape, names: set[str]) -> bool:
    """Returns `True` if a shape requires one of these shapes, which would be an endless recursion."""
    if shape.type_name == "structure":
        return shape.name in names or any(contains(shape.members[one], names) for one in shape.required_members)
    return shape.type_name == "list" and contains(shape.member, names)


def fits(shape, value: str) -> bool:
    least, most = shape.metadata.get("min", 0), shape.metadata.get("max")
    if len(value) < least or (most is not None and len(value) > most):
        return False
    pattern = shape.metadata.get("pattern")
    # Python's `re` has no Unicode classes, so replace them with `.`.
    pattern = pattern and re.sub(r"\[(\\p\{\w\}|\\s|\*)+\]", ".", pattern)
    return pattern is None or re.fullmatch(pattern, value) is not None


def scalar(shape, path: str, live):
    kind = shape.type_name
    if kind == "boolean":
        return not live
    if kind in ("integer", "long", "float", "double"):
        least, most = shape.metadata.get("min") or 0, shape.metadata.get("max")
        values = [7, least + 1, least, most]
        found = [n for n in values if n is not None and n >= least and (most is None or n <= most) and n != live]
        return found[0]
    if kind == "blob":
        return b"filled"
    if kind == "string":
        enumeration = getattr(shape, "enum", None)
        values = [one for one in enumeration or CANDIDATES if one != live and (enumeration or fits(shape, one))]
        if values:
            return values[0]
        if enumeration:
            return live or enumeration[0]
    raise ValueError(f"choose a value for {path}: {kind} {shape.name} {shape.metadata}")


#: Members that identify the items of a list.
IDENTITIES = ("Name", "Id", "PathPattern", "EventType", "HeaderName", "Header", "OriginId", "ErrorCode")


def normal(value):
    """Converts lists to maps of their items, and empty lists to `None`."""
    if isinstance(value, dict):
        parts = {name: normal(part) for name, part in value.items()}
        return {name: part for name, part in parts.items() if part is not None}
    if isinstance(value, list | tuple):
        if not value:
            return None
        for identity in IDENTITIES:
            if all(isinstance(one, dict) and one.get(identity) is not None for one in value):
                names = [str(one[identity]) for one in value]
                if len(set(names)) == len(names):
                    return {f"[{name}]": normal(one) for name, one in zip(names, value, strict=True)}
        return [normal(one) for one in value]
    return value


def differences(expected, found, path: str = "") -> list[str]:
    """Returns the paths at which two requests differ."""
    expected, found = normal(expected), normal(found)
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        pairs = enumerate(zip(expected, found, strict=True))
        return [one for n, (left, right) in pairs for one in differences(left, right, f"{path}[{n}]")]
    if not (isinstance(expected, dict) and isinstance(found, dict)):
        return [] if expected == found else [f"{path.lstrip('.')}: {expected!r} became {found!r}"[:300]]
    listed = []
    for name in sorted({*expected, *found}):
        inner = f"{path}{name}" if name.startswith("[") else f"{path}.{name}"
        listed += differences(expected.get(name), found.get(name), inner)
    return listed
