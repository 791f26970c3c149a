"""CloudWatch: the error code of missing dashboards, tags of alarms, and dashboards that all regions share."""

from localstack.services.cloudwatch.models import CloudWatchStore
from localstack.services.cloudwatch.provider_v2 import CloudwatchProvider

from localstack.services.stores import CrossRegionAttribute

from .errors import refuse


def install() -> None:
    # Rule: cloudwatch.global-dashboards
    shared = CrossRegionAttribute(default=dict)
    shared.__set_name__(CloudWatchStore, "dashboards")
    CloudWatchStore.dashboards = shared
    get, delete = CloudwatchProvider.get_dashboard, CloudwatchProvider.delete_dashboards

    def check(self, context, names) -> None:
        dashboards = self.get_store(context.account_id, context.region).dashboards
        for name in names:
            # Rule: cloudwatch.missing-dashboard
            if name not in dashboards:
                raise refuse("ResourceNotFound", f"Dashboard {name} does not exist", 404)

    def get_dashboard(self, context, dashboard_name, **kwargs):
        check(self, context, [dashboard_name])
        return get(self, context, dashboard_name, **kwargs)

    def delete_dashboards(self, context, dashboard_names, **kwargs):
        check(self, context, dashboard_names)
        return delete(self, context, dashboard_names, **kwargs)

    describe = CloudwatchProvider.describe_alarms

    def describe_alarms(self, context, **kwargs):
        answer = describe(self, context, **kwargs)
        # Rule: cloudwatch.alarms-without-tags
        answer["MetricAlarms"] = [{k: v for k, v in alarm.items() if k != "Tags"} for alarm in answer["MetricAlarms"]]
        return answer

    put = CloudwatchProvider.put_metric_alarm

    def put_metric_alarm(self, context, request):
        store = self.get_store(context.account_id, context.region)
        known = {alarm.alarm["AlarmName"] for alarm in store.alarms.values()}
        put(self, context, request)
        # Rule: cloudwatch.alarm-tags-on-create
        if request["AlarmName"] not in known and request.get("Tags"):
            arn = f"arn:{context.partition}:cloudwatch:{context.region}:{context.account_id}:alarm:{request['AlarmName']}"
            store.TAGS.tag_resource(arn, request["Tags"])

    put_metric_alarm.__dict__.update(put.__dict__)
    CloudwatchProvider.put_metric_alarm = put_metric_alarm
    describe_alarms.__dict__.update(describe.__dict__)
    CloudwatchProvider.describe_alarms = describe_alarms
    CloudwatchProvider.get_dashboard = get_dashboard
    CloudwatchProvider.delete_dashboards = delete_dashboards
