"""Changes of CloudFront, WAF, Route 53 and ACM."""

import copy

from . import NOT_HERE, leave_out, mutates

leave_out("acm.certificate", "the names of a certificate are immutable", "domain_name", "alternative_names")


# CloudFront distributions


def change_distribution(aws, it, change) -> None:
    cloudfront = aws("cloudfront")
    answer = cloudfront.get_distribution_config(Id=it["id"])
    config = answer["DistributionConfig"]
    change(config)
    cloudfront.update_distribution(Id=it["id"], IfMatch=answer["ETag"], DistributionConfig=config)


def of_distribution(path: str):
    """Registers a change of the configuration of a distribution."""

    def register(function):
        mutates("cloudfront.distribution", path)(lambda aws, it: change_distribution(aws, it, function))
        return function

    return register


def listed(items: list) -> dict:
    return {"Quantity": len(items), "Items": items}


@of_distribution("comment")
def _(config):
    config["Comment"] = "changed"


@of_distribution("aliases")
def _(config):
    config["Aliases"] = listed(config["Aliases"]["Items"][:1])


@mutates("cloudfront.distribution", "certificate_arn")
def _(aws, it):
    """Requests another certificate for the same names. It is issued immediately, because the validation records exist."""
    name, *others = it["inputs"]["aliases"]
    request = {"DomainName": name, "SubjectAlternativeNames": others, "ValidationMethod": "DNS"}
    arn = aws("acm").request_certificate(**request)["CertificateArn"]
    change_distribution(aws, it, lambda config: config["ViewerCertificate"].update(ACMCertificateArn=arn))


@of_distribution("minimum_protocol")
def _(config):
    config["ViewerCertificate"]["MinimumProtocolVersion"] = "TLSv1"


@of_distribution("ssl_support_method")
def _(config):
    config["ViewerCertificate"]["SSLSupportMethod"] = "vip"


@of_distribution("http_version")
def _(config):
    config["HttpVersion"] = "http1.1"


@of_distribution("ipv6")
def _(config):
    config["IsIPV6Enabled"] = False


@of_distribution("price_class")
def _(config):
    config["PriceClass"] = "PriceClass_All"


@of_distribution("web_acl_arn")
def _(config):
    config["WebACLId"] = ""


@of_distribution("origin_domain")
def _(config):
    first = config["Origins"]["Items"][0]
    # Both behaviors use this origin. The path behavior keeps the domain, so that only the default behavior changes.
    config["Origins"] = listed([first, copy.deepcopy(first) | {"Id": "second"}])
    config["CacheBehaviors"]["Items"][0]["TargetOriginId"] = "second"
    first["DomainName"] = "changed.example.com"


def other_origin(config, domain: str) -> str:
    other = copy.deepcopy(config["Origins"]["Items"][0]) | {"Id": "foreign", "DomainName": domain}
    kept = [origin for origin in config["Origins"]["Items"] if origin["Id"] != "foreign"]
    config["Origins"] = listed([other, *kept])
    return other["Id"]


@of_distribution("origin_domain")
def _(config):
    config["DefaultCacheBehavior"]["TargetOriginId"] = other_origin(config, "foreign.example.com")


@of_distribution("path_behaviors")
def _(config):
    config["CacheBehaviors"]["Items"][0]["TargetOriginId"] = other_origin(config, "foreign.example.com")


def connection(config) -> dict:
    target = config["DefaultCacheBehavior"]["TargetOriginId"]
    return next(origin for origin in config["Origins"]["Items"] if origin["Id"] == target)


@of_distribution("origin_protocol_policy")
def _(config):
    connection(config)["CustomOriginConfig"]["OriginProtocolPolicy"] = "match-viewer"


@of_distribution("origin_http_port")
def _(config):
    connection(config)["CustomOriginConfig"]["HTTPPort"] = 8080


@of_distribution("origin_read_timeout_seconds")
def _(config):
    connection(config)["CustomOriginConfig"]["OriginReadTimeout"] = 30


@of_distribution("origin_keepalive_seconds")
def _(config):
    connection(config)["CustomOriginConfig"]["OriginKeepaliveTimeout"] = 5


def header(config) -> dict:
    return next(one for one in connection(config)["CustomHeaders"]["Items"] if one["HeaderName"] == "X-Origin-Verify")


@of_distribution("origin_header_name")
def _(config):
    header(config)["HeaderName"] = "X-Changed"


@of_distribution("origin_header_value")
def _(config):
    header(config)["HeaderValue"] = "changed"


@of_distribution("enabled")
def _(config):
    config["Enabled"] = False


def of_behaviors(name: str):
    """Registers a change of the default behavior, and the same change of a path behavior."""

    def register(function):
        of_distribution(f"default_behavior.{name}")(lambda config: function(config["DefaultCacheBehavior"]))
        of_distribution("path_behaviors")(lambda config: function(config["CacheBehaviors"]["Items"][0]))
        return function

    return register


@of_behaviors("viewer_protocol_policy")
def _(behavior):
    behavior["ViewerProtocolPolicy"] = "allow-all"


@of_behaviors("allowed_methods")
def _(behavior):
    behavior["AllowedMethods"] = listed(["HEAD", "GET", "OPTIONS"]) | {"CachedMethods": listed(["HEAD", "GET"])}


@of_behaviors("cached_methods")
def _(behavior):
    behavior["AllowedMethods"]["CachedMethods"] = listed(["HEAD", "GET", "OPTIONS"])


@of_behaviors("compress")
def _(behavior):
    behavior["Compress"] = False


@of_behaviors("cache_policy_id")
def _(behavior):
    behavior["CachePolicyId"] = "658327ea-f89d-4fab-a63d-7e88639e58f6"


@of_behaviors("origin_request_policy_id")
def _(behavior):
    behavior["OriginRequestPolicyId"] = "b689b0a8-53d0-40ab-baf2-68738e2966ac"


@of_behaviors("response_headers_policy_id")
def _(behavior):
    behavior["ResponseHeadersPolicyId"] = ""


def without(behavior, event: str) -> None:
    functions = behavior["LambdaFunctionAssociations"]["Items"]
    behavior["LambdaFunctionAssociations"] = listed([one for one in functions if one["EventType"] != event])


@of_behaviors("viewer_request_function_arn")
def _(behavior):
    without(behavior, "viewer-request")


@of_behaviors("origin_response_function_arn")
def _(behavior):
    without(behavior, "origin-response")


@of_distribution("path_behaviors")
def _(config):
    config["CacheBehaviors"] = {"Quantity": 0}


@of_distribution("path_behaviors")
def _(config):
    """Adds a path without an authentication function."""
    other = copy.deepcopy(config["CacheBehaviors"]["Items"][0]) | {"PathPattern": "/api/*"}
    config["CacheBehaviors"] = listed([other, *config["CacheBehaviors"]["Items"]])


# Response headers policies


def of_policy(path: str):
    def register(function):
        def mutate(aws, it):
            cloudfront = aws("cloudfront")
            answer = cloudfront.get_response_headers_policy_config(Id=it["id"])
            config = answer["ResponseHeadersPolicyConfig"]
            function(config)
            cloudfront.update_response_headers_policy(Id=it["id"], IfMatch=answer["ETag"], ResponseHeadersPolicyConfig=config)

        mutates("cloudfront.response_headers_policy", path)(mutate)
        return function

    return register


def of_cors(path: str, name: str, value) -> None:
    of_policy(path)(lambda config: config["CorsConfig"].update({name: value}))


of_policy("comment")(lambda config: config.update(Comment="changed"))
of_cors("allow_credentials", "AccessControlAllowCredentials", False)
of_cors("origins", "AccessControlAllowOrigins", listed(["https://evil.example.com"]))
of_cors("methods", "AccessControlAllowMethods", listed(["GET"]))
of_cors("request_headers", "AccessControlAllowHeaders", listed(["X-Changed"]))
of_cors("exposed_headers", "AccessControlExposeHeaders", listed(["X-Changed"]))
of_cors("max_age_seconds", "AccessControlMaxAgeSec", 1)
of_cors("override_origin", "OriginOverride", False)


# Web ACLs


FORWARDED = {
    "AggregateKeyType": "FORWARDED_IP",
    "ForwardedIPConfig": {"HeaderName": "X-Forwarded-For", "FallbackBehavior": "MATCH"},
}


def of_web_acl(path: str):
    def register(function):
        def mutate(aws, it):
            wafv2 = aws("wafv2")
            name, identity = it["id"].split("/webacl/")[1].split("/")
            which = {"Name": name, "Id": identity, "Scope": "CLOUDFRONT"}
            answer = wafv2.get_web_acl(**which)
            acl = answer["WebACL"]
            kept = ("DefaultAction", "Description", "Rules", "VisibilityConfig", "CustomResponseBodies", "CaptchaConfig")
            given = {name: acl[name] for name in kept if acl.get(name)}
            function(given)
            wafv2.update_web_acl(**which, LockToken=answer["LockToken"], **given)

        mutates("wafv2.web_acl", path)(mutate)
        return function

    return register


def rule(acl, name: str) -> dict:
    return next(rule for rule in acl["Rules"] if rule["Name"] == name)


def group(acl) -> dict:
    return rule(acl, "AWSManagedRulesCommonRuleSet")["Statement"]["ManagedRuleGroupStatement"]


def rate(acl) -> dict:
    return rule(acl, "RateLimitRule")["Statement"]["RateBasedStatement"]


ANYTHING = {"GeoMatchStatement": {"CountryCodes": ["AQ"]}}

of_web_acl("description")(lambda acl: acl.update(Description="changed"))
of_web_acl("default_action")(lambda acl: acl.update(DefaultAction={"Block": {}}))
of_web_acl("rate_limit")(lambda acl: rate(acl).update(Limit=2_000_000))
of_web_acl("rate_rule.action")(lambda acl: rule(acl, "RateLimitRule").update(Action={"Count": {}}))
of_web_acl("rate_rule.window_seconds")(lambda acl: rate(acl).update(EvaluationWindowSec=60))
of_web_acl("rate_rule.key")(lambda acl: rate(acl).update(FORWARDED))
of_web_acl("rate_rule.scoped_down")(lambda acl: rate(acl).update(ScopeDownStatement=ANYTHING))
of_web_acl("managed_rule_groups")(lambda acl: group(acl).update(ScopeDownStatement=ANYTHING))
of_web_acl("managed_rule_groups")(lambda acl: group(acl).update(Version="Version_1.0"))
of_web_acl("managed_rule_groups")(lambda acl: group(acl).pop("RuleActionOverrides"))
of_web_acl("managed_rule_groups")(
    lambda acl: group(acl)["RuleActionOverrides"].append({"Name": "NoUserAgent_HEADER", "ActionToUse": {"Allow": {}}})
)
of_web_acl("managed_rule_groups")(
    lambda acl: rule(acl, "AWSManagedRulesCommonRuleSet").update(OverrideAction={"Count": {}})
)
of_web_acl("managed_rule_groups")(lambda acl: acl["Rules"].remove(rule(acl, "AWSManagedRulesKnownBadInputsRuleSet")))
of_web_acl("metric_prefix")(lambda acl: acl["VisibilityConfig"].update(MetricName="changed"))
of_web_acl("metric_prefix")(
    lambda acl: rule(acl, "RateLimitRule")["VisibilityConfig"].update(MetricName="changed-RateLimitRule")
)
of_web_acl("monitored")(lambda acl: acl["VisibilityConfig"].update(SampledRequestsEnabled=False))
of_web_acl("monitored")(
    lambda acl: rule(acl, "RateLimitRule")["VisibilityConfig"].update(CloudWatchMetricsEnabled=False)
)


# Route 53


def change_record(aws, it, change) -> object:
    route53 = aws("route53")
    zone, kind, name = it["id"].split(":", 2)
    found = route53.list_resource_record_sets(HostedZoneId=zone, StartRecordName=name, StartRecordType=kind, MaxItems="1")
    record = found["ResourceRecordSets"][0]
    if change(record) == NOT_HERE:
        return NOT_HERE
    changes = [{"Action": "UPSERT", "ResourceRecordSet": record}]
    route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes})
    return None


def of_record(path: str, section: str):
    def register(function):
        def change(record):
            return function(record) if section in record else NOT_HERE

        mutates("route53.record", path)(lambda aws, it: change_record(aws, it, change))
        return function

    return register


of_record("ttl_seconds", "ResourceRecords")(lambda record: record.update(TTL=5))
of_record("values", "ResourceRecords")(lambda record: record.update(ResourceRecords=[{"Value": "changed.example.com"}]))
of_record("alias.dns_name", "AliasTarget")(lambda record: record["AliasTarget"].update(DNSName="changed.example.com."))
of_record("alias.zone_id", "AliasTarget")(lambda record: record["AliasTarget"].update(HostedZoneId="Z2FDTNDATAQYW9"))
of_record("alias.evaluate_target_health", "AliasTarget")(
    lambda record: record["AliasTarget"].update(EvaluateTargetHealth=True)
)
