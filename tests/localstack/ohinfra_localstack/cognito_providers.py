"""Identity providers of user pools, and clients that list them, validated as AWS documents."""

import re
from datetime import UTC, datetime

from moto.cognitoidp.models import cognitoidp_backends

from .errors import refuse
from .forward import moto

PROVIDERS: dict[tuple, dict[str, dict]] = {}

# The keys of ProviderDetails by type.
SAML = {"MetadataURL", "MetadataFile", "IDPSignout", "IDPInit", "EncryptedResponses", "RequestSigningAlgorithm"}
# Keys that Cognito adds in responses. Updates may send them back.
SAML_REPORTED = {"ActiveEncryptionCertificate", "SSORedirectBindingURI", "SLORedirectBindingURI"}
OIDC_REQUIRED = {"client_id", "client_secret", "attributes_request_method", "oidc_issuer", "authorize_scopes"}
OIDC = OIDC_REQUIRED | {"attributes_url", "authorize_url", "jwks_uri", "token_url", "attributes_url_add_attributes"}

# ProviderNameTypeV2 of the API model.
NAME = re.compile(r"[^_\s][^\s]*[^_\s]+")

# Standard attributes, and `username`.
ATTRIBUTES = set(
    "address birthdate email email_verified family_name gender given_name locale middle_name name nickname phone_number "
    "phone_number_verified picture preferred_username profile updated_at username website zoneinfo".split()
)


def wrong(message: str):
    return refuse("InvalidParameterException", message)


def key(context, request) -> tuple:
    return (context.account_id, context.region, request["UserPoolId"])


def pool_of(context, request):
    pool = cognitoidp_backends[context.account_id][context.region].user_pools.get(request["UserPoolId"])
    # Rule: cognito.missing-pool
    if pool is None:
        raise refuse("ResourceNotFoundException", f"User pool {request['UserPoolId']} does not exist.")
    return pool


def check_details(kind: str, details: dict) -> None:
    if kind == "SAML":
        # Rule: cognito.saml-details
        if unknown := set(details) - SAML - SAML_REPORTED:
            raise wrong(f"Unexpected keys in ProviderDetails: {sorted(unknown)}")
        # Rule: cognito.saml-one-metadata
        if ("MetadataURL" in details) == ("MetadataFile" in details):
            raise wrong("You must provide either MetadataURL or MetadataFile.")
        # Rule: cognito.saml-metadata-url
        if "MetadataURL" in details and not details["MetadataURL"].startswith("https://"):
            raise wrong("MetadataURL is not a valid URL.")
        # Rule: cognito.saml-metadata-file
        if "MetadataFile" in details and "EntityDescriptor" not in details["MetadataFile"]:
            raise wrong("The metadata document is not valid.")
        # Rule: cognito.saml-flags
        for flag in ("IDPSignout", "IDPInit", "EncryptedResponses"):
            if details.get(flag, "true") not in ("true", "false"):
                raise wrong(f"{flag} must be true or false.")
    elif kind == "OIDC":
        # Rule: cognito.oidc-details
        if unknown := set(details) - OIDC:
            raise wrong(f"Unexpected keys in ProviderDetails: {sorted(unknown)}")
        # Rule: cognito.oidc-required-details
        if missing := {name for name in OIDC_REQUIRED if not details.get(name)}:
            raise wrong(f"Missing keys in ProviderDetails: {sorted(missing)}")
        # Rule: cognito.oidc-issuer
        issuer = details["oidc_issuer"]
        if not issuer.startswith("https://") or issuer.endswith("/"):
            raise wrong("The issuer URL must start with https:// and must not end with a slash.")
        # Rule: cognito.oidc-openid-scope
        if "openid" not in details["authorize_scopes"].split(" "):
            raise wrong("authorize_scopes must contain openid.")
        # Rule: cognito.oidc-request-method
        if details["attributes_request_method"] not in ("GET", "POST"):
            raise wrong("attributes_request_method must be GET or POST.")


def check_mapping(mapping: dict) -> None:
    # Rule: cognito.mapped-attributes
    if unknown := sorted(set(mapping) - ATTRIBUTES):
        raise wrong(f"AttributeMapping contains invalid mapping: {unknown}")


def mapped(kind: str, mapping: dict | None) -> dict:
    # Rule: cognito.oidc-username
    return {**(mapping or {}), **({"username": "sub"} if kind == "OIDC" else {})}


def reported(provider: dict) -> dict:
    """Returns a provider with the details that Cognito adds."""
    # Rule: cognito.reported-details
    details = dict(provider["ProviderDetails"])
    if provider["ProviderType"] == "SAML":
        details |= {"ActiveEncryptionCertificate": "MIIC", "SSORedirectBindingURI": "https://sso.example.com/sso"}
    else:
        details["attributes_url_add_attributes"] = "false"
        for name in ("attributes_url", "authorize_url", "jwks_uri", "token_url"):
            details.setdefault(name, f"{details['oidc_issuer']}/{name}")
    return {"IdentityProvider": {**provider, "ProviderDetails": details}}


def provider_of(context, request) -> dict:
    pool_of(context, request)
    provider = PROVIDERS.get(key(context, request), {}).get(request["ProviderName"])
    # Rule: cognito.missing-provider
    if provider is None:
        raise refuse("ResourceNotFoundException", f"Identity provider {request['ProviderName']} does not exist.")
    return provider


def create(context, request):
    pool_of(context, request)
    name, kind = request["ProviderName"], request["ProviderType"]
    # Rule: cognito.provider-name
    if not 3 <= len(name) <= 32 or not NAME.fullmatch(name) or name.upper() == "COGNITO":
        raise wrong(f"Value '{name}' at 'providerName' failed to satisfy constraint.")
    providers = PROVIDERS.setdefault(key(context, request), {})
    # Rule: cognito.provider-exists
    if name in providers:
        raise refuse("DuplicateProviderException", f"A provider with name {name} already exists.")
    check_details(kind, request["ProviderDetails"])
    check_mapping(request.get("AttributeMapping") or {})
    now = datetime.now(UTC)
    provider = {
        "UserPoolId": request["UserPoolId"],
        "ProviderName": name,
        "ProviderType": kind,
        "ProviderDetails": dict(request["ProviderDetails"]),
        "AttributeMapping": mapped(kind, request.get("AttributeMapping")),
        "IdpIdentifiers": list(request.get("IdpIdentifiers") or []),
        "CreationDate": now,
        "LastModifiedDate": now,
    }
    providers[name] = provider
    return reported(provider)


def describe(context, request):
    return reported(provider_of(context, request))


def update(context, request):
    """Replaces the details as a whole, and resets members that the request omits."""
    # Rule: cognito.provider-update-resets
    provider = provider_of(context, request)
    if request.get("ProviderDetails") is not None:
        check_details(provider["ProviderType"], request["ProviderDetails"])
        provider["ProviderDetails"] = dict(request["ProviderDetails"])
    check_mapping(request.get("AttributeMapping") or {})
    provider["AttributeMapping"] = mapped(provider["ProviderType"], request.get("AttributeMapping"))
    provider["IdpIdentifiers"] = list(request.get("IdpIdentifiers") or [])
    provider["LastModifiedDate"] = datetime.now(UTC)
    return reported(provider)


def delete(context, request):
    provider_of(context, request)
    name = request["ProviderName"]
    # Rule: cognito.provider-in-use. AWS does not document this case. The plug-in refuses, so that tests check the order of deletions.
    for client in pool_of(context, request).clients.values():
        if name in (client.extended_config.get("SupportedIdentityProviders") or []):
            raise wrong(f"The provider {name} is listed by the app client {client.id}.")
    del PROVIDERS[key(context, request)][name]


def listed(context, request):
    pool_of(context, request)
    names = ("ProviderName", "ProviderType", "LastModifiedDate", "CreationDate")
    providers = PROVIDERS.get(key(context, request), {}).values()
    return {"Providers": [{name: provider[name] for name in names} for provider in providers]}


def check_client(context, request) -> None:
    # Rule: cognito.client-provider-exists
    known = {"COGNITO", *PROVIDERS.get(key(context, request), {})}
    for name in request.get("SupportedIdentityProviders") or []:
        if name not in known:
            raise wrong(f"The provider {name} does not exist for User Pool {request['UserPoolId']}.")


def create_client(context, request):
    check_client(context, request)
    return moto(context, request)


OPERATIONS = {
    "CreateIdentityProvider": create,
    "CreateUserPoolClient": create_client,
    "DeleteIdentityProvider": delete,
    "DescribeIdentityProvider": describe,
    "ListIdentityProviders": listed,
    "UpdateIdentityProvider": update,
}
