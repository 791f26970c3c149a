"""Cognito user pools: moto, plus complete updates, deletion protection, versions of login pages, and branding."""

import copy
import uuid
from datetime import UTC, datetime

from localstack.services.plugins import Service, aws_provider
from moto.cognitoidp.models import cognitoidp_backends

from . import cognito_providers, cognito_users
from .errors import refuse
from .forward import moto, service

VERSIONS: dict[tuple, int] = {}
BRANDINGS: dict[tuple, dict[str, dict]] = {}
# The last update of a pool or a client by account and ID. moto has an older model and drops newer members.
UPDATES: dict[tuple, dict] = {}


def check_days(request) -> None:
    # Rule: cognito.one-password-validity
    days = (request.get("AdminCreateUserConfig") or {}).get("UnusedAccountValidityDays")
    policy = (request.get("Policies") or {}).get("PasswordPolicy") or {}
    if days and policy.get("TemporaryPasswordValidityDays"):
        raise refuse("InvalidParameterException", "Please use TemporaryPasswordValidityDays in PasswordPolicy instead of UnusedAccountValidityDays")


def create_pool(context, request):
    check_days(request)
    return moto(context, request)


def update_pool(context, request):
    check_days(request)
    return update_whole_pool(context, request)


def update_whole_pool(context, request):
    """Resets members that the request omits, except those that cannot change."""
    # Rule: cognito.pool-update-resets
    pool = cognitoidp_backends[context.account_id][context.region].user_pools.get(request["UserPoolId"])
    fixed = {}
    if pool is not None:
        names = ("UsernameAttributes", "AliasAttributes", "SchemaAttributes", "UserPoolTags", "Name")
        fixed = {name: pool.extended_config[name] for name in names if name in pool.extended_config}
    answer = moto(context, request)
    config = cognitoidp_backends[context.account_id][context.region].user_pools[request["UserPoolId"]].extended_config
    told = {name: value for name, value in config.items() if name in ("UserPoolTags",) and request.get("UserPoolTags")}
    config.update(fixed | told)
    # Other operations change these members.
    others = ("UserPoolId", "PoolName", "MfaConfiguration", "UserPoolTags")
    UPDATES[context.account_id, request["UserPoolId"]] = {k: v for k, v in request.items() if k not in others}
    if request.get("PoolName"):
        cognitoidp_backends[context.account_id][context.region].user_pools[request["UserPoolId"]].name = request["PoolName"]
    return answer


def update_client(context, request):
    """Resets members that the request omits."""
    # Rule: cognito.client-update-resets
    cognito_providers.check_client(context, request)
    pool = cognitoidp_backends[context.account_id][context.region].user_pools.get(request["UserPoolId"])
    client = pool and pool.clients.get(request["ClientId"])
    if client:
        client.extended_config = {k: v for k, v in client.extended_config.items() if k == "ClientName"}
    answer = moto(context, request)
    UPDATES[context.account_id, request["ClientId"]] = {k: v for k, v in request.items() if k not in ("UserPoolId", "ClientId")}
    return answer


def describe_pool(context, request):
    answer = moto(context, request)
    pool = answer["UserPool"]
    pool |= copy.deepcopy(UPDATES.get((context.account_id, request["UserPoolId"]), {}))
    # Rule: cognito.password-validity-reported-twice
    policy = pool.setdefault("Policies", {}).setdefault("PasswordPolicy", {})
    admin = pool.setdefault("AdminCreateUserConfig", {})
    days = policy.get("TemporaryPasswordValidityDays") or admin.get("UnusedAccountValidityDays") or 7
    policy["TemporaryPasswordValidityDays"] = admin["UnusedAccountValidityDays"] = days
    return answer


def describe_client(context, request):
    answer = moto(context, request)
    answer["UserPoolClient"] |= UPDATES.get((context.account_id, request["ClientId"]), {})
    return answer


def delete_pool(context, request):
    pool = cognitoidp_backends[context.account_id][context.region].user_pools.get(request["UserPoolId"])
    if pool is not None:
        # Rule: cognito.deletion-protection
        if pool.extended_config.get("DeletionProtection") == "ACTIVE":
            raise refuse("InvalidParameterException", "The user pool cannot be deleted because deletion protection is activated.")
        # Rule: cognito.delete-domain-first
        domains = cognitoidp_backends[context.account_id][context.region].user_pool_domains.values()
        if any(domain.user_pool_id == request["UserPoolId"] for domain in domains):
            raise refuse("InvalidParameterException", "User pool cannot be deleted. It has a domain configured that should be deleted first.")
    BRANDINGS.pop(pool_key(context, request), None)
    cognito_providers.PROVIDERS.pop(pool_key(context, request), None)
    return moto(context, request)


def domain_key(context, request) -> tuple:
    return (context.region, request["Domain"])


def create_domain(context, request):
    # Rule: cognito.domain-unique
    for backends in cognitoidp_backends.values():
        if any(request["Domain"] in backend.user_pool_domains for region, backend in backends.items() if region == context.region):
            raise refuse("InvalidParameterException", "Domain already associated with another user pool.")
    answer = moto(context, {k: v for k, v in request.items() if k != "ManagedLoginVersion"})
    VERSIONS[domain_key(context, request)] = request.get("ManagedLoginVersion") or 1
    return answer


def describe_domain(context, request):
    answer = moto(context, request)
    if (answer.get("DomainDescription") or {}).get("UserPoolId"):
        # Rule: cognito.managed-login-version
        answer["DomainDescription"]["ManagedLoginVersion"] = VERSIONS.get(domain_key(context, request), 1)
        answer["DomainDescription"]["Status"] = "ACTIVE"
    return answer


def update_domain(context, request):
    # Rule: cognito.missing-domain
    if request["Domain"] not in cognitoidp_backends[context.account_id][context.region].user_pool_domains:
        raise refuse("ResourceNotFoundException", f"Domain {request['Domain']} does not exist.")
    if request.get("ManagedLoginVersion"):
        VERSIONS[domain_key(context, request)] = request["ManagedLoginVersion"]
    return {"ManagedLoginVersion": VERSIONS.get(domain_key(context, request), 1)}


def pool_key(context, request) -> tuple:
    return (context.account_id, context.region, request["UserPoolId"])


def check_pool(context, request) -> None:
    # Rule: cognito.missing-pool
    if request["UserPoolId"] not in cognitoidp_backends[context.account_id][context.region].user_pools:
        raise refuse("ResourceNotFoundException", f"User pool {request['UserPoolId']} does not exist.")


def branding_of(context, request) -> dict:
    check_pool(context, request)
    branding = BRANDINGS.get(pool_key(context, request), {}).get(request["ManagedLoginBrandingId"])
    # Rule: cognito.missing-branding
    if branding is None:
        raise refuse("ResourceNotFoundException", "The branding style does not exist.")
    return branding


def shown(branding: dict) -> dict:
    return {"ManagedLoginBranding": {k: v for k, v in branding.items() if k != "ClientId"}}


def create_branding(context, request):
    check_pool(context, request)
    brandings = BRANDINGS.setdefault(pool_key(context, request), {})
    # Rule: cognito.one-branding
    if any(branding["ClientId"] == request["ClientId"] for branding in brandings.values()):
        raise refuse("ManagedLoginBrandingExistsException", "The app client has a branding style already.")
    clients = cognitoidp_backends[context.account_id][context.region].user_pools[request["UserPoolId"]].clients
    # Rule: cognito.branding-needs-client
    if request["ClientId"] not in clients:
        raise refuse("ResourceNotFoundException", f"User pool client {request['ClientId']} does not exist.")
    identity = str(uuid.uuid4())
    now = datetime.now(UTC)
    branding = {
        "ManagedLoginBrandingId": identity,
        "UserPoolId": request["UserPoolId"],
        "UseCognitoProvidedValues": bool(request.get("UseCognitoProvidedValues")),
        "Settings": request.get("Settings"),
        "Assets": request.get("Assets") or [],
        "CreationDate": now,
        "LastModifiedDate": now,
        "ClientId": request["ClientId"],
    }
    brandings[identity] = branding
    return shown(branding)


def branding_by_client(context, request):
    check_pool(context, request)
    # Rule: cognito.missing-branding
    for branding in BRANDINGS.get(pool_key(context, request), {}).values():
        if branding["ClientId"] == request["ClientId"]:
            return shown(branding)
    raise refuse("ResourceNotFoundException", "The branding style does not exist.")


def describe_branding(context, request):
    return shown(branding_of(context, request))


def update_branding(context, request):
    branding = branding_of(context, request)
    for name in ("Settings", "Assets"):
        if request.get(name) is not None:
            branding[name] = request[name]
    branding["LastModifiedDate"] = datetime.now(UTC)
    return shown(branding)


def delete_branding(context, request):
    del BRANDINGS[pool_key(context, request)][branding_of(context, request)["ManagedLoginBrandingId"]]


def delete_client(context, request):
    answer = moto(context, request)
    # Rule: cognito.branding-deleted-with-client
    brandings = BRANDINGS.get(pool_key(context, request), {})
    for identity in [i for i, branding in brandings.items() if branding["ClientId"] == request["ClientId"]]:
        del brandings[identity]
    return answer


def tags_of(context, request):
    identity = request["ResourceArn"].rsplit("/", 1)[-1]
    pool = cognitoidp_backends[context.account_id][context.region].user_pools.get(identity)
    # Rule: cognito.missing-pool
    if pool is None:
        raise refuse("ResourceNotFoundException", f"User pool {identity} does not exist.")
    return pool.extended_config.setdefault("UserPoolTags", {})


def tag(context, request):
    tags_of(context, request).update(request["Tags"])


def untag(context, request):
    tags = tags_of(context, request)
    for key in request["TagKeys"]:
        tags.pop(key, None)


OPERATIONS = {
    "TagResource": tag,
    "UntagResource": untag,
    "CreateUserPool": create_pool,
    "UpdateUserPool": update_pool,
    "DescribeUserPool": describe_pool,
    "DescribeUserPoolClient": describe_client,
    "DeleteUserPool": delete_pool,
    "CreateUserPoolDomain": create_domain,
    "DescribeUserPoolDomain": describe_domain,
    "UpdateUserPoolDomain": update_domain,
    "UpdateUserPoolClient": update_client,
    "DeleteUserPoolClient": delete_client,
    "CreateManagedLoginBranding": create_branding,
    "DescribeManagedLoginBranding": describe_branding,
    "DescribeManagedLoginBrandingByClient": branding_by_client,
    "UpdateManagedLoginBranding": update_branding,
    "DeleteManagedLoginBranding": delete_branding,
} | cognito_providers.OPERATIONS | cognito_users.OPERATIONS


@aws_provider(api="cognito-idp")
def cognito() -> Service:
    return service("cognito-idp", OPERATIONS)
