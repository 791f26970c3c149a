//! Values of the stack of a domain.

use serde_json::json;

use super::platform::{by, holds};
use super::{Deployment, sorted};

pub(super) fn certificate_and_records(d: &Deployment) {
    let found = d.edge("acm", "describe_certificate", json!({ "CertificateArn": d.id("edge/certificate") }));
    let expected = json!({ "DomainName": "openhands.example.com", "Status": "ISSUED", "Type": "AMAZON_ISSUED" });
    holds("certificate", &found["Certificate"], &expected);
    let names = sorted(&found["Certificate"]["SubjectAlternativeNames"]);
    assert_eq!(names, ["*.runtime.openhands.example.com", "openhands.example.com"]);
    let zone = json!({ "HostedZoneId": d.account.fixture("hosted_zone_id") });
    let records = d.call("route53", "list_resource_record_sets", zone)["ResourceRecordSets"].clone();
    let records = records.as_array().unwrap();
    let target = format!("{}.", d.attribute("edge/distribution", "domain_name"));
    for name in ["openhands.example.com.", "*.runtime.openhands.example.com."] {
        for kind in ["A", "AAAA"] {
            let record = records
                .iter()
                .find(|r| r["Type"] == kind && r["Name"].as_str().is_some_and(|n| n.replace("\\052", "*") == name));
            let record = record.unwrap_or_else(|| panic!("{kind} {name} in {records:#?}"));
            assert_eq!(record["AliasTarget"]["HostedZoneId"], "Z2FDTNDATAQYW2");
            let found = record["AliasTarget"]["DNSName"].as_str().unwrap();
            assert_eq!(found.trim_end_matches('.'), target.trim_end_matches('.'));
        }
    }
    for option in found["Certificate"]["DomainValidationOptions"].as_array().unwrap() {
        let wanted = &option["ResourceRecord"];
        let record = records.iter().find(|record| record["Name"] == wanted["Name"]).unwrap();
        holds("validation", record, &json!({ "Type": "CNAME", "ResourceRecords": [{ "Value": wanted["Value"] }] }));
    }
}

pub(super) fn functions_at_the_edge(d: &Deployment) {
    for function in ["auth-function", "headers-function"] {
        let name = d.id(&format!("edge/{function}"));
        let found = d.edge("lambda", "get_function", json!({ "FunctionName": name }));
        let expected = json!({
            "Runtime": "nodejs24.x",
            "MemorySize": 128,
            "Timeout": 5,
            "Architectures": ["x86_64"],
            "Role": d.attribute(&format!("edge/{function}-role"), "arn"),
        });
        holds(function, &found["Configuration"], &expected);
        assert!(found["Configuration"]["Environment"]["Variables"].as_object().is_none_or(serde_json::Map::is_empty));
        let role = json!({ "RoleName": d.id(&format!("edge/{function}-role")) });
        let role = d.call("iam", "get_role", role)["Role"]["AssumeRolePolicyDocument"].clone();
        let services = sorted(&role["Statement"][0]["Principal"]["Service"]);
        assert_eq!(services, ["edgelambda.amazonaws.com", "lambda.amazonaws.com"]);
        let logs = json!({ "logGroupNamePrefix": format!("/aws/lambda/us-east-1.{name}") });
        let logs = d.edge("logs", "describe_log_groups", logs)["logGroups"].clone();
        holds("logs", &logs, &json!([{ "retentionInDays": 731 }]));
    }
}

pub(super) fn web_acl(d: &Deployment) {
    let list = d.edge("wafv2", "list_web_acls", json!({ "Scope": "CLOUDFRONT" }))["WebACLs"].clone();
    assert_eq!(list.as_array().unwrap().len(), 1);
    let acl = json!({ "Name": list[0]["Name"], "Id": list[0]["Id"], "Scope": "CLOUDFRONT" });
    let found = &d.edge("wafv2", "get_web_acl", acl)["WebACL"];
    let seen = json!({ "SampledRequestsEnabled": true, "CloudWatchMetricsEnabled": true });
    let managed = |name: &str, priority: u32| {
        json!({
            "Priority": priority,
            "OverrideAction": { "None": {} },
            "VisibilityConfig": seen,
            "Statement": { "ManagedRuleGroupStatement": { "VendorName": "AWS", "Name": name } },
        })
    };
    let rate = json!({
        "Name": "RateLimitRule",
        "Action": { "Block": {} },
        "VisibilityConfig": seen,
        "Statement": { "RateBasedStatement": { "Limit": 50000, "AggregateKeyType": "IP" } },
    });
    let rules = by("Priority", &found["Rules"]);
    let expected =
        json!([managed("AWSManagedRulesCommonRuleSet", 1), managed("AWSManagedRulesKnownBadInputsRuleSet", 2), rate,]);
    holds("rules", &rules, &expected);
    let overrides = &rules[0]["Statement"]["ManagedRuleGroupStatement"]["RuleActionOverrides"];
    holds("overrides", overrides, &json!([{ "Name": "SizeRestrictions_BODY", "ActionToUse": { "Count": {} } }]));
    holds("acl", found, &json!({ "DefaultAction": { "Allow": {} }, "VisibilityConfig": seen }));
}

pub(super) fn distribution(d: &Deployment) {
    let policies = d.edge("cloudfront", "list_response_headers_policies", json!({ "Type": "custom" }));
    let policies = &policies["ResponseHeadersPolicyList"]["Items"];
    let policy = &policies[0]["ResponseHeadersPolicy"];
    let name = format!("OpenHands-CORS-example-com-{}", d.account.id);
    let cors = &policy["ResponseHeadersPolicyConfig"];
    assert_eq!(cors["Name"], name);
    let expected = json!({
        "AccessControlAllowCredentials": true,
        "AccessControlAllowOrigins": { "Items": ["https://openhands.example.com"] },
        "AccessControlMaxAgeSec": 86400,
        "OriginOverride": true,
    });
    let cors = &cors["CorsConfig"];
    holds("cors", cors, &expected);
    let methods = sorted(&cors["AccessControlAllowMethods"]["Items"]);
    assert_eq!(methods, ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]);
    let headers = [
        "Accept",
        "Accept-Language",
        "Authorization",
        "Cache-Control",
        "Content-Language",
        "Content-Type",
        "Origin",
        "Pragma",
        "X-Requested-With",
    ];
    assert_eq!(sorted(&cors["AccessControlAllowHeaders"]["Items"]), headers);
    let exposed = ["Cache-Control", "Content-Length", "Content-Type", "ETag"];
    assert_eq!(sorted(&cors["AccessControlExposeHeaders"]["Items"]), exposed);

    let found = d.edge("cloudfront", "get_distribution", json!({ "Id": d.id("edge/distribution") }));
    assert_eq!(found["Distribution"]["Status"], "Deployed");
    let config = &found["Distribution"]["DistributionConfig"];
    let aliases = sorted(&config["Aliases"]["Items"]);
    assert_eq!(aliases, ["*.runtime.openhands.example.com", "openhands.example.com"]);
    let expected = json!({
        "Enabled": true,
        "IsIPV6Enabled": true,
        "HttpVersion": "http2and3",
        "PriceClass": "PriceClass_100",
        "WebACLId": d.attribute("edge/web-acl", "arn"),
        "ViewerCertificate": {
            "ACMCertificateArn": d.id("edge/certificate"),
            "SSLSupportMethod": "sni-only",
            "MinimumProtocolVersion": "TLSv1.2_2021",
        },
        "Origins": { "Items": [{
            "DomainName": d.attribute("compute/alb", "dns_name"),
            "CustomHeaders": { "Items": [{
                "HeaderName": "X-Origin-Verify",
                "HeaderValue": d.secret("openhands/cloudfront/origin-verify"),
            }] },
            "CustomOriginConfig": {
                "HTTPPort": 80,
                "OriginProtocolPolicy": "http-only",
                "OriginReadTimeout": 60,
                "OriginKeepaliveTimeout": 60,
            },
        }] },
        "CacheBehaviors": { "Items": [{ "PathPattern": "/runtime/*" }] },
    });
    holds("distribution", config, &expected);
    for behavior in [&config["DefaultCacheBehavior"], &config["CacheBehaviors"]["Items"][0]] {
        let expected = json!({
            "ViewerProtocolPolicy": "redirect-to-https",
            "Compress": true,
            "CachePolicyId": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
            "OriginRequestPolicyId": "216adef6-5c7f-47e4-b989-5492eafa07d3",
            "ResponseHeadersPolicyId": policy["Id"],
        });
        holds("behavior", behavior, &expected);
        assert_eq!(sorted(&behavior["AllowedMethods"]["Items"]), methods);
        assert_eq!(sorted(&behavior["AllowedMethods"]["CachedMethods"]["Items"]), ["GET", "HEAD"]);
        let functions = by("EventType", &behavior["LambdaFunctionAssociations"]["Items"]);
        let function = |event: &str, address: &str| {
            json!({
                "EventType": event, "IncludeBody": false, "LambdaFunctionARN": d.attribute(address, "arn"),
            })
        };
        let expected = json!([
            function("origin-response", "edge/headers-function-version"),
            function("viewer-request", "edge/auth-function-version"),
        ]);
        holds("functions", &functions, &expected);
    }
}
