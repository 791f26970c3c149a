"""ACM: certificates with DNS validation. ACM issues a certificate once its validation records are in a hosted zone, and does not
delete a certificate that a distribution uses."""

import hashlib
import time
import uuid
from datetime import UTC, datetime

from localstack.aws.api import handler
from localstack.services.acm.provider import AcmProvider
from moto.route53.models import route53_backends

from . import cloudfront
from .errors import refuse
from .settings import PENDING_SECONDS

STORES: dict[tuple, dict[str, dict]] = {}


def store_of(context) -> dict[str, dict]:
    return STORES.setdefault((context.account_id, context.region), {})


def certificate_of(context, arn: str) -> dict:
    certificate = store_of(context).get(arn)
    if certificate is None:
        # Rule: acm.missing-certificate
        raise refuse("ResourceNotFoundException", f"Could not find certificate {arn}.")
    return certificate


def record(context, domain: str) -> dict:
    """Returns the validation record of a name. A wildcard shares the record of its base name, and regions share records."""
    # Rule: acm.shared-validation-record
    name = domain.removeprefix("*.")
    digest = hashlib.sha256(f"{context.account_id}{name}".encode()).hexdigest()
    return {"Name": f"_{digest[:32]}.{name}.", "Type": "CNAME", "Value": f"_{digest[32:]}.acm-validations.aws."}


def present(account: str) -> set[tuple[str, str]]:
    found = set()
    for backend in route53_backends[account].values():
        for zone in backend.zones.values():
            for rrset in zone.rrsets:
                for value in getattr(rrset, "records", None) or []:
                    found.add((rrset.name.rstrip("."), str(value).rstrip(".")))
    return found


def shown(context, certificate: dict) -> dict:
    # Rule: acm.validation-record-delay
    young = time.monotonic() - certificate["when"] < PENDING_SECONDS
    names = [certificate["DomainName"], *certificate["others"]]
    options, proven = [], set()
    there = present(context.account_id)
    for name in names:
        wanted = record(context, name)
        if certificate["issued"] or (wanted["Name"].rstrip("."), wanted["Value"].rstrip(".")) in there:
            proven.add(name)
        option = {
            "DomainName": name,
            "ValidationDomain": name,
            "ValidationMethod": "DNS",
            "ValidationStatus": "SUCCESS" if name in proven else "PENDING_VALIDATION",
        }
        options.append(option if young else option | {"ResourceRecord": wanted})
    # Rule: acm.issued-when-validated
    if proven == set(names) and not certificate["issued"]:
        certificate["issued"] = datetime.now(UTC)
    described = {
        "CertificateArn": certificate["CertificateArn"],
        "DomainName": certificate["DomainName"],
        "SubjectAlternativeNames": names,
        "DomainValidationOptions": options,
        "Status": "ISSUED" if certificate["issued"] else "PENDING_VALIDATION",
        "Type": "AMAZON_ISSUED",
        "KeyAlgorithm": "RSA-2048",
        "CreatedAt": certificate["created"],
        "InUseBy": cloudfront.users_of(certificate["CertificateArn"]),
    }
    return described | ({"IssuedAt": certificate["issued"]} if certificate["issued"] else {})


@handler("RequestCertificate", expand=False)
def request_certificate(self, context, request):
    store, token = store_of(context), request.get("IdempotencyToken")
    # Rule: acm.idempotency-token
    for certificate in store.values():
        if token and certificate["token"] == token:
            return {"CertificateArn": certificate["CertificateArn"]}
    if request.get("ValidationMethod") != "DNS":
        # Limit: no validation by email.
        raise refuse("InvalidParameterException", "The plug-in supports only DNS validation.")
    arn = f"arn:{context.partition}:acm:{context.region}:{context.account_id}:certificate/{uuid.uuid4()}"
    others = [name for name in request.get("SubjectAlternativeNames") or [] if name != request["DomainName"]]
    store[arn] = {
        "CertificateArn": arn,
        "DomainName": request["DomainName"],
        "others": others,
        "token": token,
        "issued": None,
        "created": datetime.now(UTC),
        "when": time.monotonic(),
        "tags": {tag["Key"]: tag.get("Value", "") for tag in request.get("Tags") or []},
    }
    return {"CertificateArn": arn}


@handler("DescribeCertificate", expand=False)
def describe_certificate(self, context, request):
    return {"Certificate": shown(context, certificate_of(context, request["CertificateArn"]))}


@handler("ListCertificates", expand=False)
def list_certificates(self, context, request):
    listed = [shown(context, certificate) for certificate in store_of(context).values()]
    # Rule: acm.list-by-status
    statuses = request.get("CertificateStatuses")
    names = ("CertificateArn", "DomainName", "Status", "Type", "CreatedAt")
    return {
        "CertificateSummaryList": [
            {name: certificate[name] for name in names} for certificate in listed if not statuses or certificate["Status"] in statuses
        ]
    }


@handler("DeleteCertificate", expand=False)
def delete_certificate(self, context, request):
    arn = certificate_of(context, request["CertificateArn"])["CertificateArn"]
    # Rule: acm.delete-in-use
    if cloudfront.users_of(arn):
        raise refuse("ResourceInUseException", f"Certificate {arn} is in use.")
    del store_of(context)[arn]


@handler("ListTagsForCertificate", expand=False)
def list_tags_for_certificate(self, context, request):
    tags = certificate_of(context, request["CertificateArn"])["tags"]
    return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}


@handler("AddTagsToCertificate", expand=False)
def add_tags_to_certificate(self, context, request):
    tags = certificate_of(context, request["CertificateArn"])["tags"]
    tags.update({tag["Key"]: tag.get("Value", "") for tag in request["Tags"]})


@handler("RemoveTagsFromCertificate", expand=False)
def remove_tags_from_certificate(self, context, request):
    tags = certificate_of(context, request["CertificateArn"])["tags"]
    for tag in request["Tags"]:
        tags.pop(tag["Key"], None)


def install() -> None:
    for operation in (
        request_certificate,
        describe_certificate,
        list_certificates,
        delete_certificate,
        list_tags_for_certificate,
        add_tags_to_certificate,
        remove_tags_from_certificate,
    ):
        setattr(AcmProvider, operation.__name__, operation)
