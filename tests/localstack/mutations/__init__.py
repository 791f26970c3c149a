"""Changes outside ohinfra: at least one for each input of each kind, made with boto3.

A mutation gets `aws`, which returns the boto3 client of a service in the region of the resource, and `it`, the resource in the state
(`id`, `inputs`, `attributes`). It changes exactly the inputs that it names. It returns `NOT_HERE` if it does not apply to the
configuration of the resource.
"""

import importlib
import pkgutil
from collections.abc import Callable
from typing import Any

NOT_HERE = "not here"

#: The functions that change an input, by (kind, input).
MUTATIONS: dict[tuple[str, str], list[Callable[[Any, dict], Any]]] = {}
#: The reason why an input has no mutation, by (kind, input).
LEFT_OUT: dict[tuple[str, str], str] = {}


def mutates(kind: str, path: str):
    """Registers a change of an input, or of several inputs joined with `+`. An input can have several changes. A change of an immutable
    input deletes the resource and creates it again with the same ID."""

    def register(function):
        MUTATIONS.setdefault((kind, path), []).append(function)
        return function

    return register


def leave_out(kind: str, reason: str, *paths: str) -> None:
    """Excludes inputs that cannot change in AWS, or whose change a read cannot detect."""
    LEFT_OUT.update({(kind, path): reason for path in paths})


def load() -> None:
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")


def table() -> dict:
    """Returns all mutations, for the test that compares them with the schemas."""
    load()
    mutated = [[kind, path, number] for (kind, path), all_ in MUTATIONS.items() for number in range(len(all_))]
    return {"mutated": mutated, "left_out": [[kind, path, reason] for (kind, path), reason in LEFT_OUT.items()]}


def mutate(connect, request: dict):
    load()
    function = MUTATIONS[request["kind"], request["path"]][request["number"]]
    try:
        return function(connect, request["it"])
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}
