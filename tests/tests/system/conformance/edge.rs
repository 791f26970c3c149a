//! Cases for the edge kinds and the login.

use ohinfra_tests::Account;
use serde_json::{Value, json};

use super::Tested;
use super::platform::Platform;

const METHODS: [&str; 7] = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

/// Returns cases for SAML and OIDC providers.
fn providers(p: &Platform) -> Vec<Tested> {
    let saml = json!({
        "user_pool_id": p.pool, "provider_name": "Conformance-SAML", "provider_type": "SAML",
        "attribute_mapping": { "email": "mail" }, "metadata_url": "https://sso.example.com/metadata", "sign_out": false,
    });
    let oidc = json!({
        "user_pool_id": p.pool, "provider_name": "Conformance-OIDC", "provider_type": "OIDC",
        "attribute_mapping": { "email": "email", "username": "sub" }, "issuer": "https://sso.example.com",
        "client_id": "one", "client_secret_arn": p.login_client, "client_secret_version": "1",
        "scopes": ["openid", "email"],
    });
    let metadata = "<EntityDescriptor entityID=\"a\"/>";
    let file = json!({
        "user_pool_id": p.pool, "provider_name": "Conformance-File", "provider_type": "SAML",
        "attribute_mapping": { "email": "mail" }, "metadata": metadata, "sign_out": true,
    });
    vec![
        (
            "cognito.identity_provider",
            saml,
            vec![
                ("metadata_url", json!("https://sso.example.com/other")),
                ("attribute_mapping", json!({ "email": "mail", "name": "cn" })),
                ("sign_out", json!(true)),
                ("provider_name", json!("Renamed-SAML")),
            ],
        ),
        (
            "cognito.identity_provider",
            oidc,
            vec![
                ("issuer", json!("https://other.example.com")),
                ("client_id", json!("two")),
                ("client_secret_version", json!("2")),
                ("scopes", json!(["openid"])),
                ("attribute_mapping", json!({ "email": "mail", "username": "sub" })),
            ],
        ),
        (
            "cognito.identity_provider",
            file,
            vec![("metadata", json!("<EntityDescriptor entityID=\"b\"/>")), ("sign_out", json!(false))],
        ),
    ]
}

pub(super) fn cases(account: &Account, p: &Platform) -> Vec<Tested> {
    let client = |urls: Value, minutes: i32| {
        json!({
            "user_pool_id": p.pool, "client_name": "conformance", "generate_secret": true, "callback_urls": urls,
            "oauth_enabled": true,
            "logout_urls": ["https://a.example.com/"], "oauth_flows": ["code"], "oauth_scopes": ["openid", "email"],
            "explicit_flows": ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"], "identity_providers": ["COGNITO"],
            "prevent_user_existence_errors": true, "access_token_minutes": minutes, "id_token_minutes": 1440,
            "refresh_token_minutes": 43200, "token_revocation": true,
        })
    };
    let function = |name: &str, n: u8| format!("arn:aws:lambda:us-east-1:{}:function:{name}:{n}", account.id);
    let aliases = |name: &str| {
        json!([format!("{name}-{}.example.com", account.id), format!("*.{name}-{}.example.com", account.id)])
    };
    let behavior = |version: u8| {
        json!({
            "viewer_protocol_policy": "redirect-to-https", "allowed_methods": METHODS, "cached_methods": ["GET", "HEAD"],
            "compress": true, "cache_policy_id": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
            "origin_request_policy_id": "216adef6-5c7f-47e4-b989-5492eafa07d3", "response_headers_policy_id": p.policy,
            "viewer_request_function_arn": function("a", version), "origin_response_function_arn": function("b", 1),
        })
    };
    let path = |version: u8| {
        let mut path = behavior(version);
        path["pattern"] = json!("/runtime/*");
        path["origin_domain"] = json!("origin.example.com");
        path
    };
    let asset =
        |text: &str| json!([{ "category": "FORM_LOGO", "color_mode": "DARK", "extension": "SVG", "text": text }]);
    let mut cases = providers(p);
    cases.extend(vec![
        (
            "cognito.user_pool",
            json!({
                "pool_name": "conformance", "email_sign_in": true, "admin_create_only": true, "password_minimum_length": 8,
                "deletion_protection": true, "software_token_mfa": "OPTIONAL", "invitation_subject": "one",
                "invitation_message": "{username} {####}", "verification_subject": "one", "verification_message": "{####}",
                "password_requirements": ["lowercase", "numbers", "symbols", "uppercase"],
                "auto_verified_attributes": ["email"], "recovery": ["verified_email"],
                "verification_option": "CONFIRM_WITH_CODE",
            }),
            vec![
                ("invitation_subject", json!("two")),
                ("verification_message", json!("<b>{####}</b>")),
                ("password_minimum_length", json!(12)),
                ("password_requirements", json!(["numbers"])),
                ("software_token_mfa", json!("OFF")),
                ("deletion_protection", json!(false)),
                ("pool_name", json!("renamed")),
            ],
        ),
        (
            "cognito.user_pool_domain",
            json!({ "domain": format!("conformance-{}", account.id), "user_pool_id": p.pool, "managed_login_version": 1 }),
            vec![("managed_login_version", json!(2)), ("domain", json!(format!("renamed-{}", account.id)))],
        ),
        (
            "cognito.user_pool_client",
            client(json!(["https://a.example.com/_callback"]), 60),
            vec![
                ("callback_urls", json!(["https://a.example.com/_callback", "https://b.example.com/_callback"])),
                ("access_token_minutes", json!(30)),
                ("prevent_user_existence_errors", json!(false)),
            ],
        ),
        (
            "cognito.managed_login_branding",
            json!({ "user_pool_id": p.pool, "client_id": p.client, "settings": "{\"a\":1}", "assets": asset("<svg/>") }),
            vec![("settings", json!("{\"a\":2}")), ("assets", asset("<svg></svg>"))],
        ),
        (
            "acm.certificate",
            json!({ "domain_name": "a.example.com", "alternative_names": ["*.runtime.a.example.com"] }),
            vec![("alternative_names", json!(["*.other.a.example.com"]))],
        ),
        ("acm.issuance", json!({ "certificate_arn": p.certificate, "record_names": ["a"] }), Vec::new()),
        (
            "route53.record",
            json!({
                "zone_id": account.fixture("hosted_zone_id"), "record_name": "a.example.com", "record_type": "CNAME",
                "ttl_seconds": 300, "values": ["b.example.com"],
            }),
            vec![
                ("ttl_seconds", json!(60)),
                ("values", json!(["c.example.com"])),
                ("record_name", json!("*.d.example.com")),
            ],
        ),
        (
            "route53.record",
            json!({
                "zone_id": account.fixture("hosted_zone_id"), "record_name": "alias.example.com", "record_type": "A",
                "alias": { "dns_name": "one.cloudfront.net", "zone_id": "Z2FDTNDATAQYW2", "evaluate_target_health": false },
            }),
            vec![(
                "alias",
                json!({ "dns_name": "two.cloudfront.net", "zone_id": "Z2FDTNDATAQYW2", "evaluate_target_health": false }),
            )],
        ),
        (
            "wafv2.web_acl",
            json!({
                "acl_name": "conformance", "description": "one", "rate_limit": 50000, "metric_prefix": "conformance",
                "default_action": "allow", "monitored": true,
                "rate_rule": { "action": "block", "window_seconds": 300, "key": "IP", "scoped_down": false },
                "managed_rule_groups": [
                    { "name": "AWSManagedRulesCommonRuleSet", "count_only": ["SizeRestrictions_BODY"] },
                    { "name": "AWSManagedRulesKnownBadInputsRuleSet", "count_only": [] },
                ],
            }),
            vec![
                ("rate_limit", json!(1000)),
                ("metric_prefix", json!("other")),
                ("managed_rule_groups", json!([{ "name": "AWSManagedRulesCommonRuleSet", "count_only": [] }])),
                ("acl_name", json!("renamed")),
            ],
        ),
        (
            "cloudfront.response_headers_policy",
            json!({
                "policy_name": "conformance", "comment": "ohinfra:deployment=test ohinfra:address=conformance/subject",
                "allow_credentials": true, "origins": ["https://a.example.com"], "methods": ["GET", "HEAD"],
                "request_headers": ["Accept"], "exposed_headers": ["ETag"], "max_age_seconds": 600, "override_origin": true,
            }),
            vec![
                ("methods", json!(["GET", "HEAD", "OPTIONS"])),
                ("origins", json!(["https://b.example.com"])),
                ("max_age_seconds", json!(60)),
                ("policy_name", json!("renamed")),
            ],
        ),
        (
            "cloudfront.distribution",
            json!({
                "comment": "ohinfra:deployment=test ohinfra:address=conformance/subject",
                "aliases": aliases("a"), "certificate_arn": p.certificate,
                "minimum_protocol": "TLSv1.2_2021", "ssl_support_method": "sni-only", "http_version": "http2and3",
                "ipv6": true, "price_class": "PriceClass_100",
                "web_acl_arn": format!("arn:aws:wafv2:us-east-1:{}:global/webacl/a/b", account.id),
                "origin_domain": "origin.example.com", "origin_protocol_policy": "http-only", "origin_http_port": 80,
                "origin_read_timeout_seconds": 60, "origin_keepalive_seconds": 60,
                "origin_header_name": "X-Origin-Verify", "origin_header_secret_arn": p.header,
                "origin_header_secret_version": "1", "default_behavior": behavior(1),
                "path_behaviors": [path(1)], "enabled": true,
            }),
            vec![
                ("path_behaviors", json!([path(2)])),
                ("default_behavior", behavior(2)),
                ("origin_header_secret_version", json!("2")),
                ("aliases", json!([aliases("a")[0], aliases("b")[0]])),
                ("price_class", json!("PriceClass_200")),
            ],
        ),
    ]);
    cases
}
