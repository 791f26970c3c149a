"""Cognito: user pools and their clients."""

from .fill import Excluded, Input

IDENTITY = Excluded("the identity")
NOT_IN_SDK = Excluded("missing in the SDK version of Cargo.lock; an update resets it")


def members(aws, operation: str) -> set[str]:
    """Returns the members of a request."""
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
    "PoolName": Input("pool_name"),
    "Policies.PasswordPolicy.MinimumLength": Input("password_minimum_length"),
    "Policies.PasswordPolicy.Require*": Input("password_requirements"),
    "DeletionProtection": Input("deletion_protection"),
    "AutoVerifiedAttributes": Input("auto_verified_attributes"),
    **{name: Excluded("superseded by VerificationMessageTemplate; Cognito copies its value") for name in OLDER},
    "VerificationMessageTemplate.EmailMessage": Input("verification_message"),
    "VerificationMessageTemplate.EmailSubject": Input("verification_subject"),
    "VerificationMessageTemplate.DefaultEmailOption": Input("verification_option"),
    "MfaConfiguration": Input("software_token_mfa"),
    "AdminCreateUserConfig.AllowAdminCreateUserOnly": Input("admin_create_only"),
    "AdminCreateUserConfig.InviteMessageTemplate.EmailMessage": Input("invitation_message"),
    "AdminCreateUserConfig.InviteMessageTemplate.EmailSubject": Input("invitation_subject"),
    "AdminCreateUserConfig.UnusedAccountValidityDays": Excluded("not allowed with TemporaryPasswordValidityDays"),
    "AccountRecoverySetting.RecoveryMechanisms": Input("recovery"),
    "SmsConfiguration.SnsRegion": "us-east-1",
    "SmsConfiguration.EumsSms.Region": "us-east-1",
    "AcrConfiguration": {"Level1": {"AcrValue": "filled"}},
    "KeyConfiguration.KeyType": "CUSTOMER_MANAGED_KEY",
    "KeyConfiguration.KmsKeyArn": "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-1234-1234-123456789012",
    "DcrConfiguration": NOT_IN_SDK,
    # The only tier that supports threat protection, which is one of the members.
    "UserPoolTier": "PLUS",
}

# The member has the default 0 in the Smithy model and is an `i32` in the SDK: 0 means unset.
# https://smithy.io/2.0/spec/type-refinement-traits.html#default-trait
SAME = ("AdminCreateUserConfig.UnusedAccountValidityDays: None became 0",)

CLIENT = {
    "UserPoolId": IDENTITY,
    "ClientId": IDENTITY,
    "ClientName": Input("client_name"),
    "RefreshTokenValidity": Input("refresh_token_minutes"),
    "AccessTokenValidity": Input("access_token_minutes"),
    "IdTokenValidity": Input("id_token_minutes"),
    "TokenValidityUnits.AccessToken": Input("access_token_minutes"),
    "TokenValidityUnits.IdToken": Input("id_token_minutes"),
    "TokenValidityUnits.RefreshToken": Input("refresh_token_minutes"),
    "ExplicitAuthFlows": Input("explicit_flows"),
    "SupportedIdentityProviders": Input("identity_providers"),
    "CallbackURLs": Input("callback_urls"),
    "LogoutURLs": Input("logout_urls"),
    "AllowedOAuthFlows": Input("oauth_flows"),
    "AllowedOAuthScopes": Input("oauth_scopes"),
    "AllowedOAuthFlowsUserPoolClient": Input("oauth_enabled"),
    "PreventUserExistenceErrors": Input("prevent_user_existence_errors"),
    "EnableTokenRevocation": Input("token_revocation"),
    "ReadAttributes": ["email", "name"],
    "WriteAttributes": ["email"],
    # One of the callback URLs.
    "DefaultRedirectURI": "https://a.example.com/_callback",
    "PublishSecretsInAWSSecretsManager": NOT_IN_SDK,
    "AnalyticsConfiguration.ApplicationId": Excluded("either the ARN or the ID"),
    "AnalyticsConfiguration.ExternalId": Excluded("only with the ID"),
    "AnalyticsConfiguration.ApplicationArn": "arn:aws:mobiletargeting:us-east-1:123456789012:apps/0123456789abcdef",
}
