"""Shared by the tests of the plug-in: clients of a new account, expected errors, waiting, and the rule that a test proves."""

import contextlib
import functools
import os
import random
import time
import unittest
import uuid

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError
from ohinfra_localstack import models
from ohinfra_localstack.settings import PENDING_SECONDS

ENDPOINT = os.environ["OHINFRA_TEST_ENDPOINT"]


def new_account() -> str:
    return str(random.randrange(10**11, 10**12))


#: EC2 creates a default VPC in each account, which takes a moment. Tests that need EC2 share an account.
SHARED_ACCOUNT = new_account()

#: The source of a rule that no public document states.
NO_SOURCE = "not found"


def rule(name: str, *sources: str):
    """Names the rule of the plug-in that a test proves, and its sources: a title and an address each, or `NO_SOURCE`."""
    assert sources and all(source == NO_SOURCE or ", https://" in source for source in sources), f"{name}: {sources}"

    def describe(test):
        # The runner prints the documentation of a failed test.
        test.__doc__ = f"{name} ({'; '.join(sources)})"
        return test

    return describe


def session() -> boto3.Session:
    core = botocore.session.get_session()
    core.get_component("data_loader").search_paths.insert(0, models.FOLDER)
    return boto3.Session(botocore_session=core)


SESSION = session()
CONFIG = Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 2, "mode": "standard"})


@functools.lru_cache(maxsize=64)
def client(account: str, service: str, region: str):
    keys = {"aws_access_key_id": account, "aws_secret_access_key": "test"}
    return SESSION.client(service, region_name=region, endpoint_url=ENDPOINT, config=CONFIG, **keys)


class Test(unittest.TestCase):
    """A test in a new account, or in the shared one."""

    region = "us-west-2"
    shares_account = False

    def setUp(self) -> None:
        self.account = SHARED_ACCOUNT if self.shares_account else new_account()

    def aws(self, service: str, region: str | None = None):
        """Returns a client of the test's account."""
        return client(self.account, service, region or self.region)

    @contextlib.contextmanager
    def refused(self, code: str, message: str = ""):
        """Expects an error with this code, and with this text in its message."""
        with self.assertRaises(ClientError) as caught:
            yield
        error = caught.exception.response["Error"]
        self.assertEqual(error["Code"], code, error.get("Message"))
        self.assertIn(message, error.get("Message", ""))

    def until(self, condition, seconds: float = 10):
        """Polls until the condition holds, and returns its value."""
        deadline = time.monotonic() + seconds
        while not (value := condition()):
            if time.monotonic() > deadline:
                self.fail("the condition did not become true")
            time.sleep(0.02)
        return value

    def until_refused(self, code: str, call) -> None:
        """Polls until a call fails with this code."""

        def is_refused() -> bool:
            try:
                call()
            except ClientError as error:
                return error.response["Error"]["Code"] == code
            return False

        self.until(is_refused)

    def while_pending(self, attempt, prepare=tuple):
        """Runs an attempt that needs a resource in its pending state. Repeats the attempt if the machine was too slow for that.
        `prepare` returns the arguments of an attempt."""
        for _ in range(20):
            arguments = prepare()
            began = time.monotonic()
            try:
                return attempt(*arguments)
            except (AssertionError, ClientError):
                if time.monotonic() - began < PENDING_SECONDS:
                    raise
        return self.fail("the machine is too slow to see a pending resource")


def name(prefix: str = "test") -> str:
    """Returns a unique name."""
    return f"{prefix}-{uuid.uuid4().hex[:12]}"


def tags(listed: list[dict]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in listed}
