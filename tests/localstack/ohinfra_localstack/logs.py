"""CloudWatch Logs: tags of a group that was created without any are kept."""

from localstack.services.logs.provider import LogsProvider, logs_stores


def install() -> None:
    tag = LogsProvider.tag_resource

    def tag_resource(self, context, resource_arn, tags, **kwargs):
        self._check_resource_arn_tagging(resource_arn)
        logs_stores[context.account_id][context.region].TAGS.setdefault(resource_arn, {}).update(tags or {})

    tag_resource.__dict__.update(tag.__dict__)
    LogsProvider.tag_resource = tag_resource
