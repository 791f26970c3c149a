"""The RDS Data API: it checks the cluster, the secret and the order of transactions, and remembers the statements of each cluster.

It is no database: that the statements do what they should is tried on a real PostgreSQL elsewhere.
"""

import json
import uuid

from localstack.aws.connect import connect_to
from localstack.aws.skeleton import Skeleton
from localstack.aws.spec import load_service
from localstack.services.plugins import Service, aws_provider

from . import rds
from .errors import refuse

STATEMENTS: dict[str, list[str]] = {}
OPEN: dict[str, tuple[str, list[str]]] = {}


def check(context, request) -> str:
    arn = request["resourceArn"]
    name = arn.rsplit(":", 1)[-1]
    cluster = rds.store_of(context).clusters.get(name)
    if cluster is None or not cluster["HttpEndpointEnabled"]:
        raise refuse("BadRequestException", f"HttpEndpoint is not enabled for cluster {name}.")
    secrets = connect_to(aws_access_key_id=context.account_id, region_name=context.region).secretsmanager
    try:
        value = json.loads(secrets.get_secret_value(SecretId=request["secretArn"])["SecretString"])
    except Exception as error:
        raise refuse("BadRequestException", "Error fetching secret.") from error
    if not value.get("username") or not value.get("password"):
        raise refuse("BadRequestException", "The secret has no username or password.")
    return arn + "|" + cluster["DbClusterResourceId"]


def begin(context, request):
    key = check(context, request)
    identity = uuid.uuid4().hex
    OPEN[identity] = (key, [])
    return {"transactionId": identity}


def execute(context, request):
    key = check(context, request)
    sql = request["sql"]
    if "pg_catalog.pg_type" in sql and sql.startswith("SELECT count"):
        done = any("eventcallbackstatus" in statement for statement in STATEMENTS.get(key, []))
        return {"records": [[{"longValue": int(done)}]], "numberOfRecordsUpdated": 0}
    transaction = request.get("transactionId")
    if transaction is None:
        STATEMENTS.setdefault(key, []).append(sql)
    elif transaction in OPEN:
        OPEN[transaction][1].append(sql)
    else:
        raise refuse("BadRequestException", f"Transaction {transaction} is not found.")
    return {"numberOfRecordsUpdated": 0}


def commit(context, request):
    if request["transactionId"] not in OPEN:
        raise refuse("NotFoundException", "Transaction not found.", 404)
    key, statements = OPEN.pop(request["transactionId"])
    STATEMENTS.setdefault(key, []).extend(statements)
    return {"transactionStatus": "Transaction Committed"}


def rollback(context, request):
    OPEN.pop(request["transactionId"], None)
    return {"transactionStatus": "Rollback Complete"}


OPERATIONS = {
    "BeginTransaction": begin,
    "ExecuteStatement": execute,
    "CommitTransaction": commit,
    "RollbackTransaction": rollback,
}


@aws_provider(api="rds-data")
def rdsdata() -> Service:
    return Service(name="rds-data", skeleton=Skeleton(load_service("rds-data"), OPERATIONS))
