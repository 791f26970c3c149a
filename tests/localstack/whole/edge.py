"""CloudFront and WAF."""

from .fill import Added, Each, LeftOut, Ours

IDENTITY = LeftOut("the identity")
SORT = LeftOut("an origin has one of three configurations")
UNREACHABLE = LeftOut("AWS refuses it beside a cache policy")
NOT_IN_SDK = LeftOut("the SDK that Cargo.lock pins does not have it: an update resets it")
FIXED = LeftOut("AWS never changes it")
DEPRECATED = LeftOut("deprecated: AWS copies it from the member that has replaced it")


def read_distribution(aws, identity: str) -> dict:
    answer = aws.get_distribution_config(Id=identity)
    return {"Id": identity, "IfMatch": answer["ETag"], "DistributionConfig": answer["DistributionConfig"]}


def read_policy(aws, identity: str) -> dict:
    answer = aws.get_response_headers_policy_config(Id=identity)
    config = answer["ResponseHeadersPolicyConfig"]
    return {"Id": identity, "IfMatch": answer["ETag"], "ResponseHeadersPolicyConfig": config}


def read_web_acl(aws, identity: str) -> dict:
    name, number = identity.split("/webacl/")[1].split("/")
    which = {"Name": name, "Id": number, "Scope": "CLOUDFRONT"}
    answer = aws.get_web_acl(**which)
    taken = set(aws.meta.service_model.operation_model("UpdateWebACL").input_shape.members)
    acl = {name: value for name, value in answer["WebACL"].items() if name in taken}
    return acl | which | {"LockToken": answer["LockToken"]}


def behavior(path: str) -> dict:
    return {
        f"{path}.TargetOriginId": Ours("origin_domain"),
        f"{path}.ViewerProtocolPolicy": Ours("viewer_protocol_policy"),
        f"{path}.AllowedMethods.Quantity": Ours("allowed_methods"),
        f"{path}.AllowedMethods.Items": Ours("allowed_methods"),
        f"{path}.AllowedMethods.CachedMethods.Quantity": Ours("cached_methods"),
        f"{path}.AllowedMethods.CachedMethods.Items": Ours("cached_methods"),
        f"{path}.Compress": Ours("compress"),
        f"{path}.CachePolicyId": Ours("cache_policy_id"),
        f"{path}.OriginRequestPolicyId": Ours("origin_request_policy_id"),
        f"{path}.ResponseHeadersPolicyId": Ours("response_headers_policy_id"),
        f"{path}.LambdaFunctionAssociations.Items[].LambdaFunctionARN": Ours("viewer_request_function_arn"),
        f"{path}.LambdaFunctionAssociations.Items[].EventType": Ours("viewer_request_function_arn"),
        f"{path}.LambdaFunctionAssociations.Items": Added([{"EventType": "origin-request"}]),
        f"{path}.LambdaFunctionAssociations.Items[+].LambdaFunctionARN": "arn:aws:lambda:us-east-1:123456789012:function:filled:1",
        f"{path}.FunctionAssociations.Items[+].FunctionARN": "arn:aws:cloudfront::123456789012:function/filled",
        f"{path}.FunctionAssociations.Items[+].EventType": "viewer-response",
        f"{path}.ForwardedValues": UNREACHABLE,
        f"{path}.MinTTL": UNREACHABLE,
        f"{path}.DefaultTTL": UNREACHABLE,
        f"{path}.MaxTTL": UNREACHABLE,
    }


CONFIG = "DistributionConfig"
ORIGIN = f"{CONFIG}.Origins.Items[]"

DISTRIBUTION = {
    "Id": IDENTITY,
    "IfMatch": IDENTITY,
    f"{CONFIG}.CallerReference": FIXED,
    f"{CONFIG}.Aliases": Ours("aliases"),
    f"{CONFIG}.Comment": Ours("comment"),
    f"{CONFIG}.PriceClass": Ours("price_class"),
    f"{CONFIG}.Enabled": Ours("enabled"),
    f"{CONFIG}.WebACLId": Ours("web_acl_arn"),
    f"{CONFIG}.HttpVersion": Ours("http_version"),
    f"{CONFIG}.IsIPV6Enabled": Ours("ipv6"),
    f"{CONFIG}.ViewerCertificate.ACMCertificateArn": Ours("certificate_arn"),
    f"{CONFIG}.ViewerCertificate.SSLSupportMethod": Ours("ssl_support_method"),
    f"{CONFIG}.ViewerCertificate.MinimumProtocolVersion": Ours("minimum_protocol"),
    f"{CONFIG}.ViewerCertificate.CloudFrontDefaultCertificate": LeftOut("a distribution has one certificate"),
    f"{CONFIG}.ViewerCertificate.IAMCertificateId": LeftOut("a distribution has one certificate"),
    f"{CONFIG}.ViewerCertificate.Certificate": DEPRECATED,
    f"{CONFIG}.ViewerCertificate.CertificateSource": DEPRECATED,
    "*.CustomOriginConfig.OriginHttpVersion": NOT_IN_SDK,
    f"{ORIGIN}.Id": IDENTITY,
    f"{ORIGIN}.DomainName": Ours("origin_domain"),
    f"{ORIGIN}.CustomHeaders.Items[]": Ours("origin_header_name"),
    f"{ORIGIN}.S3OriginConfig": SORT,
    f"{ORIGIN}.VpcOriginConfig": SORT,
    f"{ORIGIN}.CustomOriginConfig.HTTPPort": Ours("origin_http_port"),
    f"{ORIGIN}.CustomOriginConfig.OriginProtocolPolicy": Ours("origin_protocol_policy"),
    f"{ORIGIN}.CustomOriginConfig.OriginReadTimeout": Ours("origin_read_timeout_seconds"),
    f"{ORIGIN}.CustomOriginConfig.OriginKeepaliveTimeout": Ours("origin_keepalive_seconds"),
    f"{CONFIG}.Origins.Items[+].S3OriginConfig": SORT,
    f"{CONFIG}.Origins.Items[+].VpcOriginConfig": SORT,
    f"{CONFIG}.OriginGroups.Items[+].Members.Items": [{"OriginId": "load-balancer"}, {"OriginId": "filled"}],
    f"{CONFIG}.OriginGroups.Items[+].FailoverCriteria.StatusCodes.Items": [500, 502],
    **behavior(f"{CONFIG}.DefaultCacheBehavior"),
    **behavior(f"{CONFIG}.CacheBehaviors.Items[]"),
    f"{CONFIG}.CacheBehaviors.Items[].PathPattern": Ours("path_behaviors"),
    # All of them are an input: one that somebody adds is drift.
    f"{CONFIG}.CacheBehaviors.Items": Added([]),
    f"{CONFIG}.CustomErrorResponses.Items[+].ErrorCode": 404,
    f"{CONFIG}.CustomErrorResponses.Items[+].ResponseCode": "200",
    f"{CONFIG}.Restrictions.GeoRestriction.RestrictionType": "blacklist",
    f"{CONFIG}.Restrictions.GeoRestriction.Items": ["AQ"],
    f"{CONFIG}.Staging": FIXED,
    f"{CONFIG}.ConnectionMode": "direct",
    f"{CONFIG}.TenantConfig": LeftOut("only of a distribution for tenants, which has no aliases"),
}

CORS = "ResponseHeadersPolicyConfig.CorsConfig"

POLICY = {
    "Id": IDENTITY,
    "IfMatch": IDENTITY,
    "ResponseHeadersPolicyConfig.Name": Ours("policy_name"),
    "ResponseHeadersPolicyConfig.Comment": Ours("comment"),
    f"{CORS}.AccessControlAllowOrigins": Ours("origins"),
    f"{CORS}.AccessControlAllowHeaders": Ours("request_headers"),
    f"{CORS}.AccessControlAllowMethods": Ours("methods"),
    f"{CORS}.AccessControlAllowCredentials": Ours("allow_credentials"),
    f"{CORS}.AccessControlExposeHeaders": Ours("exposed_headers"),
    f"{CORS}.AccessControlMaxAgeSec": Ours("max_age_seconds"),
    f"{CORS}.OriginOverride": Ours("override_origin"),
}

UNIONS = ("Statement", "FieldToMatch", "RuleAction", "OverrideAction", "DefaultAction", "RateBasedStatementCustomKey")
GEO = {"GeoMatchStatement": {"CountryCodes": ["AQ"]}}
GROUP = "Rules[].Statement.ManagedRuleGroupStatement"
RATE = "Rules[].Statement.RateBasedStatement"

WEB_ACL = {
    "Name": IDENTITY,
    "Scope": IDENTITY,
    "Id": IDENTITY,
    "LockToken": IDENTITY,
    "Description": Ours("description"),
    "VisibilityConfig": Ours("metric_prefix"),
    "AnalyticsConfig": NOT_IN_SDK,
    "Rules": Each("Statement"),
    # Its default is true, and the SDK leaves a default out.
    "*.EnableMachineLearning": False,
    "MonetizationConfig.ConnectedAccountConfigs": NOT_IN_SDK,
    "*.AWSManagedRulesAISecurityRuleSet": NOT_IN_SDK,
    "Rules[].Name": Ours("managed_rule_groups"),
    "Rules[].Priority": Ours("managed_rule_groups"),
    "Rules[].OverrideAction": Ours("managed_rule_groups"),
    "Rules[].VisibilityConfig": Ours("metric_prefix"),
    f"{GROUP}.VendorName": Ours("managed_rule_groups"),
    f"{GROUP}.Name": Ours("managed_rule_groups"),
    f"{GROUP}.Version": Ours("managed_rule_groups"),
    f"{GROUP}.RuleActionOverrides": Ours("managed_rule_groups"),
    f"{GROUP}.ScopeDownStatement": Ours("managed_rule_groups"),
    f"{GROUP}.ExcludedRules": LeftOut("RuleActionOverrides has replaced it, and is an input"),
    f"{RATE}.Limit": Ours("rate_limit"),
    f"{RATE}.EvaluationWindowSec": Ours("rate_rule"),
    f"{RATE}.AggregateKeyType": Ours("rate_rule"),
    f"{RATE}.ScopeDownStatement": Ours("rate_rule"),
    f"{RATE}.CustomKeys": LeftOut("only with the key CUSTOM_KEYS, which is an input"),
    f"{RATE}.ForwardedIPConfig": LeftOut("only with the key FORWARDED_IP, which is an input"),
    "Rules[+].Statement.*.ScopeDownStatement": GEO,
    "Rules[+].Statement.NotStatement.Statement": GEO,
    "Rules[+].Statement.AndStatement.Statements": [GEO, GEO],
    "Rules[+].Statement.OrStatement.Statements": [GEO, GEO],
}


def finish_web_acl(filled: dict) -> dict:
    """A rule of a group overrides its actions; any other has one."""
    for rule in filled["Rules"]:
        is_group = {"ManagedRuleGroupStatement", "RuleGroupReferenceStatement"} & set(rule["Statement"])
        rule.pop("Action" if is_group else "OverrideAction", None)
    return filled
