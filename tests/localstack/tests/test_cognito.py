"""Rules of Cognito user pools, their clients, domains and branding."""

from support import NO_SOURCE, Test, name, new_account, rule

API = "https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference"
DOMAINS = "AWS samples, issue 56, https://github.com/aws-samples/websocket-chat-application/issues/56"


class UserPools(Test):
    def setUp(self):
        super().setUp()
        self.cognito = self.aws("cognito-idp")

    def pool(self, **changes) -> str:
        return self.cognito.create_user_pool(PoolName="pool", **changes)["UserPool"]["Id"]

    def client(self, pool: str, **changes) -> str:
        return self.cognito.create_user_pool_client(UserPoolId=pool, ClientName="app", **changes)["UserPoolClient"]["ClientId"]

    def describe(self, pool: str) -> dict:
        return self.cognito.describe_user_pool(UserPoolId=pool)["UserPool"]

    def brand(self, pool: str, client: str) -> str:
        created = self.cognito.create_managed_login_branding(UserPoolId=pool, ClientId=client, UseCognitoProvidedValues=True)
        return created["ManagedLoginBranding"]["ManagedLoginBrandingId"]

    @rule(
        "cognito.missing-pool",
        f"Cognito API: DescribeManagedLoginBranding, ResourceNotFoundException, {API}/API_DescribeManagedLoginBranding.html",
    )
    def test_missing_pool_is_not_found(self):
        missing = "us-west-2_missing00"
        calls = [
            lambda: self.brand(missing, "client"),
            lambda: self.cognito.tag_resource(
                ResourceArn=f"arn:aws:cognito-idp:us-west-2:{self.account}:userpool/{missing}", Tags={"a": "b"}
            ),
            lambda: self.cognito.untag_resource(
                ResourceArn=f"arn:aws:cognito-idp:us-west-2:{self.account}:userpool/{missing}", TagKeys=["a"]
            ),
            lambda: self.cognito.list_identity_providers(UserPoolId=missing),
            lambda: self.cognito.admin_create_user(UserPoolId=missing, Username="user"),
        ]
        for call in calls:
            with self.refused("ResourceNotFoundException"):
                call()

    @rule(
        "cognito.one-password-validity",
        # "When you set TemporaryPasswordValidityDays for a user pool, you can no longer set a value for the legacy
        # UnusedAccountValidityDays parameter in that user pool."
        f"Cognito API: PasswordPolicyType, {API}/API_PasswordPolicyType.html",
        "AWS SDK for JavaScript, issue 3817, https://github.com/aws/aws-sdk-js/issues/3817",
    )
    def test_password_validity_is_set_once(self):
        both = {
            "Policies": {"PasswordPolicy": {"MinimumLength": 8, "TemporaryPasswordValidityDays": 3}},
            "AdminCreateUserConfig": {"AllowAdminCreateUserOnly": True, "UnusedAccountValidityDays": 3},
        }
        with self.refused("InvalidParameterException", "TemporaryPasswordValidityDays"):
            self.pool(**both)
        pool = self.pool()
        with self.refused("InvalidParameterException", "TemporaryPasswordValidityDays"):
            self.cognito.update_user_pool(UserPoolId=pool, **both)

    @rule(
        "cognito.password-validity-reported-twice",
        # Both members have the default 7.
        f"Cognito API: AdminCreateUserConfigType, {API}/API_AdminCreateUserConfigType.html",
        f"Cognito API: PasswordPolicyType, {API}/API_PasswordPolicyType.html",
    )
    def test_password_validity_is_reported_twice(self):
        def reported(pool: str) -> tuple[int, int]:
            found = self.describe(pool)
            policy = found["Policies"]["PasswordPolicy"]
            return policy["TemporaryPasswordValidityDays"], found["AdminCreateUserConfig"]["UnusedAccountValidityDays"]

        pool = self.pool()
        self.assertEqual(reported(pool), (7, 7))
        policy = {"MinimumLength": 8, "TemporaryPasswordValidityDays": 3}
        self.cognito.update_user_pool(UserPoolId=pool, Policies={"PasswordPolicy": policy})
        self.assertEqual(reported(pool), (3, 3))

    @rule(
        "cognito.pool-update-resets",
        # "if you don't provide a value for an attribute, Amazon Cognito sets it to its default value"
        f"Cognito API: UpdateUserPool, {API}/API_UpdateUserPool.html",
    )
    def test_update_resets_omitted_members_of_a_pool(self):
        pool = self.pool(UsernameAttributes=["email"], UserPoolTags={"owner": "me"}, DeletionProtection="ACTIVE")
        self.cognito.update_user_pool(UserPoolId=pool, AutoVerifiedAttributes=["email"])
        found = self.describe(pool)
        self.assertNotEqual(found.get("DeletionProtection"), "ACTIVE")
        self.assertEqual((found["UsernameAttributes"], found["AutoVerifiedAttributes"]), (["email"], ["email"]))
        self.assertEqual(found["UserPoolTags"], {"owner": "me"})

    @rule("cognito.client-update-resets", f"Cognito API: UpdateUserPoolClient, {API}/API_UpdateUserPoolClient.html")
    def test_update_resets_omitted_members_of_a_client(self):
        pool = self.pool()
        client = self.client(pool, CallbackURLs=["https://example.com/"])
        self.cognito.update_user_pool_client(UserPoolId=pool, ClientId=client, RefreshTokenValidity=3)
        found = self.cognito.describe_user_pool_client(UserPoolId=pool, ClientId=client)["UserPoolClient"]
        self.assertEqual((found["RefreshTokenValidity"], found.get("CallbackURLs") or []), (3, []))

    @rule(
        "cognito.deletion-protection",
        # "When you try to delete a protected user pool in a DeleteUserPool API request, Amazon Cognito returns an
        # InvalidParameterException error."
        f"Cognito API: CreateUserPool, DeletionProtection, {API}/API_CreateUserPool.html",
    )
    def test_protected_pool_is_not_deleted(self):
        pool = self.pool(DeletionProtection="ACTIVE")
        with self.refused("InvalidParameterException", "deletion protection"):
            self.cognito.delete_user_pool(UserPoolId=pool)
        self.cognito.update_user_pool(UserPoolId=pool, DeletionProtection="INACTIVE")
        self.cognito.delete_user_pool(UserPoolId=pool)

    @rule(
        "cognito.delete-domain-first",
        "Terraform AWS provider, issue 16479, https://github.com/hashicorp/terraform-provider-aws/issues/16479",
    )
    def test_pool_with_a_domain_is_not_deleted(self):
        pool, domain = self.pool(), name()
        self.cognito.create_user_pool_domain(UserPoolId=pool, Domain=domain)
        with self.refused("InvalidParameterException", "domain"):
            self.cognito.delete_user_pool(UserPoolId=pool)
        self.cognito.delete_user_pool_domain(UserPoolId=pool, Domain=domain)
        self.cognito.delete_user_pool(UserPoolId=pool)

    @rule("cognito.domain-unique", DOMAINS)
    def test_domain_is_unique_in_a_region(self):
        domain = name()
        self.cognito.create_user_pool_domain(UserPoolId=self.pool(), Domain=domain)
        self.account = new_account()
        self.cognito = self.aws("cognito-idp")
        with self.refused("InvalidParameterException", "Domain already associated with another user pool"):
            self.cognito.create_user_pool_domain(UserPoolId=self.pool(), Domain=domain)

    @rule("cognito.managed-login-version", f"Cognito API: DomainDescriptionType, {API}/API_DomainDescriptionType.html")
    def test_domain_has_a_version_of_managed_login(self):
        pool = self.pool()

        def version(domain: str) -> int:
            found = self.cognito.describe_user_pool_domain(Domain=domain)["DomainDescription"]
            self.assertEqual(found["Status"], "ACTIVE")
            return found["ManagedLoginVersion"]

        domain = name()
        self.cognito.create_user_pool_domain(UserPoolId=pool, Domain=domain, ManagedLoginVersion=2)
        self.assertEqual(version(domain), 2)
        self.cognito.update_user_pool_domain(UserPoolId=pool, Domain=domain, ManagedLoginVersion=1)
        self.assertEqual(version(domain), 1)

    @rule(
        "cognito.missing-domain",
        f"Cognito API: UpdateUserPoolDomain, ResourceNotFoundException, {API}/API_UpdateUserPoolDomain.html",
    )
    def test_missing_domain_is_not_updated(self):
        with self.refused("ResourceNotFoundException"):
            self.cognito.update_user_pool_domain(UserPoolId=self.pool(), Domain="missing", ManagedLoginVersion=2)

    @rule(
        "cognito.one-branding",
        f"Cognito API: CreateManagedLoginBranding, ManagedLoginBrandingExistsException, {API}/API_CreateManagedLoginBranding.html",
    )
    def test_client_has_one_branding(self):
        pool = self.pool()
        client = self.client(pool)
        self.brand(pool, client)
        with self.refused("ManagedLoginBrandingExistsException"):
            self.brand(pool, client)

    @rule(
        "cognito.branding-needs-client",
        f"Cognito API: CreateManagedLoginBranding, ResourceNotFoundException, {API}/API_CreateManagedLoginBranding.html",
    )
    def test_branding_needs_a_client(self):
        with self.refused("ResourceNotFoundException"):
            self.brand(self.pool(), "missing")

    @rule(
        "cognito.missing-branding",
        f"Cognito API: DescribeManagedLoginBranding, ResourceNotFoundException, {API}/API_DescribeManagedLoginBranding.html",
    )
    def test_missing_branding_is_not_found(self):
        pool = self.pool()
        client = self.client(pool)
        with self.refused("ResourceNotFoundException"):
            self.cognito.describe_managed_login_branding_by_client(UserPoolId=pool, ClientId=client)
        with self.refused("ResourceNotFoundException"):
            missing = "12345678-1234-4234-8234-123456789012"
            self.cognito.describe_managed_login_branding(UserPoolId=pool, ManagedLoginBrandingId=missing)

    @rule("cognito.branding-deleted-with-client", NO_SOURCE)
    def test_branding_is_deleted_with_its_client(self):
        pool = self.pool()
        client = self.client(pool)
        branding = self.brand(pool, client)
        self.cognito.delete_user_pool_client(UserPoolId=pool, ClientId=client)
        with self.refused("ResourceNotFoundException"):
            self.cognito.describe_managed_login_branding(UserPoolId=pool, ManagedLoginBrandingId=branding)
