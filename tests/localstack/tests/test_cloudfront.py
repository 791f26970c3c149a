"""Rules of CloudFront."""

import given
from given import behavior, listed
from support import NO_SOURCE, Test, name, rule

API = "https://docs.aws.amazon.com/cloudfront/latest/APIReference"
GUIDE = "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide"
CNAMES = f"CloudFront Developer Guide: Use custom URLs by adding alternate domain names, {GUIDE}/CNAMEs.html"
CERTIFICATES = (
    "CloudFront Developer Guide: Requirements for using SSL/TLS certificates with CloudFront, "
    f"{GUIDE}/cnames-and-https-requirements.html"
)
UPDATE = f"CloudFront API: UpdateDistribution, {API}/API_UpdateDistribution.html"
DELETE = f"CloudFront API: DeleteDistribution, {API}/API_DeleteDistribution.html"
CONFIG = f"CloudFront API: DistributionConfig, {API}/API_DistributionConfig.html"
FUNCTIONS = f"CloudFront Developer Guide: Restrictions on Lambda@Edge, {GUIDE}/lambda-at-edge-function-restrictions.html"


def viewer(arn: str) -> dict:
    return {"ACMCertificateArn": arn, "SSLSupportMethod": "sni-only", "MinimumProtocolVersion": "TLSv1.2_2021"}


class Distributions(Test):
    def setUp(self):
        super().setUp()
        self.cloudfront = self.aws("cloudfront")

    def config(self, distribution: dict) -> tuple[dict, str]:
        answer = self.cloudfront.get_distribution_config(Id=distribution["Id"])
        return answer["DistributionConfig"], answer["ETag"]

    def update(self, distribution: dict, **changes) -> dict:
        config, etag = self.config(distribution)
        request = {"Id": distribution["Id"], "IfMatch": etag, "DistributionConfig": config | changes}
        return self.cloudfront.update_distribution(**request)["Distribution"]

    def function(self, arn: str) -> dict:
        association = {"LambdaFunctionARN": arn, "EventType": "viewer-request"}
        return behavior(LambdaFunctionAssociations=listed(association))

    @rule("cloudfront.missing-distribution", f"CloudFront API: GetDistribution, {API}/API_GetDistribution.html")
    def test_missing_distribution_is_not_found(self):
        with self.refused("NoSuchDistribution"):
            self.cloudfront.get_distribution(Id="EMISSING")

    @rule("cloudfront.deploys-in-progress", f"CloudFront API: Distribution, Status, {API}/API_Distribution.html")
    def test_distribution_is_in_progress_until_deployed(self):
        distribution = given.distribution(self)
        self.assertEqual(distribution["Status"], "InProgress")
        given.deployed(self, distribution["Id"])
        self.assertEqual(self.update(distribution, Comment="changed")["Status"], "InProgress")

    @rule("cloudfront.caller-reference-unique", CONFIG)
    def test_caller_reference_is_unique(self):
        config = given.distribution_config()
        self.cloudfront.create_distribution(DistributionConfig=config)
        with self.refused("DistributionAlreadyExists"):
            self.cloudfront.create_distribution(DistributionConfig=config)

    @rule(
        "cloudfront.caller-reference-fixed",
        # "You can't change the value of CallerReference."
        UPDATE,
    )
    def test_caller_reference_does_not_change(self):
        with self.refused("IllegalUpdate"):
            self.update(given.distribution(self), CallerReference=name())

    @rule("cloudfront.comment-length", CONFIG)
    def test_comment_has_at_most_128_characters(self):
        given.distribution(self, Comment="x" * 128)
        with self.refused("InvalidArgument"):
            given.distribution(self, Comment="x" * 129)

    @rule("cloudfront.alias-needs-certificate", CNAMES)
    def test_alias_needs_a_certificate(self):
        with self.refused("InvalidViewerCertificate"):
            given.distribution(self, Aliases=listed("www.example.com"))

    @rule("cloudfront.certificate-issued-in-us-east-1", CERTIFICATES)
    def test_certificate_is_issued_in_us_east_1(self):
        pending = self.aws("acm", "us-east-1").request_certificate(DomainName="a.example.com", ValidationMethod="DNS")
        elsewhere = self.aws("acm", "eu-west-1").request_certificate(DomainName="a.example.com", ValidationMethod="DNS")
        for certificate in (pending, elsewhere):
            with self.refused("InvalidViewerCertificate"):
                given.distribution(self, ViewerCertificate=viewer(certificate["CertificateArn"]))

    @rule("cloudfront.certificate-covers-aliases", CNAMES, CERTIFICATES)
    def test_certificate_covers_every_alias(self):
        certificate = viewer(given.certificate(self, "*.example.com"))
        given.distribution(self, Aliases=listed("a.example.com", "*.example.com"), ViewerCertificate=certificate)
        for alias in ("example.com", "a.b.example.com", "*.b.example.com"):
            with self.refused("InvalidViewerCertificate"):
                given.distribution(self, Aliases=listed(alias), ViewerCertificate=certificate)

    @rule("cloudfront.alias-unique", CNAMES)
    def test_alias_belongs_to_one_distribution(self):
        certificate = viewer(given.certificate(self, "www.example.com"))
        aliases = listed("www.example.com")
        first = given.distribution(self, Aliases=aliases, ViewerCertificate=certificate)
        with self.refused("CNAMEAlreadyExists"):
            given.distribution(self, Aliases=aliases, ViewerCertificate=certificate)
        self.update(first, Comment="the owner keeps the alias")

    @rule(
        "cloudfront.function-version",
        f"CloudFront API: LambdaFunctionAssociation, {API}/API_LambdaFunctionAssociation.html",
    )
    def test_function_has_a_version(self):
        arn = f"arn:aws:lambda:us-east-1:{self.account}:function:edge"
        given.distribution(self, DefaultCacheBehavior=self.function(f"{arn}:1"))
        for unversioned in (arn, f"{arn}:$LATEST", f"{arn}:alias"):
            with self.refused("InvalidLambdaFunctionAssociation"):
                given.distribution(self, DefaultCacheBehavior=self.function(unversioned))

    @rule("cloudfront.function-region", FUNCTIONS)
    def test_function_is_in_us_east_1(self):
        with self.refused("InvalidLambdaFunctionAssociation"):
            arn = f"arn:aws:lambda:eu-west-1:{self.account}:function:edge:1"
            given.distribution(self, DefaultCacheBehavior=self.function(arn))

    @rule("cloudfront.defaults", CONFIG)
    def test_defaults_are_reported(self):
        config, _ = self.config(given.distribution(self))
        self.assertEqual(config["PriceClass"], "PriceClass_All")
        self.assertEqual(config["Restrictions"]["GeoRestriction"]["RestrictionType"], "none")
        self.assertEqual(config["DefaultCacheBehavior"]["AllowedMethods"]["Quantity"], 2)
        self.assertEqual(config["Origins"]["Items"][0]["CustomOriginConfig"]["OriginReadTimeout"], 30)

    @rule(
        "cloudfront.complete-update",
        # "Make sure to include all fields: the ones that you modified and also the ones that you didn't."
        UPDATE,
        "ACK, issue 2335, https://github.com/aws-controllers-k8s/community/issues/2335",
    )
    def test_update_is_complete(self):
        distribution = given.distribution(self)
        config, etag = self.config(distribution)
        del config["Origins"]["Items"][0]["CustomOriginConfig"]["OriginReadTimeout"]
        with self.refused("IllegalUpdate", "OriginReadTimeout is required for updates"):
            self.cloudfront.update_distribution(Id=distribution["Id"], IfMatch=etag, DistributionConfig=config)

    @rule("cloudfront.if-match-required", UPDATE)
    def test_update_needs_a_version(self):
        distribution = given.distribution(self)
        config, _ = self.config(distribution)
        with self.refused("InvalidIfMatchVersion"):
            self.cloudfront.update_distribution(Id=distribution["Id"], DistributionConfig=config)

    @rule("cloudfront.if-match-current", UPDATE)
    def test_update_needs_the_current_version(self):
        distribution = given.distribution(self)
        config, etag = self.config(distribution)
        self.update(distribution, Comment="by someone else")
        with self.refused("PreconditionFailed"):
            self.cloudfront.update_distribution(Id=distribution["Id"], IfMatch=etag, DistributionConfig=config)

    @rule("cloudfront.delete-disabled", DELETE)
    def test_enabled_distribution_is_not_deleted(self):
        distribution = given.distribution(self)
        given.deployed(self, distribution["Id"])
        with self.refused("DistributionNotDisabled"):
            self.cloudfront.delete_distribution(Id=distribution["Id"], IfMatch=distribution["ETag"])

    @rule(
        "cloudfront.delete-deployed",
        # "Submit a GET Distribution request to confirm that your changes have propagated. When propagation is complete, the value of
        # Status is Deployed. Submit a DELETE Distribution request."
        "AWS SDK for Rust: DeleteDistributionInput, "
        "https://docs.rs/aws-sdk-cloudfront/latest/aws_sdk_cloudfront/operation/delete_distribution/struct.DeleteDistributionInput.html",
    )
    def test_distribution_in_progress_is_not_deleted(self):
        def attempt():
            distribution = given.distribution(self, Enabled=False)
            with self.refused("ResourceInUse"):
                self.cloudfront.delete_distribution(Id=distribution["Id"], IfMatch=distribution["ETag"])

        self.while_pending(attempt)


class ResponseHeadersPolicies(Test):
    def setUp(self):
        super().setUp()
        self.cloudfront = self.aws("cloudfront")

    def create(self, **changes) -> dict:
        config = {"Name": name(), **changes}
        return self.cloudfront.create_response_headers_policy(ResponseHeadersPolicyConfig=config)

    def cors(self, credentials: bool, *origins: str, header: str = "X-Header") -> dict:
        return {
            "AccessControlAllowOrigins": listed(*origins),
            "AccessControlAllowHeaders": listed(header),
            "AccessControlAllowMethods": listed("GET"),
            "AccessControlAllowCredentials": credentials,
            "OriginOverride": True,
        }

    @rule(
        "cloudfront.missing-policy",
        f"CloudFront API: GetResponseHeadersPolicy, {API}/API_GetResponseHeadersPolicy.html",
    )
    def test_missing_policy_is_not_found(self):
        with self.refused("NoSuchResponseHeadersPolicy"):
            self.cloudfront.get_response_headers_policy(Id="12345678-1234-1234-1234-123456789012")

    @rule(
        "cloudfront.policy-exists",
        f"CloudFront API: CreateDistribution, NoSuchResponseHeadersPolicy, {API}/API_CreateDistribution.html",
    )
    def test_policy_of_a_distribution_exists(self):
        with self.refused("NoSuchResponseHeadersPolicy"):
            changes = behavior(ResponseHeadersPolicyId="12345678-1234-1234-1234-123456789012")
            given.distribution(self, DefaultCacheBehavior=changes)

    @rule(
        "cloudfront.policy-name-unique",
        f"CloudFront API: ResponseHeadersPolicyConfig, Name, {API}/API_ResponseHeadersPolicyConfig.html",
    )
    def test_policy_name_is_unique(self):
        first = self.create()["ResponseHeadersPolicy"]["ResponseHeadersPolicyConfig"]["Name"]
        with self.refused("ResponseHeadersPolicyAlreadyExists"):
            self.create(Name=first)

    @rule(
        "cloudfront.policy-comment-length",
        f"CloudFront API: ResponseHeadersPolicyConfig, Comment, {API}/API_ResponseHeadersPolicyConfig.html",
    )
    def test_policy_comment_has_at_most_128_characters(self):
        self.create(Comment="x" * 128)
        with self.refused("InvalidArgument"):
            self.create(Comment="x" * 129)

    @rule("cloudfront.credentials-need-origins", NO_SOURCE)
    def test_credentials_need_named_origins(self):
        self.create(CorsConfig=self.cors(False, "*"))
        with self.refused("InvalidArgument"):
            self.create(CorsConfig=self.cors(True, "*"))

    @rule(
        "cloudfront.credentials-need-headers",
        # "The parameter Access-Control-Allow-Headers cannot contain * when allowCredentials is true."
        "AWS CDK, pull request 35308, https://github.com/aws/aws-cdk/pull/35308",
    )
    def test_credentials_need_named_headers(self):
        self.create(CorsConfig=self.cors(False, "https://example.com", header="*"))
        with self.refused("InvalidArgument", "Access-Control-Allow-Headers"):
            self.create(CorsConfig=self.cors(True, "https://example.com", header="*"))

    @rule(
        "cloudfront.policy-in-use",
        f"CloudFront API: DeleteResponseHeadersPolicy, {API}/API_DeleteResponseHeadersPolicy.html",
    )
    def test_policy_of_a_distribution_is_not_deleted(self):
        created = self.create()
        policy = {"Id": created["ResponseHeadersPolicy"]["Id"], "IfMatch": created["ETag"]}
        changes = behavior(ResponseHeadersPolicyId=policy["Id"])
        distribution = given.distribution(self, DefaultCacheBehavior=changes)
        with self.refused("ResponseHeadersPolicyInUse"):
            self.cloudfront.delete_response_headers_policy(**policy)
        given.delete_distribution(self, distribution["Id"])
        self.cloudfront.delete_response_headers_policy(**policy)
