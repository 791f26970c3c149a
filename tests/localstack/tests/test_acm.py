"""Rules of ACM."""

import given
from support import Test, name, rule

API = "https://docs.aws.amazon.com/acm/latest/APIReference"
DNS = "ACM User Guide: DNS validation, https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html"


class Acm(Test):
    region = "us-east-1"

    def request(self, domain: str = "www.example.com", **more) -> str:
        request = {"DomainName": domain, "ValidationMethod": "DNS", **more}
        return self.aws("acm").request_certificate(**request)["CertificateArn"]

    def describe(self, arn: str) -> dict:
        return self.aws("acm").describe_certificate(CertificateArn=arn)["Certificate"]

    @rule("acm.missing-certificate", f"ACM API: DescribeCertificate, {API}/API_DescribeCertificate.html")
    def test_missing_certificate_is_not_found(self):
        arn = f"arn:aws:acm:us-east-1:{self.account}:certificate/12345678-1234-1234-1234-123456789012"
        with self.refused("ResourceNotFoundException"):
            self.describe(arn)

    @rule(
        "acm.validation-record-delay",
        # "there is a delay of several seconds before you can retrieve information about it"
        f"ACM API: DescribeCertificate, {API}/API_DescribeCertificate.html",
    )
    def test_validation_record_appears_after_a_delay(self):
        def attempt():
            (option,) = self.describe(self.request())["DomainValidationOptions"]
            self.assertNotIn("ResourceRecord", option)

        self.while_pending(attempt)
        given.validation_records(self, self.request())

    @rule("acm.shared-validation-record", DNS)
    def test_wildcard_and_regions_share_the_validation_record(self):
        arn = self.request("example.com", SubjectAlternativeNames=["*.example.com"])
        first, second = given.validation_records(self, arn)
        self.assertEqual(first, second)
        elsewhere = self.aws("acm", "eu-west-1")
        other = elsewhere.request_certificate(DomainName="example.com", ValidationMethod="DNS")["CertificateArn"]

        def record():
            options = elsewhere.describe_certificate(CertificateArn=other)["Certificate"]["DomainValidationOptions"]
            return options[0].get("ResourceRecord")

        self.assertEqual(self.until(record), first)

    @rule("acm.issued-when-validated", DNS)
    def test_certificate_is_issued_once_all_names_are_validated(self):
        arn = self.request("a.example.com", SubjectAlternativeNames=["b.example.com"])
        zone = given.zone(self, "example.com")
        for record in given.validation_records(self, arn):
            self.assertEqual(self.describe(arn)["Status"], "PENDING_VALIDATION")
            value = {"Type": "CNAME", "TTL": 60, "Name": record["Name"], "ResourceRecords": [{"Value": record["Value"]}]}
            given.change_record(self, zone, "UPSERT", value)
        self.assertEqual(self.describe(arn)["Status"], "ISSUED")

    @rule("acm.idempotency-token", f"ACM API: RequestCertificate, IdempotencyToken, {API}/API_RequestCertificate.html")
    def test_idempotency_token_returns_the_same_certificate(self):
        token = name().replace("-", "")
        self.assertEqual(self.request(IdempotencyToken=token), self.request(IdempotencyToken=token))
        self.assertNotEqual(self.request(), self.request())

    @rule("acm.list-by-status", f"ACM API: ListCertificates, CertificateStatuses, {API}/API_ListCertificates.html")
    def test_certificates_are_listed_by_status(self):
        pending, issued = self.request(), given.certificate(self, "issued.example.com")

        def listed(status: str) -> list[str]:
            found = self.aws("acm").list_certificates(CertificateStatuses=[status])["CertificateSummaryList"]
            return [certificate["CertificateArn"] for certificate in found]

        self.assertEqual((listed("PENDING_VALIDATION"), listed("ISSUED")), ([pending], [issued]))

    @rule("acm.delete-in-use", f"ACM API: DeleteCertificate, {API}/API_DeleteCertificate.html")
    def test_certificate_of_a_distribution_is_not_deleted(self):
        arn = given.certificate(self, "www.example.com")
        viewer = {"ACMCertificateArn": arn, "SSLSupportMethod": "sni-only", "MinimumProtocolVersion": "TLSv1.2_2021"}
        distribution = given.distribution(self, ViewerCertificate=viewer)
        self.assertEqual(self.describe(arn)["InUseBy"], [distribution["ARN"]])
        with self.refused("ResourceInUseException"):
            self.aws("acm").delete_certificate(CertificateArn=arn)
        given.delete_distribution(self, distribution["Id"])
        self.aws("acm").delete_certificate(CertificateArn=arn)
        with self.refused("ResourceNotFoundException"):
            self.describe(arn)
