"""The kinds whose update replaces the whole object: functions that read and write the object, and the members that are inputs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import edge, login


@dataclass
class Kind:
    service: str
    #: The update operation.
    operation: str
    #: Returns a request that changes nothing, for a client and an ID.
    read: Callable[[Any, str], dict]
    write: Callable[[Any, dict], Any]
    table: dict[str, Any]
    #: Shapes of which only one member can be set.
    unions: tuple[str, ...] = ()
    #: Changes that affect several members.
    finish: Callable[[dict], dict] = lambda filled: filled
    #: Differences without an effect in AWS.
    same: tuple[str, ...] = ()


KINDS = {
    "cognito.user_pool": Kind(
        "cognito-idp",
        "UpdateUserPool",
        login.read_pool,
        lambda aws, it: aws.update_user_pool(**it),
        login.POOL,
        same=login.SAME,
    ),
    "cognito.user_pool_client": Kind(
        "cognito-idp", "UpdateUserPoolClient", login.read_client, lambda aws, it: aws.update_user_pool_client(**it), login.CLIENT
    ),
    "cloudfront.distribution": Kind(
        "cloudfront", "UpdateDistribution", edge.read_distribution, lambda aws, it: aws.update_distribution(**it), edge.DISTRIBUTION
    ),
    "cloudfront.response_headers_policy": Kind(
        "cloudfront",
        "UpdateResponseHeadersPolicy",
        edge.read_policy,
        lambda aws, it: aws.update_response_headers_policy(**it),
        edge.POLICY,
    ),
    "wafv2.web_acl": Kind(
        "wafv2",
        "UpdateWebACL",
        edge.read_web_acl,
        lambda aws, it: aws.update_web_acl(**it),
        edge.WEB_ACL,
        edge.UNIONS,
        edge.finish_web_acl,
    ),
}
