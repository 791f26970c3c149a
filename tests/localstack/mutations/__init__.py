"""Changes that somebody makes in AWS outside ohinfra: one for every input of every kind, made with boto3.

A mutation gets `aws`, a function from a service's name to its boto3 client in the region of the resource, and `it`, the
resource as the state records it (`id`, `inputs`, `attributes`). It changes exactly the inputs that it names. It returns
`NOT_HERE` if the resource, as configured, has nothing to change there.
"""

import importlib
import pkgutil
from collections.abc import Callable
from typing import Any

NOT_HERE = "not here"

#: (kind, input) to the functions that change it.
MUTATIONS: dict[tuple[str, str], list[Callable[[Any, dict], Any]]] = {}
#: (kind, input) to the reason why no mutation changes it.
LEFT_OUT: dict[tuple[str, str], str] = {}


def mutates(kind: str, path: str):
    """Registers a change of one input, or of several joined with `+`. An input may have several changes. A row for an input that
    AWS cannot change is for a resource that somebody can delete and create again under the same identity."""

    def register(function):
        MUTATIONS.setdefault((kind, path), []).append(function)
        return function

    return register


def leave_out(kind: str, reason: str, *paths: str) -> None:
    """Excuses inputs that nobody can change in AWS, or whose change no read could show."""
    LEFT_OUT.update({(kind, path): reason for path in paths})


def load() -> None:
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")


def table() -> dict:
    """What there is, for the test that compares it with the schemas."""
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
