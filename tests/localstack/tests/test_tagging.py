"""Rules of the Resource Groups Tagging API."""

import given
from support import Test, name, rule

API = "https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference"
GET = f"Resource Groups Tagging API: GetResources, {API}/API_GetResources.html"


class Tagging(Test):
    def setUp(self):
        super().setUp()
        self.tagging = self.aws("resourcegroupstaggingapi")

    def found(self, region: str | None = None, **request) -> set[str]:
        pages = self.aws("resourcegroupstaggingapi", region).get_paginator("get_resources").paginate(**request)
        return {one["ResourceARN"] for page in pages for one in page["ResourceTagMappingList"]}

    def topics(self, count: int) -> set[str]:
        sns = self.aws("sns")
        tag = [{"Key": "kind", "Value": "topic"}]
        return {sns.create_topic(Name=name(), Tags=tag)["TopicArn"] for _ in range(count)}

    def vault(self) -> str:
        created = self.aws("backup").create_backup_vault(BackupVaultName=name(), BackupVaultTags={"kind": "vault"})
        return created["BackupVaultArn"]

    @rule("tagging.all-services", GET)
    def test_resources_of_several_services_are_found(self):
        (topic,) = self.topics(1)
        vault = self.vault()
        certificate = self.aws("acm").request_certificate(
            DomainName="example.com", ValidationMethod="DNS", Tags=[{"Key": "kind", "Value": "certificate"}]
        )["CertificateArn"]
        key = self.aws("kms").create_key(Tags=[{"TagKey": "kind", "TagValue": "key"}])["KeyMetadata"]["Arn"]
        self.assertEqual(self.found(), {topic, vault, certificate, key})
        self.assertEqual(self.found("eu-west-1"), set())

    @rule(
        "tagging.filters",
        f"Resource Groups Tagging API: GetResources, TagFilters and ResourceTypeFilters, {API}/API_GetResources.html",
    )
    def test_resources_are_filtered_by_type_and_tag(self):
        (topic,), vault = self.topics(1), self.vault()
        self.assertEqual(self.found(ResourceTypeFilters=["backup:backup-vault"]), {vault})
        self.assertEqual(self.found(ResourceTypeFilters=["sns"]), {topic})
        self.assertEqual(self.found(TagFilters=[{"Key": "kind", "Values": ["vault", "other"]}]), {vault})
        self.assertEqual(self.found(TagFilters=[{"Key": "kind"}]), {topic, vault})
        self.assertEqual(self.found(TagFilters=[{"Key": "missing"}]), set())

    @rule(
        "tagging.global-services",
        "cloud-custodian, pull request 2729, https://github.com/cloud-custodian/cloud-custodian/pull/2729",
    )
    def test_distributions_are_found_in_us_east_1(self):
        config = {"DistributionConfig": given.distribution_config(), "Tags": {"Items": [{"Key": "kind", "Value": "edge"}]}}
        created = self.aws("cloudfront").create_distribution_with_tags(DistributionConfigWithTags=config)
        self.assertEqual(self.found("us-east-1"), {created["Distribution"]["ARN"]})
        self.assertEqual(self.found(), set())

    @rule(
        "tagging.page-size",
        # "You can specify a minimum of 1 and a maximum value of 100."
        f"Resource Groups Tagging API: GetResources, ResourcesPerPage, {API}/API_GetResources.html",
    )
    def test_page_has_at_most_100_resources(self):
        with self.refused("InvalidParameterException"):
            self.tagging.get_resources(ResourcesPerPage=101)

    @rule(
        "tagging.pagination-token",
        f"Resource Groups Tagging API: GetResources, PaginationTokenExpiredException, {API}/API_GetResources.html",
    )
    def test_pages_have_tokens(self):
        topics = self.topics(3)
        first = self.tagging.get_resources(ResourcesPerPage=2)
        second = self.tagging.get_resources(ResourcesPerPage=2, PaginationToken=first["PaginationToken"])
        both = first["ResourceTagMappingList"] + second["ResourceTagMappingList"]
        self.assertEqual(({one["ResourceARN"] for one in both}, second["PaginationToken"]), (topics, ""))
        with self.refused("PaginationTokenExpiredException"):
            self.tagging.get_resources(PaginationToken="missing")

    @rule(
        "tagging.resource-type",
        # "The format of each resource type is service[:resourceType]."
        f"Resource Groups Tagging API: GetResources, ResourceTypeFilters, {API}/API_GetResources.html",
    )
    def test_resource_type_is_validated(self):
        with self.refused("InvalidParameterException"):
            self.tagging.get_resources(ResourceTypeFilters=["Not A Type"])
