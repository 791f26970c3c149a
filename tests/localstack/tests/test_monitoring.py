"""Rules of CloudWatch and CloudWatch Logs."""

from support import Test, name, rule, tags

API = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference"
LOGS = "https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference"


class CloudWatch(Test):
    def setUp(self):
        super().setUp()
        self.cloudwatch = self.aws("cloudwatch")

    def put_alarm(self, alarm: str, **tags_: str) -> str:
        """Creates or updates an alarm and returns its ARN."""
        self.cloudwatch.put_metric_alarm(
            AlarmName=alarm,
            Namespace="Custom",
            MetricName="Metric",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
            Tags=[{"Key": key, "Value": value} for key, value in tags_.items()],
        )
        return f"arn:aws:cloudwatch:{self.region}:{self.account}:alarm:{alarm}"

    @rule(
        "cloudwatch.missing-dashboard",
        f"CloudWatch API: GetDashboard, ResourceNotFound, {API}/API_GetDashboard.html",
    )
    def test_missing_dashboard_is_not_found(self):
        with self.refused("ResourceNotFound"):
            self.cloudwatch.get_dashboard(DashboardName="missing")
        with self.refused("ResourceNotFound"):
            self.cloudwatch.delete_dashboards(DashboardNames=["missing"])

    @rule(
        "cloudwatch.global-dashboards",
        # "All dashboards in your account are global, not region-specific."
        "CloudFormation: AWS::CloudWatch::Dashboard, "
        "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudwatch-dashboard.html",
    )
    def test_regions_share_dashboards(self):
        dashboard = name()
        self.cloudwatch.put_dashboard(DashboardName=dashboard, DashboardBody='{"widgets": []}')
        elsewhere = self.aws("cloudwatch", "eu-west-1").get_dashboard(DashboardName=dashboard)
        self.assertEqual(elsewhere["DashboardName"], dashboard)

    @rule(
        "cloudwatch.alarm-tags-on-create",
        # "If you are using this operation to update an existing alarm, any tags you specify in this parameter are ignored."
        f"CloudWatch API: PutMetricAlarm, Tags, {API}/API_PutMetricAlarm.html",
    )
    def test_tags_count_only_when_the_alarm_is_created(self):
        alarm = name()
        arn = self.put_alarm(alarm, owner="first")
        self.put_alarm(alarm, owner="second")
        found = self.cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"]
        self.assertEqual(tags(found), {"owner": "first"})

    @rule(
        "cloudwatch.alarms-without-tags",
        f"CloudWatch API: MetricAlarm, {API}/API_MetricAlarm.html",
        "AWS CLI, issue 5289, https://github.com/aws/aws-cli/issues/5289",
    )
    def test_description_of_an_alarm_has_no_tags(self):
        alarm = name()
        self.put_alarm(alarm, owner="first")
        (found,) = self.cloudwatch.describe_alarms(AlarmNames=[alarm])["MetricAlarms"]
        self.assertNotIn("Tags", found)


class Logs(Test):
    def setUp(self):
        super().setUp()
        self.logs = self.aws("logs")
        self.group = name()
        self.logs.create_log_group(logGroupName=self.group)

    @rule("logs.tags", f"CloudWatch Logs API: TagResource, {LOGS}/API_TagResource.html")
    def test_tags_are_added_to_a_group_without_tags(self):
        arn = f"arn:aws:logs:{self.region}:{self.account}:log-group:{self.group}"
        self.logs.tag_resource(resourceArn=arn, tags={"owner": "first"})
        self.logs.tag_resource(resourceArn=arn, tags={"stage": "test"})
        self.assertEqual(self.logs.list_tags_for_resource(resourceArn=arn)["tags"], {"owner": "first", "stage": "test"})

    @rule("logs.kms-key", f"CloudWatch Logs API: AssociateKmsKey, {LOGS}/API_AssociateKmsKey.html")
    def test_key_of_a_group_changes(self):
        def key() -> str | None:
            (group,) = self.logs.describe_log_groups(logGroupNamePrefix=self.group)["logGroups"]
            return group.get("kmsKeyId")

        arn = f"arn:aws:kms:{self.region}:{self.account}:key/12345678-1234-1234-1234-123456789012"
        self.logs.associate_kms_key(logGroupName=self.group, kmsKeyId=arn)
        self.assertEqual(key(), arn)
        self.logs.disassociate_kms_key(logGroupName=self.group)
        self.assertIsNone(key())
        with self.refused("ResourceNotFoundException"):
            self.logs.associate_kms_key(logGroupName="missing", kmsKeyId=arn)
