"""CloudFront: distributions and response headers policies. moto lacks most members of a distribution."""

import copy
import hashlib
import time
import uuid
from collections import defaultdict
from datetime import UTC, datetime

from localstack.aws.skeleton import Skeleton
from localstack.aws.spec import load_service
from localstack.services.plugins import Service, aws_provider

from .errors import refuse
from .settings import PENDING_SECONDS, REPLICA_SECONDS


class Store:
    """The resources of one account. CloudFront has no regions."""

    def __init__(self):
        self.distributions: dict[str, dict] = {}
        self.policies: dict[str, dict] = {}


STORES: dict[str, Store] = defaultdict(Store)
# When the last distribution stopped using a function version, by ARN.
RELEASED: dict[str, float] = {}
# The function versions among them whose deletion was requested at least once.
ASKED: set[str] = set()


def version() -> str:
    return "E" + uuid.uuid4().hex[:13].upper()


def store_of(context) -> Store:
    return STORES[context.account_id]


def in_progress(distribution: dict) -> bool:
    return time.monotonic() - distribution["changed"] < PENDING_SECONDS


def shown(distribution: dict) -> dict:
    return {
        "Id": distribution["Id"],
        "ARN": distribution["ARN"],
        # Rule: cloudfront.deploys-in-progress
        "Status": "InProgress" if in_progress(distribution) else "Deployed",
        "LastModifiedTime": distribution["modified"],
        "InProgressInvalidationBatches": 0,
        "DomainName": distribution["DomainName"],
        "DistributionConfig": distribution["config"],
    }


def functions(config: dict) -> list[str]:
    behaviors = [config["DefaultCacheBehavior"]] + list((config.get("CacheBehaviors") or {}).get("Items") or [])
    found = []
    for behavior in behaviors:
        for one in (behavior.get("LambdaFunctionAssociations") or {}).get("Items") or []:
            found.append(one["LambdaFunctionARN"])
    return found


def is_replicated(arn: str) -> bool:
    """Returns `True` if CloudFront still has replicas of a function version."""
    for store in STORES.values():
        if any(arn in functions(distribution["config"]) for distribution in store.distributions.values()):
            return True
    if arn in RELEASED and arn not in ASKED:
        # CloudFront takes hours on AWS, so the first attempt fails, however late it is.
        ASKED.add(arn)
        return True
    return time.monotonic() - RELEASED.get(arn, float("-inf")) < REPLICA_SECONDS


def release(config: dict, kept: list[str]) -> None:
    for arn in functions(config):
        if arn not in kept:
            RELEASED[arn] = time.monotonic()


def covers(name: str, alias: str) -> bool:
    """Returns `True` if a certificate name covers an alias. A wildcard covers one label, and a wildcard alias needs the same wildcard."""
    return name == alias or name.startswith("*.") and not alias.startswith("*.") and alias.partition(".")[2] == name[2:]


def check_certificate(context, config: dict, aliases: list[str]) -> None:
    """Validates the certificate of a distribution."""
    from .acm import STORES as CERTIFICATES
    from .acm import shown as described

    arn = (config.get("ViewerCertificate") or {}).get("ACMCertificateArn")
    if not arn:
        # Rule: cloudfront.alias-needs-certificate
        if aliases:
            raise refuse("InvalidViewerCertificate", "To add an alternate domain name (CNAME) to a CloudFront distribution, you must attach a trusted certificate that validates your authorization to use the domain name.")
        return
    certificate = CERTIFICATES.get((context.account_id, "us-east-1"), {}).get(arn)
    # Rule: cloudfront.certificate-issued-in-us-east-1
    if certificate is None or described(context, certificate)["Status"] != "ISSUED":
        raise refuse("InvalidViewerCertificate", "The specified SSL certificate doesn't exist, isn't in us-east-1 region, isn't valid, or doesn't include a valid certificate chain.")
    names = [certificate["DomainName"], *certificate["others"]]
    # Rule: cloudfront.certificate-covers-aliases
    if not all(any(covers(name, alias) for name in names) for alias in aliases):
        raise refuse("InvalidViewerCertificate", "The certificate that is attached to your distribution doesn't cover the alternate domain name (CNAME) that you're trying to add.")


def users_of(arn: str) -> list[str]:
    """Returns the ARNs of the distributions that use a certificate."""
    distributions = [d for store in list(STORES.values()) for d in list(store.distributions.values())]
    return [d["ARN"] for d in distributions if (d["config"].get("ViewerCertificate") or {}).get("ACMCertificateArn") == arn]


def check(context, config: dict, own: str | None) -> None:
    store = store_of(context)
    aliases = (config.get("Aliases") or {}).get("Items") or []
    # Rule: cloudfront.alias-unique. AWS compares the aliases of all accounts. The plug-in compares those of one account, so that tests
    # can run concurrently.
    for distribution in store.distributions.values():
        taken = (distribution["config"].get("Aliases") or {}).get("Items") or []
        if distribution["Id"] != own and set(taken) & set(aliases):
            raise refuse("CNAMEAlreadyExists", "One or more of the CNAMEs you provided are already associated with a different resource.", 409)
    # Rule: cloudfront.comment-length
    if len(config["Comment"]) > 128:
        raise refuse("InvalidArgument", "The comment must not be longer than 128 characters.")
    check_certificate(context, config, aliases)
    behaviors = [config["DefaultCacheBehavior"]] + list((config.get("CacheBehaviors") or {}).get("Items") or [])
    for behavior in behaviors:
        policy = behavior.get("ResponseHeadersPolicyId")
        # Rule: cloudfront.policy-exists
        if policy and policy not in store.policies:
            raise refuse("NoSuchResponseHeadersPolicy", "The response headers policy does not exist.", 404)
    for arn in functions(config):
        # Rule: cloudfront.function-version
        if not arn.rsplit(":", 1)[-1].isdigit():
            raise refuse("InvalidLambdaFunctionAssociation", "The function ARN must reference a specific function version.")
        # Rule: cloudfront.function-region
        if ":us-east-1:" not in arn:
            raise refuse("InvalidLambdaFunctionAssociation", "The function must be in region 'us-east-1'.")


NONE = {"Quantity": 0}
NO_SIGNERS = {"Enabled": False, "Quantity": 0}
# Defaults of members that are optional in a create request and required in an update.
DEFAULTS = {
    "Aliases": NONE,
    "CacheBehaviors": NONE,
    "CustomErrorResponses": NONE,
    "DefaultRootObject": "",
    "HttpVersion": "http2",
    "Logging": {"Enabled": False, "IncludeCookies": False, "Bucket": "", "Prefix": ""},
    "PriceClass": "PriceClass_All",
    "Restrictions": {"GeoRestriction": {"RestrictionType": "none", "Quantity": 0}},
    "ViewerCertificate": {"CloudFrontDefaultCertificate": True},
    "WebACLId": "",
}
BEHAVIOR_DEFAULTS = {
    "AllowedMethods": {"Quantity": 2, "Items": ["HEAD", "GET"], "CachedMethods": {"Quantity": 2, "Items": ["HEAD", "GET"]}},
    "Compress": False,
    "FieldLevelEncryptionId": "",
    "LambdaFunctionAssociations": NONE,
    "SmoothStreaming": False,
}
ORIGIN_DEFAULTS = {"CustomHeaders": NONE, "OriginPath": ""}
CUSTOM_ORIGIN_DEFAULTS = {
    "OriginKeepaliveTimeout": 5,
    "OriginReadTimeout": 30,
    "OriginSslProtocols": {"Quantity": 2, "Items": ["TLSv1", "TLSv1.1"]},
}
# Defaults of members that are optional in both.
MORE_DEFAULTS = {"IsIPV6Enabled": False, "OriginGroups": NONE, "Staging": False, "ContinuousDeploymentPolicyId": ""}
MORE_BEHAVIOR_DEFAULTS = {"TrustedSigners": NO_SIGNERS, "TrustedKeyGroups": NO_SIGNERS, "FunctionAssociations": NONE}
MORE_ORIGIN_DEFAULTS = {
    "ConnectionAttempts": 3,
    "ConnectionTimeout": 10,
    "OriginAccessControlId": "",
    "OriginShield": {"Enabled": False},
}


def parts(config: dict):
    """Yields the parts of a configuration that have defaults: those that an update requires, and the others."""
    yield config, DEFAULTS, MORE_DEFAULTS
    for behavior in [config["DefaultCacheBehavior"]] + list((config.get("CacheBehaviors") or {}).get("Items") or []):
        yield behavior, BEHAVIOR_DEFAULTS, MORE_BEHAVIOR_DEFAULTS
    for origin in config["Origins"]["Items"]:
        yield origin, ORIGIN_DEFAULTS, MORE_ORIGIN_DEFAULTS
        if origin.get("CustomOriginConfig"):
            yield origin["CustomOriginConfig"], CUSTOM_ORIGIN_DEFAULTS, {}


def check_complete(config: dict) -> None:
    """Checks that an update has all members."""
    # Rule: cloudfront.complete-update
    for part, needed, _ in parts(config):
        for name in needed:
            if part.get(name) is None:
                raise refuse("IllegalUpdate", f"{name} is required for updates.")


def config_of(config: dict) -> dict:
    # Rule: cloudfront.defaults
    config = copy.deepcopy(dict(config))
    for part, needed, others in list(parts(config)):
        for name, value in (needed | others).items():
            if part.get(name) is None:
                part[name] = copy.deepcopy(value)
    return config


def make(context, config: dict, tags: dict[str, str]):
    store = store_of(context)
    # Rule: cloudfront.caller-reference-unique
    for distribution in store.distributions.values():
        if distribution["config"]["CallerReference"] == config["CallerReference"]:
            raise refuse("DistributionAlreadyExists", "The caller reference that you are using to create a distribution is associated with another distribution.", 409)
    check(context, config, None)
    identity = "E" + hashlib.sha256(uuid.uuid4().bytes).hexdigest()[:13].upper()
    distribution = {
        "Id": identity,
        "ARN": f"arn:{context.partition}:cloudfront::{context.account_id}:distribution/{identity}",
        "DomainName": f"d{identity[1:].lower()}.cloudfront.net",
        "config": config_of(config),
        "changed": time.monotonic(),
        "modified": datetime.now(UTC),
        "version": version(),
        "tags": tags,
    }
    store.distributions[identity] = distribution
    return {
        "Distribution": shown(distribution),
        "Location": f"https://cloudfront.amazonaws.com/2020-05-31/distribution/{identity}",
        "ETag": distribution["version"],
    }


def create(context, request):
    return make(context, request["DistributionConfig"], {})


def create_with_tags(context, request):
    given = request["DistributionConfigWithTags"]
    tags = {tag["Key"]: tag.get("Value", "") for tag in (given.get("Tags") or {}).get("Items") or []}
    return make(context, given["DistributionConfig"], tags)


def distribution_of(context, identity: str) -> dict:
    distribution = store_of(context).distributions.get(identity)
    # Rule: cloudfront.missing-distribution
    if distribution is None:
        raise refuse("NoSuchDistribution", "The specified distribution does not exist.", 404)
    return distribution


def get(context, request):
    distribution = distribution_of(context, request["Id"])
    return {"Distribution": shown(distribution), "ETag": distribution["version"]}


def get_config(context, request):
    distribution = distribution_of(context, request["Id"])
    return {"DistributionConfig": distribution["config"], "ETag": distribution["version"]}


def check_version(thing: dict, request) -> None:
    # Rule: cloudfront.if-match-required
    if not request.get("IfMatch"):
        raise refuse("InvalidIfMatchVersion", "The If-Match version is missing or not valid for the resource.")
    # Rule: cloudfront.if-match-current
    if request["IfMatch"] != thing["version"]:
        raise refuse("PreconditionFailed", "The request failed because it didn't meet the preconditions in one or more request-header fields.", 412)


def update(context, request):
    distribution = distribution_of(context, request["Id"])
    check_version(distribution, request)
    config = request["DistributionConfig"]
    # Rule: cloudfront.caller-reference-fixed
    if config["CallerReference"] != distribution["config"]["CallerReference"]:
        raise refuse("IllegalUpdate", "The update contains modifications that are not allowed.")
    check_complete(config)
    check(context, config, request["Id"])
    release(distribution["config"], functions(config))
    distribution.update(
        config=config_of(config), changed=time.monotonic(), modified=datetime.now(UTC), version=version()
    )
    return {"Distribution": shown(distribution), "ETag": distribution["version"]}


def delete(context, request):
    distribution = distribution_of(context, request["Id"])
    check_version(distribution, request)
    # Rule: cloudfront.delete-disabled
    if distribution["config"]["Enabled"]:
        raise refuse("DistributionNotDisabled", "The distribution you are trying to delete has not been disabled.", 409)
    # Rule: cloudfront.delete-deployed
    if in_progress(distribution):
        raise refuse("ResourceInUse", "The distribution is in progress.", 409)
    release(distribution["config"], [])
    del store_of(context).distributions[request["Id"]]


def list_all(context, request):
    items = []
    for distribution in store_of(context).distributions.values():
        config = distribution["config"]
        summary = {k: v for k, v in shown(distribution).items() if k not in ("DistributionConfig", "InProgressInvalidationBatches")}
        for name in ("Aliases", "Origins", "DefaultCacheBehavior", "CacheBehaviors", "Comment", "PriceClass", "Enabled", "ViewerCertificate", "HttpVersion"):
            summary[name] = config.get(name)
        summary |= {
            name: config[name]
            for name in ("CustomErrorResponses", "Restrictions", "WebACLId", "IsIPV6Enabled", "Staging", "CacheBehaviors")
        }
        items.append(summary)
    listed = {"Marker": "", "MaxItems": 100, "IsTruncated": False, "Quantity": len(items), "Items": items}
    return {"DistributionList": listed}


def tagged(context, request) -> dict[str, str]:
    return distribution_of(context, request["Resource"].rsplit("/", 1)[-1])["tags"]


def list_tags(context, request):
    return {"Tags": {"Items": [{"Key": k, "Value": v} for k, v in tagged(context, request).items()]}}


def tag(context, request):
    tagged(context, request).update({t["Key"]: t.get("Value", "") for t in request["Tags"]["Items"]})


def untag(context, request):
    tags = tagged(context, request)
    for key in request["TagKeys"]["Items"]:
        tags.pop(key, None)


def policy_answer(policy: dict) -> dict:
    shown = {"Id": policy["Id"], "LastModifiedTime": policy["modified"], "ResponseHeadersPolicyConfig": policy["config"]}
    return {"ResponseHeadersPolicy": shown, "ETag": policy["version"]}


def check_policy(context, config: dict, own: str | None) -> None:
    # Rule: cloudfront.policy-name-unique
    for policy in store_of(context).policies.values():
        if policy["Id"] != own and policy["config"]["Name"] == config["Name"]:
            raise refuse("ResponseHeadersPolicyAlreadyExists", "A response headers policy with this name already exists.", 409)
    # Rule: cloudfront.policy-comment-length
    if len(config.get("Comment") or "") > 128:
        raise refuse("InvalidArgument", "The comment must not be longer than 128 characters.")
    cors = config.get("CorsConfig")
    if cors:
        origins = cors["AccessControlAllowOrigins"]["Items"]
        # Rule: cloudfront.credentials-need-origins
        if cors["AccessControlAllowCredentials"] and "*" in origins:
            raise refuse("InvalidArgument", "The parameter Access-Control-Allow-Origin cannot contain * when allowCredentials is true.")
        # Rule: cloudfront.credentials-need-headers
        if cors["AccessControlAllowCredentials"] and any("*" in header for header in cors["AccessControlAllowHeaders"]["Items"]):
            raise refuse("InvalidArgument", "The parameter Access-Control-Allow-Headers cannot contain * when allowCredentials is true.")


def create_policy(context, request):
    config = request["ResponseHeadersPolicyConfig"]
    check_policy(context, config, None)
    identity = str(uuid.uuid4())
    policy = {"Id": identity, "config": dict(config), "modified": datetime.now(UTC), "version": version()}
    store_of(context).policies[identity] = policy
    return policy_answer(policy) | {"Location": f"https://cloudfront.amazonaws.com/2020-05-31/response-headers-policy/{identity}"}


def policy_of(context, identity: str) -> dict:
    policy = store_of(context).policies.get(identity)
    # Rule: cloudfront.missing-policy
    if policy is None:
        raise refuse("NoSuchResponseHeadersPolicy", "The response headers policy does not exist.", 404)
    return policy


def get_policy(context, request):
    return policy_answer(policy_of(context, request["Id"]))


def get_policy_config(context, request):
    policy = policy_of(context, request["Id"])
    return {"ResponseHeadersPolicyConfig": policy["config"], "ETag": policy["version"]}


def update_policy(context, request):
    policy = policy_of(context, request["Id"])
    check_version(policy, request)
    check_policy(context, request["ResponseHeadersPolicyConfig"], request["Id"])
    policy.update(config=dict(request["ResponseHeadersPolicyConfig"]), modified=datetime.now(UTC), version=version())
    return policy_answer(policy)


def delete_policy(context, request):
    policy = policy_of(context, request["Id"])
    check_version(policy, request)
    # Rule: cloudfront.policy-in-use
    for distribution in store_of(context).distributions.values():
        if request["Id"] in str(distribution["config"]):
            raise refuse("ResponseHeadersPolicyInUse", "The response headers policy is attached to a distribution.", 409)
    del store_of(context).policies[request["Id"]]


def list_policies(context, request):
    items = [
        {"Type": "custom", "ResponseHeadersPolicy": policy_answer(policy)["ResponseHeadersPolicy"]}
        for policy in store_of(context).policies.values()
    ]
    return {"ResponseHeadersPolicyList": {"MaxItems": 100, "Quantity": len(items), "Items": items}}


OPERATIONS = {
    "CreateDistribution": create,
    "CreateDistributionWithTags": create_with_tags,
    "GetDistribution": get,
    "GetDistributionConfig": get_config,
    "UpdateDistribution": update,
    "DeleteDistribution": delete,
    "ListDistributions": list_all,
    "ListTagsForResource": list_tags,
    "TagResource": tag,
    "UntagResource": untag,
    "CreateResponseHeadersPolicy": create_policy,
    "GetResponseHeadersPolicy": get_policy,
    "GetResponseHeadersPolicyConfig": get_policy_config,
    "UpdateResponseHeadersPolicy": update_policy,
    "DeleteResponseHeadersPolicy": delete_policy,
    "ListResponseHeadersPolicies": list_policies,
}


@aws_provider(api="cloudfront")
def cloudfront() -> Service:
    return Service(name="cloudfront", skeleton=Skeleton(load_service("cloudfront"), OPERATIONS))
