"""Clients of AWS, one of each kind in the process. botocore's clients may be used by several threads."""

from functools import cache

import boto3
from botocore.config import Config

_CONFIG = Config(
    connect_timeout=3, read_timeout=20, retries={"mode": "standard", "max_attempts": 4}, max_pool_connections=50
)


@cache
def client(service: str):
    """The client of a service in the deployment's region."""
    return boto3.client(service, config=_CONFIG)
