"""Changes of alarms, dashboards, log groups and topics."""

import json

from . import NOT_HERE, mutates

#: Member of PutMetricAlarm and changed value, by input.
ALARM = {
    "description": ("AlarmDescription", "changed outside"),
    "namespace": ("Namespace", "Custom"),
    "metric_name": ("MetricName", "Other"),
    "statistic": ("Statistic", "Maximum"),
    "dimensions": ("Dimensions", [{"Name": "AutoScalingGroupName", "Value": "other"}]),
    "period_seconds": ("Period", 60),
    "evaluation_periods": ("EvaluationPeriods", 9),
    "threshold": ("Threshold", 99.0),
    "comparison": ("ComparisonOperator", "LessThanThreshold"),
    "treat_missing_data": ("TreatMissingData", "breaching"),
    "action_arns": ("AlarmActions", []),
}
#: Members that both DescribeAlarms and PutMetricAlarm have.
MEMBERS = {member for member, _ in ALARM.values()} | {"AlarmName", "ActionsEnabled", "OKActions", "InsufficientDataActions"}


def change_alarm(member: str, value):
    def change(aws, it):
        client = aws("cloudwatch")
        (alarm,) = client.describe_alarms(AlarmNames=[it["id"]])["MetricAlarms"]
        client.put_metric_alarm(**{**{k: v for k, v in alarm.items() if k in MEMBERS}, member: value})

    return change


for path, (member, value) in ALARM.items():
    mutates("cloudwatch.alarm", path)(change_alarm(member, value))


@mutates("cloudwatch.alarm", "dimensions")
def _(aws, it):
    """Adds a dimension, so that the alarm watches a metric without data."""
    dimensions = it["inputs"]["dimensions"] | {"Theirs": "x"}
    value = [{"Name": name, "Value": value} for name, value in dimensions.items()]
    change_alarm("Dimensions", value)(aws, it)


@mutates("cloudwatch.dashboard", "body")
def _(aws, it):
    body = json.loads(it["inputs"]["body"])
    body["widgets"][0]["width"] = 12
    aws("cloudwatch").put_dashboard(DashboardName=it["inputs"]["dashboard_name"], DashboardBody=json.dumps(body))


@mutates("logs.log_group", "retention_days")
def _(aws, it):
    aws("logs").put_retention_policy(logGroupName=it["id"], retentionInDays=1)


@mutates("logs.log_group", "retention_days")
def _(aws, it):
    """Deletes the retention policy, so that log events never expire."""
    aws("logs").delete_retention_policy(logGroupName=it["id"])


@mutates("logs.log_group", "kms_key_arn")
def _(aws, it):
    if "kms_key_arn" not in it["inputs"]:
        return NOT_HERE
    aws("logs").disassociate_kms_key(logGroupName=it["id"])


@mutates("logs.function_log_groups", "retention_days")
def _(aws, it):
    aws("logs").put_retention_policy(logGroupName=f"/aws/lambda/{it['id']}", retentionInDays=1)


@mutates("logs.function_log_groups", "replica_retention_days")
def _(aws, it):
    """Deletes the retention policy, as in a log group that Lambda created."""
    aws("logs", "eu-west-1").delete_retention_policy(logGroupName=f"/aws/lambda/us-east-1.{it['id']}")


@mutates("logs.function_log_groups", "replica_retention_days")
def _(aws, it):
    aws("logs", "sa-east-1").delete_log_group(logGroupName=f"/aws/lambda/us-east-1.{it['id']}")


@mutates("sns.topic", "display_name")
def _(aws, it):
    aws("sns").set_topic_attributes(TopicArn=it["id"], AttributeName="DisplayName", AttributeValue="changed outside")


@mutates("sns.topic", "kms_key_id")
def _(aws, it):
    if "kms_key_id" not in it["inputs"]:
        return NOT_HERE
    aws("sns").set_topic_attributes(TopicArn=it["id"], AttributeName="KmsMasterKeyId", AttributeValue="")


@mutates("sns.topic", "email_subscriptions")
def _(aws, it):
    """Deletes a subscription. Subscriptions of other addresses are not managed."""
    sns, email = aws("sns"), it["inputs"]["email_subscriptions"][0]
    which = {"TopicArn": it["id"], "Protocol": "email", "Endpoint": email}
    sns.unsubscribe(SubscriptionArn=sns.subscribe(**which, ReturnSubscriptionArn=True)["SubscriptionArn"])
