"""Rules of Lambda and Lambda@Edge."""

import given
from support import Test, name, rule

API = "https://docs.aws.amazon.com/lambda/latest/api"
GUIDE = "https://docs.aws.amazon.com/lambda/latest/dg"
STATES = f"Lambda Developer Guide: Lambda function states, {GUIDE}/functions-states.html"
REPLICAS = (
    "CloudFront Developer Guide: Delete Lambda@Edge functions and replicas, "
    "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-edge-delete-replicas.html"
)


class Functions(Test):
    region = "us-east-1"

    def setUp(self):
        super().setUp()
        self.functions = self.aws("lambda")

    def create(self, role: str | None = None, runtime: str = "nodejs22.x") -> str:
        """Creates a function, and waits for its role."""
        role, function = role or given.role(self), name()

        def created():
            try:
                self.functions.create_function(
                    FunctionName=function, Runtime=runtime, Role=role, Handler="index.handler", Code={"ZipFile": given.code()}
                )
            except self.functions.exceptions.InvalidParameterValueException:
                return False
            return True

        self.until(created)
        return function

    def active(self, function: str) -> dict:
        """Waits until a function can change."""

        def idle():
            found = self.functions.get_function_configuration(FunctionName=function)
            return found["State"] == "Active" and found["LastUpdateStatus"] == "Successful" and found

        return self.until(idle)

    @rule(
        "lambda.role-propagation",
        "IAM User Guide: Troubleshoot IAM, https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html",
        "Lambda-letsencrypt, issue 30, https://github.com/ubergeek42/lambda-letsencrypt/issues/30",
    )
    def test_new_role_cannot_be_assumed_immediately(self):
        function = {"Runtime": "nodejs22.x", "Handler": "index.handler", "Code": {"ZipFile": given.code()}}

        def attempt():
            with self.refused("InvalidParameterValueException", "cannot be assumed by Lambda"):
                self.functions.create_function(FunctionName=name(), Role=given.role(self), **function)

        self.while_pending(attempt)
        with self.refused("InvalidParameterValueException", "cannot be assumed by Lambda"):
            self.functions.create_function(FunctionName=name(), Role=f"arn:aws:iam::{self.account}:role/missing", **function)
        self.create()

    @rule("lambda.runtimes", f"Lambda Developer Guide: Lambda runtimes, {GUIDE}/lambda-runtimes.html")
    def test_newer_runtimes_are_supported(self):
        role = given.role(self)
        for runtime in ("nodejs24.x", "python3.14"):
            self.active(self.create(role, runtime))

    @rule(
        "lambda.update-in-progress",
        # "The LastUpdateStatus [...] fields in the response from GetFunctionConfiguration indicate when the update is complete"
        f"Lambda API: UpdateFunctionConfiguration, {API}/API_UpdateFunctionConfiguration.html",
    )
    def test_update_is_in_progress_until_a_later_read(self):
        function = self.create()
        self.active(function)
        self.functions.update_function_configuration(FunctionName=function, Timeout=5)
        found = self.functions.get_function_configuration(FunctionName=function)
        self.assertEqual(found["LastUpdateStatus"], "InProgress")
        self.assertEqual(self.active(function)["Timeout"], 5)

    @rule("lambda.one-update", STATES)
    def test_change_during_an_update_is_refused_without_effect(self):
        function = self.create()
        self.active(function)
        self.functions.update_function_configuration(FunctionName=function, Timeout=5)
        with self.refused("ResourceConflictException"):
            self.functions.update_function_configuration(FunctionName=function, Timeout=6)
        with self.refused("ResourceConflictException"):
            self.functions.update_function_code(FunctionName=function, ZipFile=given.code("// changed"))
        with self.refused("ResourceConflictException"):
            self.functions.publish_version(FunctionName=function)
        self.assertEqual(self.active(function)["Timeout"], 5)
        self.functions.publish_version(FunctionName=function)

    @rule(
        "lambda.replicated-function",
        REPLICAS,
        "Terraform AWS provider, issue 1721, https://github.com/hashicorp/terraform-provider-aws/issues/1721",
    )
    def test_replicated_function_is_not_deleted(self):
        function = self.create()
        self.active(function)
        version = self.functions.publish_version(FunctionName=function)["FunctionArn"]
        association = given.listed({"LambdaFunctionARN": version, "EventType": "viewer-request"})
        distribution = given.distribution(
            self, DefaultCacheBehavior=given.behavior(LambdaFunctionAssociations=association)
        )
        with self.refused("InvalidParameterValueException", "replicated function"):
            self.functions.delete_function(FunctionName=function)
        given.delete_distribution(self, distribution["Id"])
        with self.refused("InvalidParameterValueException", "replicated function"):
            self.functions.delete_function(FunctionName=function, Qualifier="1")

        def deleted():
            try:
                self.functions.delete_function(FunctionName=function)
            except self.functions.exceptions.InvalidParameterValueException:
                return False
            return True

        self.until(deleted)
