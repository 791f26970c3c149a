"""Changes of Cognito."""

from . import NOT_HERE, mutates


# User pools

POOL = (
    "Policies DeletionProtection LambdaConfig AutoVerifiedAttributes VerificationMessageTemplate SmsAuthenticationMessage "
    "UserAttributeUpdateSettings MfaConfiguration DeviceConfiguration EmailConfiguration SmsConfiguration UserPoolTags "
    "AdminCreateUserConfig UserPoolAddOns AccountRecoverySetting UserPoolTier"
).split()


def of_pool(path: str):
    def register(function):
        def mutate(aws, it):
            cognito = aws("cognito-idp")
            pool = cognito.describe_user_pool(UserPoolId=it["id"])["UserPool"]
            given = {name: pool[name] for name in POOL if pool.get(name)} | {"PoolName": pool["Name"]}
            given["AdminCreateUserConfig"].pop("UnusedAccountValidityDays", None)
            function(given)
            cognito.update_user_pool(UserPoolId=it["id"], **given)

        mutates("cognito.user_pool", path)(mutate)
        return function

    return register


of_pool("pool_name")(lambda pool: pool.update(PoolName="changed"))
of_pool("admin_create_only")(lambda pool: pool["AdminCreateUserConfig"].update(AllowAdminCreateUserOnly=False))
of_pool("password_minimum_length")(lambda pool: pool["Policies"]["PasswordPolicy"].update(MinimumLength=6))
of_pool("password_requirements")(lambda pool: pool["Policies"]["PasswordPolicy"].update(RequireSymbols=False))
of_pool("auto_verified_attributes")(lambda pool: pool.pop("AutoVerifiedAttributes"))
of_pool("recovery")(
    lambda pool: pool["AccountRecoverySetting"].update(RecoveryMechanisms=[{"Name": "admin_only", "Priority": 1}])
)
of_pool("deletion_protection")(lambda pool: pool.update(DeletionProtection="INACTIVE"))
of_pool("invitation_subject")(
    lambda pool: pool["AdminCreateUserConfig"]["InviteMessageTemplate"].update(EmailSubject="changed")
)
of_pool("invitation_message")(
    lambda pool: pool["AdminCreateUserConfig"]["InviteMessageTemplate"].update(EmailMessage="{username} {####} changed")
)
of_pool("verification_option")(
    lambda pool: pool["VerificationMessageTemplate"].update(DefaultEmailOption="CONFIRM_WITH_LINK")
)
of_pool("verification_subject")(lambda pool: pool["VerificationMessageTemplate"].update(EmailSubject="changed"))
of_pool("verification_message")(
    lambda pool: pool["VerificationMessageTemplate"].update(EmailMessage="{####} changed")
)


@mutates("cognito.user_pool", "software_token_mfa")
def _(aws, it):
    aws("cognito-idp").set_user_pool_mfa_config(
        UserPoolId=it["id"], SoftwareTokenMfaConfiguration={"Enabled": False}, MfaConfiguration="OFF"
    )


# Clients

READ_ONLY = ("UserPoolId", "ClientId", "ClientSecret", "LastModifiedDate", "CreationDate")


def of_client(path: str, **values) -> None:
    def mutate(aws, it):
        cognito = aws("cognito-idp")
        pool, client = it["id"].split(":")
        found = cognito.describe_user_pool_client(UserPoolId=pool, ClientId=client)["UserPoolClient"]
        given = {name: value for name, value in found.items() if name not in READ_ONLY}
        cognito.update_user_pool_client(UserPoolId=pool, ClientId=client, **(given | values))

    mutates("cognito.user_pool_client", path)(mutate)


of_client("client_name", ClientName="changed")
of_client("callback_urls", CallbackURLs=["https://evil.example.com/_callback"])
of_client("logout_urls", LogoutURLs=["https://evil.example.com/"])
of_client("oauth_enabled", AllowedOAuthFlowsUserPoolClient=False)
of_client("oauth_flows", AllowedOAuthFlows=["implicit"])
of_client("oauth_scopes", AllowedOAuthScopes=["openid"])
of_client("explicit_flows", ExplicitAuthFlows=["ALLOW_REFRESH_TOKEN_AUTH"])
of_client("identity_providers", SupportedIdentityProviders=[])
of_client("prevent_user_existence_errors", PreventUserExistenceErrors="LEGACY")
of_client("access_token_minutes", AccessTokenValidity=5)
of_client("id_token_minutes", IdTokenValidity=5)
of_client("refresh_token_minutes", RefreshTokenValidity=60)
of_client("token_revocation", EnableTokenRevocation=False)


# Domains, branding


@mutates("cognito.user_pool_domain", "managed_login_version")
def _(aws, it):
    inputs = it["inputs"]
    version = 3 - inputs["managed_login_version"]
    aws("cognito-idp").update_user_pool_domain(
        Domain=inputs["domain"], UserPoolId=inputs["user_pool_id"], ManagedLoginVersion=version
    )


def of_branding(**values) -> None:
    def mutate(aws, it):
        pool, branding = it["id"].split(":")
        aws("cognito-idp").update_managed_login_branding(UserPoolId=pool, ManagedLoginBrandingId=branding, **values)

    mutates("cognito.managed_login_branding", "customized")(mutate)


of_branding(Settings={"changed": True})
of_branding(Assets=[{"Category": "FORM_LOGO", "ColorMode": "DARK", "Extension": "SVG", "Bytes": b"<svg>changed</svg>"}])


# Identity providers


def of_provider(path: str):
    """Registers a change of a provider. The function returns `False` if the change does not apply to the provider."""

    def register(function):
        def mutate(aws, it):
            cognito = aws("cognito-idp")
            pool, name = it["id"].split(":")
            which = {"UserPoolId": pool, "ProviderName": name}
            provider = cognito.describe_identity_provider(**which)["IdentityProvider"]
            given = {name: provider[name] for name in ("ProviderDetails", "AttributeMapping", "IdpIdentifiers")}
            if function(given) is False:
                return NOT_HERE
            cognito.update_identity_provider(**which, **given)
            return None

        mutates("cognito.identity_provider", path)(mutate)
        return function

    return register


def detail(path: str, name: str, value: str) -> None:
    def change(provider):
        if name not in provider["ProviderDetails"]:
            return False
        provider["ProviderDetails"][name] = value
        return True

    of_provider(path)(change)


def flip(details: dict) -> bool:
    if "IDPSignout" not in details:
        return False
    details["IDPSignout"] = "false" if details["IDPSignout"] == "true" else "true"
    return True


of_provider("attribute_mapping")(lambda provider: provider["AttributeMapping"].update(email="changed"))
of_provider("attribute_mapping")(lambda provider: provider["AttributeMapping"].update(nickname="theirs"))
detail("metadata_url", "MetadataURL", "https://evil.example.com/metadata")
of_provider("sign_out")(lambda provider: flip(provider["ProviderDetails"]))
detail("issuer", "oidc_issuer", "https://evil.example.com")
detail("client_id", "client_id", "changed")
detail("client_secret", "client_secret", "changed")
detail("scopes", "authorize_scopes", "openid phone")
