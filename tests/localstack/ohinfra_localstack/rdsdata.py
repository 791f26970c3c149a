"""The RDS Data API: checks the cluster, the secret and the transactions, and records the statements of each cluster.

Its errors are those of Aurora Serverless v2 and provisioned clusters. It does not run the statements; other tests run them on
PostgreSQL.
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
    # Rule: rds-data.missing-cluster
    if cluster is None:
        raise refuse("NotFoundException", f"DB cluster {name} is not found.", 404)
    # Rule: rds-data.http-endpoint
    if not cluster["HttpEndpointEnabled"]:
        raise refuse("HttpEndpointNotEnabledException", f"The HTTP endpoint for using RDS Data API isn't enabled for the DB cluster {name}.")
    instances = [i for i in rds.store_of(context).instances.values() if i["DBClusterIdentifier"] == name]
    # Rule: rds-data.no-instance
    if not instances:
        raise refuse("DatabaseNotFoundException", "The DB cluster doesn't have a DB instance.", 404)
    # Rule: rds-data.stopped
    if cluster.get("_status") == "stopped":
        raise refuse("DatabaseUnavailableException", "The writer instance in the DB cluster isn't available.", 504)
    check_resumed(cluster)
    secrets = connect_to(aws_access_key_id=context.account_id, region_name=context.region).secretsmanager
    try:
        value = json.loads(secrets.get_secret_value(SecretId=request["secretArn"])["SecretString"])
    except Exception as error:
        # Rule: rds-data.missing-secret
        raise refuse("SecretsErrorException", "There was a problem with the Secrets Manager secret: it was not found.") from error
    # Rule: rds-data.invalid-secret
    if not value.get("username") or not value.get("password"):
        raise refuse("InvalidSecretException", "The Secrets Manager secret used with the request isn't valid.")
    # Rule: rds-data.wrong-password
    if cluster.get("_password") not in (None, value["password"]):
        user = value["username"]
        raise refuse("DatabaseErrorException", f'FATAL: password authentication failed for user "{user}"; SQLState: 28P01')
    return arn + "|" + cluster["DbClusterResourceId"]


def check_resumed(cluster: dict) -> None:
    """Fails the first request to a cluster that can pause. The request resumes the cluster."""
    capacity = cluster.get("ServerlessV2ScalingConfiguration") or {}
    # Rule: rds-data.resuming
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
        # Rule: rds-data.missing-transaction
        raise refuse("TransactionNotFoundException", f"Transaction {transaction} is not found.", 404)
    return {"numberOfRecordsUpdated": 0}


def commit(context, request):
    # Rule: rds-data.missing-transaction
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
