"""Cognito: user pools and their clients."""

from .fill import LeftOut, Ours

IDENTITY = LeftOut("the identity")
NOT_IN_SDK = LeftOut("the SDK that Cargo.lock pins does not have it: an update resets it")


def members(aws, operation: str) -> set[str]:
    """What an operation takes, by the model."""
    return set(aws.meta.service_model.operation_model(operation).input_shape.members)


def read_pool(aws, identity: str) -> dict:
    pool = aws.describe_user_pool(UserPoolId=identity)["UserPool"]
    taken = {name: value for name, value in pool.items() if name in members(aws, "UpdateUserPool") and name not in OLDER}
    if "TemporaryPasswordValidityDays" in taken["Policies"]["PasswordPolicy"]:
        taken["AdminCreateUserConfig"].pop("UnusedAccountValidityDays", None)
    return taken | {"UserPoolId": identity, "PoolName": pool["Name"]}


def read_client(aws, identity: str) -> dict:
    pool, client = identity.split(":")
    found = aws.describe_user_pool_client(UserPoolId=pool, ClientId=client)["UserPoolClient"]
    return {name: value for name, value in found.items() if name in members(aws, "UpdateUserPoolClient")}


OLDER = ("SmsVerificationMessage", "EmailVerificationMessage", "EmailVerificationSubject")

POOL = {
    "UserPoolId": IDENTITY,
    "PoolName": Ours("pool_name"),
    "Policies.PasswordPolicy.MinimumLength": Ours("password_minimum_length"),
    "Policies.PasswordPolicy.Require*": Ours("password_requirements"),
    "DeletionProtection": Ours("deletion_protection"),
    "AutoVerifiedAttributes": Ours("auto_verified_attributes"),
    **{name: LeftOut("the form before VerificationMessageTemplate, which Cognito copies it from") for name in OLDER},
    "VerificationMessageTemplate.EmailMessage": Ours("verification_message"),
    "VerificationMessageTemplate.EmailSubject": Ours("verification_subject"),
    "VerificationMessageTemplate.DefaultEmailOption": Ours("verification_option"),
    "MfaConfiguration": Ours("software_token_mfa"),
    "AdminCreateUserConfig.AllowAdminCreateUserOnly": Ours("admin_create_only"),
    "AdminCreateUserConfig.InviteMessageTemplate.EmailMessage": Ours("invitation_message"),
    "AdminCreateUserConfig.InviteMessageTemplate.EmailSubject": Ours("invitation_subject"),
    "AdminCreateUserConfig.UnusedAccountValidityDays": LeftOut("AWS refuses it beside TemporaryPasswordValidityDays"),
    "AccountRecoverySetting.RecoveryMechanisms": Ours("recovery"),
    "SmsConfiguration.SnsRegion": "us-east-1",
    "SmsConfiguration.EumsSms.Region": "us-east-1",
    "AcrConfiguration": {"Level1": {"AcrValue": "filled"}},
    "KeyConfiguration.KeyType": "CUSTOMER_MANAGED_KEY",
    "KeyConfiguration.KmsKeyArn": "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-1234-1234-123456789012",
    "DcrConfiguration": NOT_IN_SDK,
    # The only tier with threat protection, which is among the members.
    "UserPoolTier": "PLUS",
}

# An integer with the default 0 in AWS's Smithy model, a plain `i32` in the SDK: 0 means that it is not set.
# https://smithy.io/2.0/spec/type-refinement-traits.html#default-trait
SAME = ("AdminCreateUserConfig.UnusedAccountValidityDays: None became 0",)

CLIENT = {
    "UserPoolId": IDENTITY,
    "ClientId": IDENTITY,
    "ClientName": Ours("client_name"),
    "RefreshTokenValidity": Ours("refresh_token_minutes"),
    "AccessTokenValidity": Ours("access_token_minutes"),
    "IdTokenValidity": Ours("id_token_minutes"),
    "TokenValidityUnits.AccessToken": Ours("access_token_minutes"),
    "TokenValidityUnits.IdToken": Ours("id_token_minutes"),
    "TokenValidityUnits.RefreshToken": Ours("refresh_token_minutes"),
    "ExplicitAuthFlows": Ours("explicit_flows"),
    "SupportedIdentityProviders": Ours("identity_providers"),
    "CallbackURLs": Ours("callback_urls"),
    "LogoutURLs": Ours("logout_urls"),
    "AllowedOAuthFlows": Ours("oauth_flows"),
    "AllowedOAuthScopes": Ours("oauth_scopes"),
    "AllowedOAuthFlowsUserPoolClient": Ours("oauth_enabled"),
    "PreventUserExistenceErrors": Ours("prevent_user_existence_errors"),
    "EnableTokenRevocation": Ours("token_revocation"),
    "ReadAttributes": ["email", "name"],
    "WriteAttributes": ["email"],
    # One of the callback URLs.
    "DefaultRedirectURI": "https://a.example.com/_callback",
    "PublishSecretsInAWSSecretsManager": NOT_IN_SDK,
    "AnalyticsConfiguration.ApplicationId": LeftOut("AWS takes the ARN or the id"),
    "AnalyticsConfiguration.ExternalId": LeftOut("only beside the id"),
    "AnalyticsConfiguration.ApplicationArn": "arn:aws:mobiletargeting:us-east-1:123456789012:apps/0123456789abcdef",
}
