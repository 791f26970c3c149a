"""The RDS Data API: it checks the cluster, the secret and the order of transactions, and remembers the statements of each cluster.

Its errors are those of Aurora Serverless v2 and provisioned clusters (RDS Data Service API Reference, ExecuteStatement, Errors).

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
    if cluster is None:
        raise refuse("BadRequestException", f"DBCluster {name} is not found for DbHandler")
    if not cluster["HttpEndpointEnabled"]:
        raise refuse("HttpEndpointNotEnabledException", f"The HTTP endpoint for using RDS Data API isn't enabled for the DB cluster {name}.")
    instances = [i for i in rds.store_of(context).instances.values() if i["DBClusterIdentifier"] == name]
    if not instances:
        raise refuse("DatabaseNotFoundException", "The DB cluster doesn't have a DB instance.", 404)
    if cluster.get("_status") == "stopped":
        raise refuse("DatabaseUnavailableException", "The writer instance in the DB cluster isn't available.", 504)
    check_resumed(cluster)
    secrets = connect_to(aws_access_key_id=context.account_id, region_name=context.region).secretsmanager
    try:
        value = json.loads(secrets.get_secret_value(SecretId=request["secretArn"])["SecretString"])
    except Exception as error:
        raise refuse("SecretsErrorException", "There was a problem with the Secrets Manager secret: it was not found.") from error
    if not value.get("username") or not value.get("password"):
        raise refuse("InvalidSecretException", "The Secrets Manager secret used with the request isn't valid.")
    if cluster.get("_password") not in (None, value["password"]):
        user = value["username"]
        raise refuse("DatabaseErrorException", f'FATAL: password authentication failed for user "{user}"; SQLState: 28P01')
    return arn + "|" + cluster["DbClusterResourceId"]


def check_resumed(cluster: dict) -> None:
    """A cluster that may scale to nothing has paused before the first request, which wakes it up (Aurora User Guide, "Scaling to zero
    ACUs")."""
    capacity = cluster.get("ServerlessV2ScalingConfiguration") or {}
    if capacity.get("MinCapacity") == 0 and not cluster.get("_awake"):
        cluster["_awake"] = True
        raise refuse("DatabaseResumingException", "The Aurora DB instance is resuming after being auto-paused. Please wait a few seconds and try again.")


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
        raise refuse("TransactionNotFoundException", f"Transaction {transaction} is not found.", 404)
    return {"numberOfRecordsUpdated": 0}


def commit(context, request):
    if request["transactionId"] not in OPEN:
        raise refuse("TransactionNotFoundException", "Transaction is not found.", 404)
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
