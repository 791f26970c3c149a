"""The Resource Groups Tagging API: the tags that LocalStack's services and the plug-in keep. moto reads only its own."""

import re

from localstack.services.cloudwatch.models import cloudwatch_stores
from localstack.services.kms.models import kms_stores
from localstack.services.logs.models import logs_stores
from localstack.services.plugins import aws_provider
from localstack.services.s3.models import s3_stores
from localstack.services.sns.models import sns_stores
from moto.ecr.models import ecr_backends
from moto.elbv2.models import elbv2_backends
from moto.ssm.models import ssm_backends
from moto.wafv2.models import wafv2_backends

from . import acm, backup, cloudfront
from .errors import refuse
from .forward import service
from .rds_store import store_of as rds_store

# The remaining results by pagination token.
PAGES: dict[str, list[dict]] = {}


def pairs(tags: list[dict]) -> dict[str, str]:
    return {tag["Key"]: tag.get("Value", "") for tag in tags}


def everything(context):
    """Yields the ARN and the tags of each resource that can have tags."""
    # Rule: tagging.all-services
    account, region, partition = context.account_id, context.region, context.partition
    for certificate in acm.store_of(context).values():
        yield certificate["CertificateArn"], certificate["tags"]
    yield from backup.store_of(context).tags.items()
    # Rule: tagging.global-services
    if region == "us-east-1":
        for distribution in cloudfront.store_of(context).distributions.values():
            yield distribution["ARN"], distribution["tags"]
    watched = cloudwatch_stores[account][region]
    for arn in watched.alarms:
        yield arn, pairs(watched.TAGS.list_tags_for_resource(arn)["Tags"])
    for repository in ecr_backends[account][region].repositories.values():
        yield repository.arn, pairs(ecr_backends[account][region].tagger.list_tags_for_resource(repository.arn)["Tags"])
    balancing = elbv2_backends[account][region]
    for balancer in balancing.load_balancers.values():
        for thing in (balancer, *balancer.listeners.values(), *(rule for listener in balancer.listeners.values() for rule in listener.rules.values())):
            yield thing.arn, pairs(balancing.tagging_service.list_tags_for_resource(thing.arn)["Tags"])
    for group in balancing.target_groups.values():
        yield group.arn, pairs(balancing.tagging_service.list_tags_for_resource(group.arn)["Tags"])
    for key in kms_stores[account][region].keys.values():
        yield key.metadata["Arn"], key.tags
    for arn, tags in logs_stores[account][region].TAGS.items():
        if f":{region}:" in arn:
            yield arn, tags
    yield from rds_store(context).tags.items()
    buckets = s3_stores[account][region]
    for bucket in buckets.buckets.values():
        arn = f"arn:{partition}:s3:::{bucket.name}"
        if bucket.bucket_region == region:
            yield arn, pairs(buckets.TAGS.list_tags_for_resource(arn)["Tags"])
    for arn, tags in sns_stores[account][region].sns_tags.items():
        yield arn, pairs(tags)
    for name in ssm_backends[account][region]._parameters:
        arn = f"arn:{partition}:ssm:{region}:{account}:parameter/{name.removeprefix('/')}"
        yield arn, ssm_backends[account][region].list_tags_for_resource("Parameter", name)
    for scope in {region, "global"} if region == "us-east-1" else {region}:
        firewall = wafv2_backends[account][scope]
        for acl in firewall.wacls.values():
            yield acl.arn, pairs(firewall.tagging_service.list_tags_for_resource(acl.arn)["Tags"])


def type_of(arn: str) -> tuple[str, str]:
    """Returns the service, and the service with the resource type."""
    name, rest = arn.split(":")[2], arn.split(":", 5)[5]
    return name, f"{name}:{re.split('[:/]', rest)[0]}" if re.search("[:/]", rest) else name


def get_resources(context, request):
    wanted, filters = request.get("ResourceTypeFilters") or [], request.get("TagFilters") or []
    page = request.get("ResourcesPerPage") or 50
    # Rule: tagging.page-size
    if not 1 <= page <= 100:
        raise refuse("InvalidParameterException", "ResourcesPerPage must be between 1 and 100")
    # Limit: no TagsPerPage.
    if request.get("TagsPerPage"):
        raise refuse("InvalidParameterException", "The plug-in does not support TagsPerPage.")
    for kind in wanted:
        # Rule: tagging.resource-type
        if not re.fullmatch(r"[a-z0-9]+(:[a-zA-Z0-9-]+)?", kind):
            raise refuse("InvalidParameterException", f"{kind} is not a valid resource type")

    def fits(arn: str, tags: dict[str, str]) -> bool:
        # Rule: tagging.filters
        if wanted and not set(type_of(arn)) & set(wanted):
            return False
        return all(
            f["Key"] in tags and (not f.get("Values") or tags[f["Key"]] in f["Values"]) for f in filters
        )

    token = request.get("PaginationToken")
    if token:
        # Rule: tagging.pagination-token
        if token not in PAGES:
            raise refuse("PaginationTokenExpiredException", "The token has expired.")
        found = PAGES.pop(token)
    else:
        found = [
            {"ResourceARN": arn, "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}
            for arn, tags in everything(context)
            if tags and fits(arn, tags)
        ]
    following = ""
    if found[page:]:
        following = f"{context.account_id}-{len(PAGES)}-{id(found)}"
        PAGES[following] = found[page:]
    return {"ResourceTagMappingList": found[:page], "PaginationToken": following}


@aws_provider(api="resourcegroupstaggingapi")
def tagging():
    return service("resourcegroupstaggingapi", {"GetResources": get_resources})
