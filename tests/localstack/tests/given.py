"""Resources that several tests need."""

import io
import json
import zipfile

from support import Test, name


def zone(test: Test, domain: str) -> str:
    """Creates a hosted zone and returns its ID."""
    created = test.aws("route53").create_hosted_zone(Name=domain, CallerReference=name())
    return created["HostedZone"]["Id"].rsplit("/", 1)[-1]


def change_record(test: Test, zone_id: str, action: str, record: dict) -> str:
    """Changes a record and returns the ID of the change."""
    changes = [{"Action": action, "ResourceRecordSet": record}]
    answer = test.aws("route53").change_resource_record_sets(HostedZoneId=zone_id, ChangeBatch={"Changes": changes})
    return answer["ChangeInfo"]["Id"]


def validation_records(test: Test, certificate: str) -> list[dict]:
    """Waits for the validation records of a certificate."""

    def ready():
        options = test.aws("acm", "us-east-1").describe_certificate(CertificateArn=certificate)["Certificate"][
            "DomainValidationOptions"
        ]
        return all("ResourceRecord" in option for option in options) and options

    return [option["ResourceRecord"] for option in test.until(ready)]


def certificate(test: Test, domain: str, *others: str) -> str:
    """Creates an issued certificate in us-east-1, with a hosted zone for its domain."""
    acm = test.aws("acm", "us-east-1")
    request = {"DomainName": domain, "ValidationMethod": "DNS"}
    if others:
        request["SubjectAlternativeNames"] = list(others)
    arn = acm.request_certificate(**request)["CertificateArn"]
    zone_id = zone(test, domain.removeprefix("*."))
    for record in validation_records(test, arn):
        value = {"Name": record["Name"], "Type": "CNAME", "TTL": 60, "ResourceRecords": [{"Value": record["Value"]}]}
        change_record(test, zone_id, "UPSERT", value)
    test.until(lambda: acm.describe_certificate(CertificateArn=arn)["Certificate"]["Status"] == "ISSUED")
    return arn


def distribution_config(**changes) -> dict:
    """Returns a minimal configuration of a distribution."""
    origin = {
        "Id": "origin",
        "DomainName": "origin.example.com",
        "CustomOriginConfig": {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "http-only"},
    }
    return {
        "CallerReference": name(),
        "Comment": "",
        "Enabled": True,
        "Origins": {"Quantity": 1, "Items": [origin]},
        "DefaultCacheBehavior": {
            "TargetOriginId": "origin",
            "ViewerProtocolPolicy": "redirect-to-https",
            "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
        },
        **changes,
    }


def behavior(**changes) -> dict:
    """Returns a default cache behavior with changes."""
    return distribution_config()["DefaultCacheBehavior"] | changes


def listed(*items) -> dict:
    """Returns a list of CloudFront."""
    return {"Quantity": len(items), "Items": list(items)}


def distribution(test: Test, **changes) -> dict:
    """Creates a distribution and returns its description and ETag."""
    created = test.aws("cloudfront").create_distribution(DistributionConfig=distribution_config(**changes))
    return created["Distribution"] | {"ETag": created["ETag"]}


def delete_distribution(test: Test, distribution_id: str) -> None:
    """Disables and deletes a distribution."""
    cloudfront = test.aws("cloudfront")
    answer = cloudfront.get_distribution_config(Id=distribution_id)
    config = answer["DistributionConfig"] | {"Enabled": False}
    cloudfront.update_distribution(Id=distribution_id, IfMatch=answer["ETag"], DistributionConfig=config)
    deployed(test, distribution_id)
    etag = cloudfront.get_distribution(Id=distribution_id)["ETag"]
    cloudfront.delete_distribution(Id=distribution_id, IfMatch=etag)


def deployed(test: Test, distribution_id: str) -> None:
    cloudfront = test.aws("cloudfront")
    test.until(lambda: cloudfront.get_distribution(Id=distribution_id)["Distribution"]["Status"] == "Deployed")


def role(test: Test, service: str = "lambda.amazonaws.com") -> str:
    """Creates a role and returns its ARN."""
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    return test.aws("iam").create_role(RoleName=name(), AssumeRolePolicyDocument=document)["Role"]["Arn"]


def code(text: str = "export const handler = async () => 1;") -> bytes:
    """Returns a package of a function."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("index.mjs", text)
    return buffer.getvalue()


def vpc(test: Test) -> str:
    return test.aws("ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]


def subnets(test: Test, vpc_id: str) -> list[str]:
    """Creates a subnet in each of two zones."""
    create = test.aws("ec2").create_subnet
    zones = [f"{test.region}a", f"{test.region}b"]
    created = [create(VpcId=vpc_id, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=zone) for n, zone in enumerate(zones)]
    return [answer["Subnet"]["SubnetId"] for answer in created]


def security_group(test: Test, vpc_id: str) -> str:
    created = test.aws("ec2").create_security_group(GroupName=name(), Description="test", VpcId=vpc_id)
    return created["GroupId"]
