"""WAF: moto, plus web ACLs that an update replaces as a whole, and members that moto lacks."""

from localstack.services.plugins import Service, aws_provider
from moto.wafv2.models import GLOBAL_REGION, wafv2_backends

from .forward import moto, service

#: Members of a web ACL by the attribute of moto.
KNOWN = {
    "association_config": "AssociationConfig",
    "captcha_config": "CaptchaConfig",
    "challenge_config": "ChallengeConfig",
    "custom_response_bodies": "CustomResponseBodies",
    "token_domains": "TokenDomains",
}
#: Members that identify a web ACL in a request.
WHICH = ("Name", "Scope", "Id", "LockToken")
#: The last update by account and ID.
KEPT: dict[tuple, dict] = {}


def update(context, request):
    answer = moto(context, request)
    region = GLOBAL_REGION if request["Scope"] == "CLOUDFRONT" else context.region
    acl = wafv2_backends[context.account_id][region].get_web_acl(request["Name"], request["Id"])
    # Rule: wafv2.update-replaces
    for attribute, member in KNOWN.items():
        if request.get(member) is None:
            setattr(acl, attribute, None)
    acl.rules = acl.rules if request.get("Rules") else []
    acl.description = request.get("Description") or ""
    # moto has an older model, so keep the members as sent.
    KEPT[context.account_id, request["Id"]] = {name: value for name, value in request.items() if name not in WHICH}
    return answer


def get(context, request):
    answer = moto(context, request)
    answer["WebACL"] |= KEPT.get((context.account_id, answer["WebACL"]["Id"]), {})
    return answer


@aws_provider(api="wafv2")
def wafv2() -> Service:
    return service("wafv2", {"UpdateWebACL": update, "GetWebACL": get})
