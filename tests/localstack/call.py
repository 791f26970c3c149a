"""Calls AWS with boto3, so that tests can inspect and change resources without the code of ohinfra. Runs until its input ends.

Each line of standard input is a JSON object with `account` and `region`, and one of
- `calls`: a list of [service, operation, parameters]. Returns a list of responses; a failed call returns {"error": code}. All pages of
  an operation are returned.
- `inventory`: returns all resources that can be listed (inventory.py).
- `validate`: returns violations of the API models in recorded requests (shapes.py).
- `mutations`: returns the table of mutations/; `mutate`: makes one of these changes.
- `fill`: fills an object that an update replaces as a whole (whole/); `compare`: returns the differences of a recorded update.
- `fixture`: creates the prerequisites of a deployment (fixture.py); the value lists omitted parts.
Each line of standard output is a response.
"""

import argparse
import base64
import functools
import json
import sys

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError
from ohinfra_localstack import models

import fixture
import inventory
import mutations


def plain(value):
    """Converts bodies and times to text."""
    if hasattr(value, "read"):
        return value.read().decode("utf-8", "replace")
    return str(value)


def given(value):
    """Converts {"$base64": text} in parameters to bytes."""
    if isinstance(value, dict):
        if set(value) == {"$base64"}:
            return base64.b64decode(value["$base64"])
        return {name: given(part) for name, part in value.items()}
    return [given(part) for part in value] if isinstance(value, list) else value


@functools.lru_cache(maxsize=32)
def session(account: str, region: str) -> boto3.Session:
    core = botocore.session.get_session()
    core.get_component("data_loader").search_paths.insert(0, models.FOLDER)
    return boto3.Session(botocore_session=core, aws_access_key_id=account, aws_secret_access_key="test", region_name=region)


@functools.lru_cache(maxsize=256)
def client(endpoint: str, account: str, region: str, service: str):
    # Retry once, because the server may close a kept connection just before its next use.
    retries = {"total_max_attempts": 2, "mode": "standard"}
    config = Config(s3={"addressing_style": "path"}, retries=retries, read_timeout=300)
    return session(account, region).client(service, endpoint_url=endpoint, config=config)


def call(connect, service: str, operation: str, parameters: dict):
    to, parameters = connect(service), given(parameters)
    try:
        if to.can_paginate(operation):
            answer = to.get_paginator(operation).paginate(**parameters).build_full_result()
        else:
            answer = getattr(to, operation)(**parameters)
        answer.pop("ResponseMetadata", None)
    except ClientError as error:
        answer = {"error": error.response["Error"]["Code"]}
    return json.loads(json.dumps(answer, default=plain))


def answer(endpoint: str, request: dict):
    def connect(service: str, region: str = request["region"]):
        return client(endpoint, request["account"], region, service)

    if "fixture" in request:
        return fixture.make(connect, request["region"], "example.com", request["fixture"])
    if "validate" in request:
        import shapes

        return shapes.validate(request["validate"])
    if "inventory" in request:
        def calls(region: str):
            return functools.partial(call, functools.partial(connect, region=region))

        edges = [calls(region) for region in inventory.EDGES]
        return inventory.take(calls(request["region"]), calls("us-east-1"), edges, request["account"])
    if "mutations" in request:
        return mutations.table()
    if "mutate" in request:
        return mutations.mutate(connect, request["mutate"])
    if "fill" in request or "compare" in request:
        import whole

        return whole.fill(connect, request["fill"]) if "fill" in request else whole.compare(request["compare"], given)
    return [call(connect, *one) for one in request["calls"]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--endpoint", required=True)
    endpoint = parser.parse_args().endpoint
    for line in sys.stdin:
        print(json.dumps(answer(endpoint, json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
