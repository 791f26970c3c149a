"""Lambda: functions become active without a container; one change at a time; a new role cannot be assumed immediately; replicated
functions cannot be deleted; newer runtimes."""

import functools
import threading
import time
from datetime import UTC, datetime

from localstack.services.lambda_ import runtimes
from localstack.services.lambda_.invocation import version_manager
from localstack.services.lambda_.invocation.lambda_service import LambdaService
from localstack.services.lambda_.invocation.models import lambda_stores
from localstack.services.lambda_.provider import LambdaProvider
from moto.iam.models import iam_backends

from . import cloudfront
from .errors import refuse
from .settings import PENDING_SECONDS


class NoExecutor:
    """Starts no container, because no test invokes a function."""

    @staticmethod
    def prepare_version(function_version) -> None:
        time.sleep(min(PENDING_SECONDS, 0.2))

    @staticmethod
    def cleanup_version(function_version) -> None:
        pass


def check_role(context, arn: str) -> None:
    for backends in iam_backends[context.account_id].values():
        for role in backends.roles.values():
            if role.arn == arn:
                created = role.create_date if role.create_date.tzinfo else role.create_date.replace(tzinfo=UTC)
                if (datetime.now(UTC) - created).total_seconds() >= PENDING_SECONDS:
                    return
    # Rule: lambda.role-propagation
    raise refuse("InvalidParameterValueException", "The role defined for the function cannot be assumed by Lambda.")


def one_at_a_time(lock, function):
    @functools.wraps(function)
    def locked(*args, **kwargs):
        with lock:
            return function(*args, **kwargs)

    return locked


# Rule: lambda.runtimes
NEWER_RUNTIMES = ["nodejs24.x", "python3.14"]


def install() -> None:
    runtimes.ALL_RUNTIMES.extend(runtime for runtime in NEWER_RUNTIMES if runtime not in runtimes.ALL_RUNTIMES)
    version_manager.get_runtime_executor = lambda: NoExecutor
    create, delete = LambdaProvider.create_function, LambdaProvider.delete_function

    def create_function(self, context, request):
        check_role(context, request["Role"])
        return create(self, context, request)

    def delete_function(self, context, function_name, qualifier=None, **kwargs):
        base = f"arn:{context.partition}:lambda:{context.region}:{context.account_id}:function:{function_name}"
        if qualifier:
            copies = [f"{base}:{qualifier}"]
        else:
            copies = [arn for arn in list(cloudfront.RELEASED) if arn.startswith(base + ":")]
            for store in cloudfront.STORES.values():
                for distribution in store.distributions.values():
                    copies += [a for a in cloudfront.functions(distribution["config"]) if a.startswith(base + ":")]
        # Rule: lambda.replicated-function
        if any([cloudfront.is_replicated(arn) for arn in copies]):
            raise refuse(
                "InvalidParameterValueException",
                f"Lambda was unable to delete {copies[0]} because it is a replicated function. "
                "Please see our documentation for Deleting Lambda@Edge Functions and Replicas.",
            )
        return delete(self, context, function_name, qualifier=qualifier, **kwargs)

    # Functions whose update no read has reported as in progress yet. On AWS, an update takes longer than the next call.
    unseen = set()

    def key(context, request, args, kwargs):
        name = request.get("FunctionName") or kwargs.get("function_name") or args[0]
        return (context.account_id, context.region, name.rsplit(":", 1)[-1])

    def seen(operation):
        @functools.wraps(operation)
        def shown(self, context, *args, **kwargs):
            answer = operation(self, context, *args, **kwargs)
            function = key(context, {}, args, kwargs)
            # Rule: lambda.update-in-progress
            if function in unseen and not kwargs.get("qualifier"):
                unseen.discard(function)
                answer.get("Configuration", answer)["LastUpdateStatus"] = "InProgress"
            return answer

        return shown

    for name in ("get_function", "get_function_configuration"):
        setattr(LambdaProvider, name, seen(getattr(LambdaProvider, name)))

    def while_idle(operation):
        """Refuses a change while the function is pending or an update is in progress. LocalStack alone would apply the change."""

        @functools.wraps(operation)
        def checked(self, context, *args, **kwargs):
            request = args[0] if args and isinstance(args[0], dict) else {}
            identity = key(context, request, args, kwargs)
            function = lambda_stores[context.account_id][context.region].functions.get(identity[-1])
            config = function.latest().config if function else None
            busy = config and (
                config.state.state == "Pending"
                or (config.last_update and config.last_update.status == "InProgress")
                or identity in unseen
            )
            # Rule: lambda.one-update
            if busy:
                arn = function.latest().id.unqualified_arn()
                message = f"The operation cannot be performed at this time. An update is in progress for resource: {arn}"
                raise refuse("ResourceConflictException", message, 409)
            answer = operation(self, context, *args, **kwargs)
            if operation.__name__ != "publish_version":
                unseen.add(identity)
            return answer

        return checked

    for name in ("update_function_code", "update_function_configuration", "publish_version"):
        setattr(LambdaProvider, name, while_idle(getattr(LambdaProvider, name)))

    # LocalStack reads a version, changes it and writes it back. Without the lock, a permission that is added while a function becomes
    # active would write the function back as pending.
    lock = threading.RLock()
    for owner, name in (
        (LambdaService, "update_version_state"),
        (LambdaProvider, "add_permission"),
        (LambdaProvider, "remove_permission"),
        (LambdaProvider, "tag_resource"),
        (LambdaProvider, "untag_resource"),
    ):
        setattr(owner, name, one_at_a_time(lock, getattr(owner, name)))

    for new, old in ((create_function, create), (delete_function, delete)):
        new.__dict__.update(old.__dict__)
    LambdaProvider.create_function, LambdaProvider.delete_function = create_function, delete_function
