"""Services that moto implements and LocalStack's community edition lacks, with overrides for single operations."""

import time
from collections import defaultdict
from collections.abc import Callable

from localstack.aws.skeleton import Skeleton
from localstack.aws.spec import load_service
from localstack.services.moto import _proxy_moto, call_moto_with_request
from localstack.services.plugins import Service

from .settings import PENDING_SECONDS

Handler = Callable[..., object]


def service(name: str, operations: dict[str, Handler]) -> Service:
    """Returns a service that forwards all operations to moto, except these."""
    model = load_service(name)
    table = dict.fromkeys(model.operation_names, _proxy_moto)
    table.update(operations)
    return Service(name=name, skeleton=Skeleton(model, table))


def moto(context, request):
    """Forwards a request, possibly modified, to moto."""
    return call_moto_with_request(context, request)


class Phases:
    """Times of creation, change and deletion. Resources are `creating`, `modifying` or `deleting` for a while, as on AWS."""

    def __init__(self):
        self.born: dict[tuple, float] = {}
        self.changed: dict[tuple, float] = {}
        self.ghosts: dict[tuple, dict[str, tuple[float, dict]]] = defaultdict(dict)

    @staticmethod
    def key(context, name: str) -> tuple:
        return (context.account_id, context.region, name)

    def create(self, context, name: str) -> None:
        self.born[self.key(context, name)] = time.monotonic()
        self.ghosts[self.key(context, "")].pop(name, None)

    def change(self, context, name: str) -> None:
        self.changed[self.key(context, name)] = time.monotonic()

    def is_young(self, context, name: str) -> bool:
        return time.monotonic() - self.born.get(self.key(context, name), float("-inf")) < PENDING_SECONDS

    def is_changing(self, context, name: str) -> bool:
        return time.monotonic() - self.changed.get(self.key(context, name), float("-inf")) < PENDING_SECONDS

    def delete(self, context, name: str, last: dict) -> None:
        """Records the last description of a deleted resource."""
        self.ghosts[self.key(context, "")][name] = (time.monotonic(), last)

    def leaving(self, context) -> dict[str, dict]:
        """Returns the resources that are still being deleted."""
        ghosts = self.ghosts[self.key(context, "")]
        for name in [name for name, (when, _) in ghosts.items() if time.monotonic() - when >= PENDING_SECONDS]:
            del ghosts[name]
        return {name: last for name, (_, last) in ghosts.items()}
