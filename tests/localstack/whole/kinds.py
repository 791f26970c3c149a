"""The kinds whose update puts the whole object: how boto3 reads and puts one, and the members that are inputs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import edge, login


@dataclass
class Kind:
    service: str
    #: The operation that puts it.
    operation: str
    #: What the operation would take to change nothing, from the client and the identity.
    read: Callable[[Any, str], dict]
    write: Callable[[Any, dict], Any]
    table: dict[str, Any]
    #: Shapes of which only one member can be set.
    unions: tuple[str, ...] = ()
    #: What no rule about a single member can do.
    finish: Callable[[dict], dict] = lambda filled: filled
    #: Differences that mean the same to AWS.
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
