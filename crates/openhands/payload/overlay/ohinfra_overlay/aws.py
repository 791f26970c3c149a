"""AWS clients, one per service and process. botocore clients are thread-safe."""

from functools import cache

import boto3
from botocore.config import Config

# All attempts together stay below the load balancer timeout of 60 seconds, so that the caller gets a response.
_CONFIG = Config(
    connect_timeout=3, read_timeout=10, retries={"mode": "standard", "max_attempts": 3}, max_pool_connections=50
)


@cache
def client(service: str):
    """Return the client of a service in the region of the deployment."""
    return boto3.client(service, config=_CONFIG)
