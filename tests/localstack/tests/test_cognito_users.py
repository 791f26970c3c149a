"""Rules of users and identity providers of Cognito user pools."""

from support import NO_SOURCE, Test, rule

API = "https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference"
GUIDE = "https://docs.aws.amazon.com/cognito/latest/developerguide"
CREATE = f"Cognito API: AdminCreateUser, {API}/API_AdminCreateUser.html"
PROVIDER = f"Cognito API: CreateIdentityProvider, {API}/API_CreateIdentityProvider.html"
OIDC = f"Cognito Developer Guide: Using OIDC identity providers with a user pool, {GUIDE}/cognito-user-pools-oidc-idp.html"


class Users(Test):
    def setUp(self):
        super().setUp()
        self.cognito = self.aws("cognito-idp")
        self.pool = self.cognito.create_user_pool(PoolName="pool", UsernameAttributes=["email"])["UserPool"]["Id"]

    def create(self, user: str = "a@example.com", action: str | None = None) -> dict:
        more = {"MessageAction": action} if action else {}
        return self.cognito.admin_create_user(UserPoolId=self.pool, Username=user, **more)["User"]

    @rule(
        "cognito.resend-keeps-user",
        # "Set to RESEND to resend the invitation message to a user that already exists"
        CREATE,
    )
    def test_resent_invitation_keeps_the_user(self):
        first, second = self.create(), self.create(action="RESEND")
        self.assertEqual(first["Username"], second["Username"])
        self.assertEqual(len(self.cognito.list_users(UserPoolId=self.pool)["Users"]), 1)

    @rule(
        "cognito.resend-missing-user",
        f"Cognito API: AdminCreateUser, UserNotFoundException, {API}/API_AdminCreateUser.html",
    )
    def test_invitation_of_a_missing_user_is_not_resent(self):
        with self.refused("UserNotFoundException"):
            self.create(action="RESEND")

    @rule(
        "cognito.resend-unconfirmed-only",
        f"Cognito API: AdminCreateUser, UnsupportedUserStateException, {API}/API_AdminCreateUser.html",
    )
    def test_invitation_of_a_confirmed_user_is_not_resent(self):
        user = self.create()["Username"]
        self.cognito.admin_set_user_password(UserPoolId=self.pool, Username=user, Password="Password-1", Permanent=True)
        with self.refused("UnsupportedUserStateException"):
            self.create(action="RESEND")

    @rule(
        "cognito.email-as-username",
        f"Cognito Developer Guide: User pool attributes, {GUIDE}/user-pool-settings-attributes.html",
    )
    def test_username_is_an_email_address(self):
        with self.refused("InvalidParameterException"):
            self.create("not an email address", "RESEND")

    @rule(
        "cognito.daily-emails",
        f"Cognito Developer Guide: Email settings for Amazon Cognito user pools, {GUIDE}/user-pool-email.html",
    )
    def test_fifty_emails_a_day(self):
        for number in range(50):
            self.create(f"{number}@example.com")
        with self.refused("LimitExceededException"):
            self.create("51@example.com")
        self.create("52@example.com", "SUPPRESS")

    @rule("cognito.user-modified", f"Cognito API: UserType, UserLastModifiedDate, {API}/API_UserType.html")
    def test_disabling_a_user_changes_the_modification_date(self):
        user = self.create()["Username"]
        which = {"UserPoolId": self.pool, "Username": user}

        def modified():
            return self.cognito.admin_get_user(**which)["UserLastModifiedDate"]

        before = modified()

        def later(change) -> bool:
            change(**which)
            return modified() > before

        self.until(lambda: later(self.cognito.admin_disable_user))
        before = modified()
        self.until(lambda: later(self.cognito.admin_enable_user))


class IdentityProviders(Test):
    def setUp(self):
        super().setUp()
        self.cognito = self.aws("cognito-idp")
        self.pool = self.cognito.create_user_pool(PoolName="pool")["UserPool"]["Id"]

    def create(self, kind: str, details: dict, provider: str = "provider", **more) -> dict:
        request = {"UserPoolId": self.pool, "ProviderName": provider, "ProviderType": kind, "ProviderDetails": details, **more}
        return self.cognito.create_identity_provider(**request)["IdentityProvider"]

    def saml(self, **changes) -> dict:
        details = {"MetadataURL": "https://idp.example.com/metadata", **changes}
        return self.create("SAML", {key: value for key, value in details.items() if value is not None})

    def oidc(self, **changes) -> dict:
        details = {
            "client_id": "client",
            "client_secret": "secret",
            "attributes_request_method": "GET",
            "oidc_issuer": "https://idp.example.com",
            "authorize_scopes": "openid email",
            **changes,
        }
        return self.create("OIDC", {key: value for key, value in details.items() if value is not None})

    def wrong(self, message: str = ""):
        return self.refused("InvalidParameterException", message)

    @rule(
        "cognito.missing-provider",
        f"Cognito API: DescribeIdentityProvider, ResourceNotFoundException, {API}/API_DescribeIdentityProvider.html",
    )
    def test_missing_provider_is_not_found(self):
        with self.refused("ResourceNotFoundException"):
            self.cognito.describe_identity_provider(UserPoolId=self.pool, ProviderName="missing")

    @rule(
        "cognito.provider-name",
        f"Cognito API: CreateIdentityProvider, ProviderName, {API}/API_CreateIdentityProvider.html",
    )
    def test_provider_name_is_validated(self):
        for invalid in ("ab", "with space", "_underscore", "underscore_", "x" * 33, "COGNITO"):
            with self.wrong():
                self.create("SAML", {"MetadataURL": "https://idp.example.com/metadata"}, invalid)

    @rule(
        "cognito.provider-exists",
        f"Cognito API: CreateIdentityProvider, DuplicateProviderException, {API}/API_CreateIdentityProvider.html",
    )
    def test_provider_name_is_unique(self):
        self.saml()
        with self.refused("DuplicateProviderException"):
            self.saml()

    @rule("cognito.saml-details", PROVIDER)
    def test_details_of_saml_are_validated(self):
        with self.wrong("client_id"):
            self.saml(client_id="client")

    @rule("cognito.saml-one-metadata", PROVIDER)
    def test_saml_has_one_form_of_metadata(self):
        with self.wrong():
            self.saml(MetadataURL=None)
        with self.wrong():
            self.saml(MetadataFile="<EntityDescriptor/>")

    @rule("cognito.saml-metadata-url", PROVIDER)
    def test_metadata_url_has_https(self):
        with self.wrong():
            self.saml(MetadataURL="http://idp.example.com/metadata")

    @rule("cognito.saml-metadata-file", PROVIDER)
    def test_metadata_file_is_an_entity_descriptor(self):
        with self.wrong():
            self.saml(MetadataURL=None, MetadataFile="<html/>")
        self.saml(MetadataURL=None, MetadataFile="<EntityDescriptor/>")

    @rule("cognito.saml-flags", PROVIDER)
    def test_flags_of_saml_are_text(self):
        for flag in ("IDPSignout", "IDPInit", "EncryptedResponses"):
            with self.wrong():
                self.saml(**{flag: "True"})

    @rule("cognito.oidc-details", PROVIDER)
    def test_details_of_oidc_are_validated(self):
        with self.wrong("MetadataURL"):
            self.oidc(MetadataURL="https://idp.example.com")

    @rule("cognito.oidc-required-details", PROVIDER)
    def test_required_details_of_oidc_are_present(self):
        for missing in ("client_id", "client_secret", "oidc_issuer", "authorize_scopes", "attributes_request_method"):
            with self.wrong(missing):
                self.oidc(**{missing: None})

    @rule(
        "cognito.oidc-issuer",
        # "The URL should start with https://, and shouldn't end with a slash /."
        OIDC,
    )
    def test_issuer_has_https_and_no_final_slash(self):
        for invalid in ("http://idp.example.com", "https://idp.example.com/"):
            with self.wrong():
                self.oidc(oidc_issuer=invalid)

    @rule("cognito.oidc-openid-scope", OIDC)
    def test_scopes_contain_openid(self):
        with self.wrong("openid"):
            self.oidc(authorize_scopes="email profile")

    @rule("cognito.oidc-request-method", OIDC)
    def test_request_method_is_get_or_post(self):
        with self.wrong():
            self.oidc(attributes_request_method="PUT")

    @rule("cognito.mapped-attributes", "AWS CLI, issue 9729, https://github.com/aws/aws-cli/issues/9729")
    def test_mapped_attributes_exist(self):
        with self.wrong("AttributeMapping contains invalid mapping"):
            details = {"MetadataURL": "https://idp.example.com/metadata"}
            self.create("SAML", details, AttributeMapping={"missing": "claim"})

    @rule("cognito.oidc-username", OIDC)
    def test_username_of_oidc_is_mapped_to_sub(self):
        self.assertEqual(self.oidc()["AttributeMapping"], {"username": "sub"})

    @rule(
        "cognito.reported-details",
        # "Describe response"
        PROVIDER,
    )
    def test_response_has_additional_details(self):
        self.assertIn("ActiveEncryptionCertificate", self.saml()["ProviderDetails"])
        self.cognito.delete_identity_provider(UserPoolId=self.pool, ProviderName="provider")
        self.assertIn("token_url", self.oidc()["ProviderDetails"])

    @rule("cognito.provider-update-resets", NO_SOURCE)
    def test_update_resets_omitted_members_of_a_provider(self):
        details = {"MetadataURL": "https://idp.example.com/metadata", "IDPSignout": "true"}
        self.create("SAML", details, AttributeMapping={"email": "mail"}, IdpIdentifiers=["example.com"])
        changed = {"MetadataURL": "https://idp.example.com/other"}
        self.cognito.update_identity_provider(UserPoolId=self.pool, ProviderName="provider", ProviderDetails=changed)
        found = self.cognito.describe_identity_provider(UserPoolId=self.pool, ProviderName="provider")["IdentityProvider"]
        self.assertNotIn("IDPSignout", found["ProviderDetails"])
        self.assertEqual((found.get("AttributeMapping") or {}, found.get("IdpIdentifiers") or []), ({}, []))

    @rule(
        "cognito.client-provider-exists",
        "Terraform module, pull request 72, https://github.com/lgallard/terraform-aws-cognito-user-pool/pull/72",
    )
    def test_client_lists_existing_providers(self):
        client = {"UserPoolId": self.pool, "ClientName": "app", "SupportedIdentityProviders": ["provider"]}
        with self.wrong("The provider provider does not exist"):
            self.cognito.create_user_pool_client(**client)
        self.saml()
        self.cognito.create_user_pool_client(**client)

    @rule("cognito.provider-in-use", NO_SOURCE)
    def test_provider_of_a_client_is_not_deleted(self):
        self.saml()
        client = {"UserPoolId": self.pool, "ClientName": "app", "SupportedIdentityProviders": ["provider"]}
        self.cognito.create_user_pool_client(**client)
        with self.wrong():
            self.cognito.delete_identity_provider(UserPoolId=self.pool, ProviderName="provider")
