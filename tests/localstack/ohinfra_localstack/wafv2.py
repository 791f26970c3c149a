"""WAF: moto's, with web ACLs that an update replaces as a whole, and with the members that moto does not have.

API reference of UpdateWebACL: "This operation completely replaces the mutable specifications that you already have for the web ACL
with the ones that you provide to this call." https://docs.aws.amazon.com/waf/latest/APIReference/API_UpdateWebACL.html
"""

from localstack.services.plugins import Service, aws_provider
from moto.wafv2.models import GLOBAL_REGION, wafv2_backends

from .forward import moto, service

#: Of moto's web ACLs, by the name of the attribute.
KNOWN = {
    "association_config": "AssociationConfig",
    "captcha_config": "CaptchaConfig",
    "challenge_config": "ChallengeConfig",
    "custom_response_bodies": "CustomResponseBodies",
    "token_domains": "TokenDomains",
}
#: What names a web ACL in a request.
WHICH = ("Name", "Scope", "Id", "LockToken")
#: What moto does not have of a web ACL, by account and id. https://docs.aws.amazon.com/waf/latest/APIReference/API_WebACL.html
KEPT: dict[tuple, dict] = {}


def update(context, request):
    answer = moto(context, request)
    region = GLOBAL_REGION if request["Scope"] == "CLOUDFRONT" else context.region
    acl = wafv2_backends[context.account_id][region].get_web_acl(request["Name"], request["Id"])
    for attribute, member in KNOWN.items():
        if request.get(member) is None:
            setattr(acl, attribute, None)
    acl.rules = acl.rules if request.get("Rules") else []
    acl.description = request.get("Description") or ""
    # moto may have read the request by an older model: the members count as they were sent.
    KEPT[context.account_id, request["Id"]] = {name: value for name, value in request.items() if name not in WHICH}
    return answer


def get(context, request):
    answer = moto(context, request)
    answer["WebACL"] |= KEPT.get((context.account_id, answer["WebACL"]["Id"]), {})
    return answer


@aws_provider(api="wafv2")
def wafv2() -> Service:
    return service("wafv2", {"UpdateWebACL": update, "GetWebACL": get})
