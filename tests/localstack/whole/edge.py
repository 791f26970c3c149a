"""CloudFront and WAF."""

from .fill import Added, Each, Excluded, Input

IDENTITY = Excluded("the identity")
SORT = Excluded("an origin has only one of three configurations")
UNREACHABLE = Excluded("not allowed with a cache policy")
NOT_IN_SDK = Excluded("missing in the SDK version of Cargo.lock; an update resets it")
FIXED = Excluded("immutable")
DEPRECATED = Excluded("deprecated; AWS copies the value of the newer member")


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
        f"{path}.TargetOriginId": Input("origin_domain"),
        f"{path}.ViewerProtocolPolicy": Input("viewer_protocol_policy"),
        f"{path}.AllowedMethods.Quantity": Input("allowed_methods"),
        f"{path}.AllowedMethods.Items": Input("allowed_methods"),
        f"{path}.AllowedMethods.CachedMethods.Quantity": Input("cached_methods"),
        f"{path}.AllowedMethods.CachedMethods.Items": Input("cached_methods"),
        f"{path}.Compress": Input("compress"),
        f"{path}.CachePolicyId": Input("cache_policy_id"),
        f"{path}.OriginRequestPolicyId": Input("origin_request_policy_id"),
        f"{path}.ResponseHeadersPolicyId": Input("response_headers_policy_id"),
        f"{path}.LambdaFunctionAssociations.Items[].LambdaFunctionARN": Input("viewer_request_function_arn"),
        f"{path}.LambdaFunctionAssociations.Items[].EventType": Input("viewer_request_function_arn"),
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
    f"{CONFIG}.Aliases": Input("aliases"),
    f"{CONFIG}.Comment": Input("comment"),
    f"{CONFIG}.PriceClass": Input("price_class"),
    f"{CONFIG}.Enabled": Input("enabled"),
    f"{CONFIG}.WebACLId": Input("web_acl_arn"),
    f"{CONFIG}.HttpVersion": Input("http_version"),
    f"{CONFIG}.IsIPV6Enabled": Input("ipv6"),
    f"{CONFIG}.ViewerCertificate.ACMCertificateArn": Input("certificate_arn"),
    f"{CONFIG}.ViewerCertificate.SSLSupportMethod": Input("ssl_support_method"),
    f"{CONFIG}.ViewerCertificate.MinimumProtocolVersion": Input("minimum_protocol"),
    f"{CONFIG}.ViewerCertificate.CloudFrontDefaultCertificate": Excluded("a distribution has one certificate"),
    f"{CONFIG}.ViewerCertificate.IAMCertificateId": Excluded("a distribution has one certificate"),
    f"{CONFIG}.ViewerCertificate.Certificate": DEPRECATED,
    f"{CONFIG}.ViewerCertificate.CertificateSource": DEPRECATED,
    "*.CustomOriginConfig.OriginHttpVersion": NOT_IN_SDK,
    f"{ORIGIN}.Id": IDENTITY,
    f"{ORIGIN}.DomainName": Input("origin_domain"),
    f"{ORIGIN}.CustomHeaders.Items[]": Input("origin_header_name"),
    f"{ORIGIN}.S3OriginConfig": SORT,
    f"{ORIGIN}.VpcOriginConfig": SORT,
    f"{ORIGIN}.CustomOriginConfig.HTTPPort": Input("origin_http_port"),
    f"{ORIGIN}.CustomOriginConfig.OriginProtocolPolicy": Input("origin_protocol_policy"),
    f"{ORIGIN}.CustomOriginConfig.OriginReadTimeout": Input("origin_read_timeout_seconds"),
    f"{ORIGIN}.CustomOriginConfig.OriginKeepaliveTimeout": Input("origin_keepalive_seconds"),
    f"{CONFIG}.Origins.Items[+].S3OriginConfig": SORT,
    f"{CONFIG}.Origins.Items[+].VpcOriginConfig": SORT,
    f"{CONFIG}.OriginGroups.Items[+].Members.Items": [{"OriginId": "load-balancer"}, {"OriginId": "filled"}],
    f"{CONFIG}.OriginGroups.Items[+].FailoverCriteria.StatusCodes.Items": [500, 502],
    **behavior(f"{CONFIG}.DefaultCacheBehavior"),
    **behavior(f"{CONFIG}.CacheBehaviors.Items[]"),
    f"{CONFIG}.CacheBehaviors.Items[].PathPattern": Input("path_behaviors"),
    # The whole list is an input, so an added item is drift.
    f"{CONFIG}.CacheBehaviors.Items": Added([]),
    f"{CONFIG}.CustomErrorResponses.Items[+].ErrorCode": 404,
    f"{CONFIG}.CustomErrorResponses.Items[+].ResponseCode": "200",
    f"{CONFIG}.Restrictions.GeoRestriction.RestrictionType": "blacklist",
    f"{CONFIG}.Restrictions.GeoRestriction.Items": ["AQ"],
    f"{CONFIG}.Staging": FIXED,
    f"{CONFIG}.ConnectionMode": "direct",
    f"{CONFIG}.TenantConfig": Excluded("only for multi-tenant distributions, which have no aliases"),
}

CORS = "ResponseHeadersPolicyConfig.CorsConfig"

POLICY = {
    "Id": IDENTITY,
    "IfMatch": IDENTITY,
    "ResponseHeadersPolicyConfig.Name": Input("policy_name"),
    "ResponseHeadersPolicyConfig.Comment": Input("comment"),
    f"{CORS}.AccessControlAllowOrigins": Input("origins"),
    f"{CORS}.AccessControlAllowHeaders": Input("request_headers"),
    f"{CORS}.AccessControlAllowMethods": Input("methods"),
    f"{CORS}.AccessControlAllowCredentials": Input("allow_credentials"),
    f"{CORS}.AccessControlExposeHeaders": Input("exposed_headers"),
    f"{CORS}.AccessControlMaxAgeSec": Input("max_age_seconds"),
    f"{CORS}.OriginOverride": Input("override_origin"),
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
    "Description": Input("description"),
    "VisibilityConfig": Input("metric_prefix"),
    "AnalyticsConfig": NOT_IN_SDK,
    "Rules": Each("Statement"),
    # The default is true, and the SDK omits defaults.
    "*.EnableMachineLearning": False,
    "MonetizationConfig.ConnectedAccountConfigs": NOT_IN_SDK,
    "*.AWSManagedRulesAISecurityRuleSet": NOT_IN_SDK,
    "Rules[].Name": Input("managed_rule_groups"),
    "Rules[].Priority": Input("managed_rule_groups"),
    "Rules[].OverrideAction": Input("managed_rule_groups"),
    "Rules[].VisibilityConfig": Input("metric_prefix"),
    f"{GROUP}.VendorName": Input("managed_rule_groups"),
    f"{GROUP}.Name": Input("managed_rule_groups"),
    f"{GROUP}.Version": Input("managed_rule_groups"),
    f"{GROUP}.RuleActionOverrides": Input("managed_rule_groups"),
    f"{GROUP}.ScopeDownStatement": Input("managed_rule_groups"),
    f"{GROUP}.ExcludedRules": Excluded("superseded by RuleActionOverrides, which is an input"),
    f"{RATE}.Limit": Input("rate_limit"),
    f"{RATE}.EvaluationWindowSec": Input("rate_rule"),
    f"{RATE}.AggregateKeyType": Input("rate_rule"),
    f"{RATE}.ScopeDownStatement": Input("rate_rule"),
    f"{RATE}.CustomKeys": Excluded("only with the key CUSTOM_KEYS, which is an input"),
    f"{RATE}.ForwardedIPConfig": Excluded("only with the key FORWARDED_IP, which is an input"),
    "Rules[+].Statement.*.ScopeDownStatement": GEO,
    "Rules[+].Statement.NotStatement.Statement": GEO,
    "Rules[+].Statement.AndStatement.Statements": [GEO, GEO],
    "Rules[+].Statement.OrStatement.Statements": [GEO, GEO],
}


def finish_web_acl(filled: dict) -> dict:
    """Removes the action of rule groups, and the override of other rules."""
    for rule in filled["Rules"]:
        is_group = {"ManagedRuleGroupStatement", "RuleGroupReferenceStatement"} & set(rule["Statement"])
        rule.pop("Action" if is_group else "OverrideAction", None)
    return filled
