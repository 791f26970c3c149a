"""Makes calls with boto3: how tests look at AWS and change it, without any code of ohinfra.

Standard input: a JSON list of [service, operation, parameters]. Standard output: a JSON list of the answers; a call that
fails gives {"error": code}. Operations that have pages are answered whole.
"""

import argparse
import json
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError


def plain(value):
    """Bodies as text, times as text."""
    if hasattr(value, "read"):
        return value.read().decode("utf-8", "replace")
    return str(value)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--region", required=True)
    parser.add_argument("--account", required=True)
    arguments = parser.parse_args()
    session = boto3.Session(
        aws_access_key_id=arguments.account, aws_secret_access_key="test", region_name=arguments.region
    )
    config = Config(s3={"addressing_style": "path"}, retries={"max_attempts": 0})
    clients: dict = {}
    answers = []
    for service, operation, parameters in json.load(sys.stdin):
        client = clients.setdefault(
            service, session.client(service, endpoint_url=arguments.endpoint, config=config)
        )
        try:
            if client.can_paginate(operation):
                answer = client.get_paginator(operation).paginate(**parameters).build_full_result()
            else:
                answer = getattr(client, operation)(**parameters)
            answer.pop("ResponseMetadata", None)
        except ClientError as error:
            answer = {"error": error.response["Error"]["Code"]}
        answers.append(json.loads(json.dumps(answer, default=plain)))
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
