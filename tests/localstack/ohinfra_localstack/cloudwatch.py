"""CloudWatch: a dashboard that does not exist is `ResourceNotFound` with status 404, not a wrong parameter."""

from localstack.services.cloudwatch.provider_v2 import CloudwatchProvider

from .errors import refuse


def install() -> None:
    get, delete = CloudwatchProvider.get_dashboard, CloudwatchProvider.delete_dashboards

    def check(self, context, names) -> None:
        dashboards = self.get_store(context.account_id, context.region).dashboards
        for name in names:
            if name not in dashboards:
                raise refuse("ResourceNotFound", f"Dashboard {name} does not exist", 404)

    def get_dashboard(self, context, dashboard_name, **kwargs):
        check(self, context, [dashboard_name])
        return get(self, context, dashboard_name, **kwargs)

    def delete_dashboards(self, context, dashboard_names, **kwargs):
        check(self, context, dashboard_names)
        return delete(self, context, dashboard_names, **kwargs)

    CloudwatchProvider.get_dashboard = get_dashboard
    CloudwatchProvider.delete_dashboards = delete_dashboards
