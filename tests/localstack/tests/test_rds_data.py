"""Rules of the RDS Data API."""

import json

from databases import PASSWORD, DatabaseTest
from support import name, rule

API = "https://docs.aws.amazon.com/rdsdataservice/latest/APIReference"
EXECUTE = f"{API}/API_ExecuteStatement.html"
AURORA = "https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide"


def error(code: str) -> str:
    return f"RDS Data API: ExecuteStatement, {code}, {EXECUTE}"


class DataApi(DatabaseTest):
    def setUp(self):
        super().setUp()
        self.data = self.aws("rds-data")

    def secret(self, value: str | None = None) -> str:
        value = value or json.dumps({"username": "postgres", "password": PASSWORD})
        return self.aws("secretsmanager").create_secret(Name=name(), SecretString=value)["ARN"]

    def serving(self, **changes) -> str:
        """Creates a cluster with an instance and the Data API, and returns its ARN."""
        cluster = self.available(**({"EnableHttpEndpoint": True} | changes))
        self.add_instance(cluster)
        return self.cluster(cluster)["DBClusterArn"]

    def execute(self, cluster: str, secret: str | None = None, **more) -> None:
        self.data.execute_statement(resourceArn=cluster, secretArn=secret or self.secret(), sql="SELECT 1", **more)

    @rule(
        "rds-data.missing-cluster",
        # "The resourceArn, secretArn, or transactionId value can't be found."
        error("NotFoundException"),
    )
    def test_missing_cluster_is_not_found(self):
        with self.refused("NotFoundException"):
            self.execute(f"arn:aws:rds:{self.region}:{self.account}:cluster:missing")

    @rule("rds-data.http-endpoint", error("HttpEndpointNotEnabledException"))
    def test_http_endpoint_is_enabled(self):
        with self.refused("HttpEndpointNotEnabledException"):
            self.execute(self.serving(EnableHttpEndpoint=False))
        self.execute(self.serving())

    @rule(
        "rds-data.no-instance",
        # "The DB cluster doesn't have a DB instance."
        error("DatabaseNotFoundException"),
    )
    def test_cluster_has_an_instance(self):
        cluster = self.available(EnableHttpEndpoint=True)
        with self.refused("DatabaseNotFoundException"):
            self.execute(self.cluster(cluster)["DBClusterArn"])

    @rule(
        "rds-data.stopped",
        # "The writer instance in the DB cluster isn't available."
        error("DatabaseUnavailableException"),
    )
    def test_stopped_cluster_is_unavailable(self):
        cluster = self.serving()
        self.rds.stop_db_cluster(DBClusterIdentifier=cluster.rsplit(":", 1)[-1])
        with self.refused("DatabaseUnavailableException"):
            self.execute(cluster)

    @rule("rds-data.missing-secret", error("SecretsErrorException"))
    def test_secret_exists(self):
        with self.refused("SecretsErrorException"):
            self.execute(self.serving(), f"arn:aws:secretsmanager:{self.region}:{self.account}:secret:missing-AbCdEf")

    @rule("rds-data.invalid-secret", error("InvalidSecretException"))
    def test_secret_has_a_user_and_a_password(self):
        with self.refused("InvalidSecretException"):
            self.execute(self.serving(), self.secret('{"username": "postgres"}'))

    @rule("rds-data.wrong-password", error("DatabaseErrorException"))
    def test_wrong_password_is_a_database_error(self):
        with self.refused("DatabaseErrorException", "password authentication failed"):
            self.execute(self.serving(), self.secret('{"username": "postgres", "password": "wrong-password"}'))

    @rule(
        "rds-data.resuming",
        # "The Data API request automatically resumes the DB instance. Wait a few seconds and try again."
        error("DatabaseResumingException"),
        f"Aurora User Guide: Scaling to Zero ACUs with automatic pause and resume, {AURORA}/aurora-serverless-v2-auto-pause.html",
    )
    def test_paused_cluster_resumes(self):
        cluster = self.serving(ServerlessV2ScalingConfiguration={"MinCapacity": 0, "MaxCapacity": 1})
        with self.refused("DatabaseResumingException"):
            self.execute(cluster)
        self.execute(cluster)

    @rule("rds-data.missing-transaction", error("TransactionNotFoundException"))
    def test_missing_transaction_is_not_found(self):
        cluster, secret = self.serving(), self.secret()
        which = {"resourceArn": cluster, "secretArn": secret}
        transaction = self.data.begin_transaction(**which)["transactionId"]
        self.execute(cluster, secret, transactionId=transaction)
        self.data.commit_transaction(**which, transactionId=transaction)
        with self.refused("TransactionNotFoundException"):
            self.execute(cluster, secret, transactionId=transaction)
        with self.refused("TransactionNotFoundException"):
            self.data.commit_transaction(**which, transactionId=transaction)
