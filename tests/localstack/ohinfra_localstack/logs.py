"""CloudWatch Logs: tags of log groups that were created without tags, and changes of their KMS key."""

from localstack.services.logs.provider import LogsProvider, logs_stores
from moto.logs.exceptions import ResourceNotFoundException
from moto.logs.responses import LogsResponse


def install() -> None:
    tag = LogsProvider.tag_resource

    def tag_resource(self, context, resource_arn, tags, **kwargs):
        # Rule: logs.tags
        self._check_resource_arn_tagging(resource_arn)
        logs_stores[context.account_id][context.region].TAGS.setdefault(resource_arn, {}).update(tags or {})

    tag_resource.__dict__.update(tag.__dict__)
    LogsProvider.tag_resource = tag_resource

    def set_key(self, key) -> str:
        name = self._get_param("logGroupName")
        # Rule: logs.kms-key
        if name not in self.logs_backend.groups:
            raise ResourceNotFoundException()
        self.logs_backend.groups[name].kms_key_id = key
        return ""

    LogsResponse.associate_kms_key = lambda self: set_key(self, self._get_param("kmsKeyId"))
    LogsResponse.disassociate_kms_key = lambda self: set_key(self, None)
