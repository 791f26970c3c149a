//! `edge`, or `edge-<suffix>`: one domain. All of its resources are in us-east-1.

use std::collections::BTreeMap;

use ohinfra_core::Text;
use ohinfra_core::tags::Ownership;
use ohinfra_kinds::acm::{Certificate, CertificateInputs, Issuance, IssuanceInputs};
use ohinfra_kinds::cloudfront::{
    Behavior, Distribution, DistributionInputs, ORIGIN_HEADER, PathBehavior, ResponseHeadersPolicy,
    ResponseHeadersPolicyInputs,
};
use ohinfra_kinds::iam::{Role, RoleInputs};
use ohinfra_kinds::lambda::{Archive, ArchiveInputs, Function, FunctionInputs, Version, VersionInputs};
use ohinfra_kinds::logs::{FunctionLogGroups, FunctionLogGroupsInputs, LogGroup, LogGroupInputs};
use ohinfra_kinds::route53::{Alias, Record, RecordInputs};
use ohinfra_kinds::wafv2::{ManagedRuleGroup, RateRule, WebAcl, WebAclInputs};
use ohinfra_plan::graph::Handle;
use serde_json::json;

use super::auth::Auth;
use super::builder::StackBuilder;
use super::compute::Compute;
use super::security::Security;
use crate::configuration::Edge;
use crate::environment::Exported;
use crate::names::FUNCTION_LOG_DAYS;
use crate::payload::PayloadError;
use crate::payload::packages::{self, ORIGIN_RESPONSE, VIEWER_REQUEST};
use crate::policy::{Statement, document};

/// The hosted zone of every CloudFront distribution.
const CLOUDFRONT_ZONE: &str = "Z2FDTNDATAQYW2";
/// AWS managed cache policy `CachingDisabled`.
const CACHING_DISABLED: &str = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad";
/// AWS managed origin request policy `AllViewer`.
const ALL_VIEWER: &str = "216adef6-5c7f-47e4-b989-5492eafa07d3";
/// All HTTP methods that CloudFront supports, sorted.
const METHODS: &[&str] = &["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

fn texts(list: &[&str]) -> Vec<String> {
    list.iter().map(|text| (*text).to_owned()).collect()
}

/// Origin of the distribution.
pub(super) struct Origin {
    /// DNS name of the load balancer.
    pub(super) domain: Text,
    /// ARN of the secret or parameter with the header value that proves that a request comes from CloudFront.
    pub(super) header_secret_arn: Text,
    /// Version of that secret or parameter.
    pub(super) header_secret_version: Text,
    /// Listener rules that must accept a new header value before CloudFront sends it.
    pub(super) rules: Vec<Handle>,
}

impl Origin {
    /// Returns the load balancer of this deployment as the origin.
    pub(super) fn of(security: &Security, compute: &Compute) -> Self {
        Self {
            domain: compute.balancer.attribute("dns_name"),
            header_secret_arn: security.origin_verify_secret.attribute("arn"),
            header_secret_version: security.origin_verify_secret.attribute("version"),
            rules: compute.rules.clone(),
        }
    }
}

impl From<&Exported> for Origin {
    fn from(exported: &Exported) -> Self {
        Self {
            domain: Text::from(exported.alb_dns_name.as_str()),
            header_secret_arn: Text::from(exported.header_secret_arn.as_str()),
            header_secret_version: Text::from(exported.header_secret_version.as_str()),
            rules: Vec::new(),
        }
    }
}

pub(super) fn build(
    builder: &mut StackBuilder<'_>,
    edge: &Edge,
    auth: &Auth,
    origin: &Origin,
) -> Result<Handle, PayloadError> {
    let full_domain = edge.full_domain();
    let runtime_domain = format!("*.runtime.{full_domain}");
    let certificate = certificate(builder, edge, &full_domain, &runtime_domain);
    let viewer_request = function(builder, "auth", VIEWER_REQUEST, edge, Some(auth))?;
    let origin_response = function(builder, "headers", ORIGIN_RESPONSE, edge, None)?;
    let web_acl = web_acl(builder);
    let cors = cors_policy(builder, edge, &full_domain);
    let ownership =
        Ownership { deployment: builder.configuration.name.clone(), address: builder.address("distribution") };
    let behavior = Behavior {
        viewer_protocol_policy: "redirect-to-https".to_owned(),
        allowed_methods: texts(METHODS),
        cached_methods: texts(&["GET", "HEAD"]),
        compress: true,
        cache_policy_id: CACHING_DISABLED.to_owned(),
        origin_request_policy_id: ALL_VIEWER.to_owned(),
        response_headers_policy_id: cors.attribute("id"),
        viewer_request_function_arn: viewer_request.attribute("arn"),
        origin_response_function_arn: origin_response.attribute("arn"),
    };
    let distribution = builder.add_after::<Distribution>(
        "distribution",
        &DistributionInputs {
            comment: ownership.marker(),
            aliases: vec![full_domain.clone(), runtime_domain.clone()],
            certificate_arn: certificate.attribute("arn"),
            minimum_protocol: "TLSv1.2_2021".to_owned(),
            ssl_support_method: "sni-only".to_owned(),
            http_version: "http2and3".to_owned(),
            ipv6: true,
            price_class: "PriceClass_100".to_owned(),
            web_acl_arn: web_acl.attribute("arn"),
            origin_domain: origin.domain.clone(),
            origin_protocol_policy: "http-only".to_owned(),
            origin_http_port: 80,
            origin_read_timeout_seconds: 60,
            origin_keepalive_seconds: 60,
            origin_header_name: ORIGIN_HEADER.to_owned(),
            origin_header_secret_arn: origin.header_secret_arn.clone(),
            origin_header_secret_version: origin.header_secret_version.clone(),
            origin_header_value: None,
            path_behaviors: vec![PathBehavior {
                pattern: "/runtime/*".to_owned(),
                origin_domain: origin.domain.clone(),
                behavior: behavior.clone(),
            }],
            default_behavior: behavior,
            enabled: true,
        },
        origin.rules.clone(),
    );
    names(builder, edge, &distribution, &full_domain, &runtime_domain);
    builder.output("distribution_id", distribution.attribute("id"));
    builder.output("distribution_domain_name", distribution.attribute("domain_name"));
    builder.output("site_url", format!("https://{full_domain}"));
    builder.output("web_acl_arn", web_acl.attribute("arn"));
    Ok(distribution)
}

/// Adds the DNS records of the site. They depend on the distribution, so they move only after it is deployed. The last record
/// depends on the others, so old records are deleted only after all new ones exist.
fn names(builder: &mut StackBuilder<'_>, edge: &Edge, distribution: &Handle, full_domain: &str, runtime_domain: &str) {
    let mut after = vec![distribution.clone()];
    for (name, domain, record_type) in [
        ("alias", full_domain, "A"),
        ("alias-ipv6", full_domain, "AAAA"),
        ("runtime-alias-ipv6", runtime_domain, "AAAA"),
        ("runtime-alias", runtime_domain, "A"),
    ] {
        let is_last = name == "runtime-alias";
        let record = builder.add_after::<Record>(
            name,
            &RecordInputs {
                zone_id: edge.hosted_zone_id.clone(),
                record_name: Text::from(domain),
                record_type: record_type.to_owned(),
                ttl_seconds: None,
                values: None,
                alias: Some(Alias {
                    dns_name: distribution.attribute("domain_name"),
                    zone_id: CLOUDFRONT_ZONE.to_owned(),
                    evaluate_target_health: false,
                }),
            },
            if is_last { after.clone() } else { vec![distribution.clone()] },
        );
        after.push(record);
    }
}

/// Adds the certificate with its validation records. Returns the handle of the issuance.
fn certificate(builder: &mut StackBuilder<'_>, edge: &Edge, full_domain: &str, runtime_domain: &str) -> Handle {
    let certificate = builder.add::<Certificate>(
        "certificate",
        &CertificateInputs { domain_name: full_domain.to_owned(), alternative_names: vec![runtime_domain.to_owned()] },
    );
    let records: Vec<Handle> = (1..=2)
        .map(|n| {
            builder.add::<Record>(
                &format!("certificate-validation-{n}"),
                &RecordInputs {
                    zone_id: edge.hosted_zone_id.clone(),
                    record_name: certificate.attribute(&format!("validation_name_{n}")),
                    record_type: "CNAME".to_owned(),
                    // An existing record may also be used by others, so its TTL is kept.
                    ttl_seconds: None,
                    values: Some(vec![certificate.attribute(&format!("validation_value_{n}"))]),
                    alias: None,
                },
            )
        })
        .collect();
    builder.add::<Issuance>(
        "certificate-issued",
        &IssuanceInputs {
            certificate_arn: certificate.attribute("arn"),
            record_names: records.iter().map(|record| record.attribute("name")).collect(),
        },
    )
}

/// Adds a Lambda@Edge function. Returns the handle of its published version, which the distribution runs.
fn function(
    builder: &mut StackBuilder<'_>,
    name: &str,
    package: &str,
    edge: &Edge,
    auth: Option<&Auth>,
) -> Result<Handle, PayloadError> {
    let environment = builder.environment;
    let names = &environment.names;
    let function_name = format!("{}-{}-{name}", names.prefix, edge.stack());
    let trust = Statement::allow("AssumeRole", &["sts:AssumeRole"])
        .principals("Service", ["lambda.amazonaws.com", "edgelambda.amazonaws.com"]);
    let role = builder.add::<Role>(
        &format!("{name}-function-role"),
        &RoleInputs {
            role_name: function_name.clone(),
            description: format!("OpenHands {name} function at the edge"),
            assume_role_policy: document([trust], &[]),
            managed_policy_arns: vec![environment.managed_policy("service-role/AWSLambdaBasicExecutionRole")],
            max_session_seconds: None,
        },
    );
    let logs = builder.add_retained::<LogGroup>(
        &format!("{name}-function-logs"),
        &LogGroupInputs {
            // The log group name of Lambda@Edge, in every region where the function runs.
            log_group_name: format!("/aws/lambda/us-east-1.{function_name}"),
            retention_days: FUNCTION_LOG_DAYS,
            kms_key_arn: None,
        },
    );
    let regions = &builder.configuration.monitoring.edge_log_regions;
    let replica_logs = builder.add_retained::<FunctionLogGroups>(
        &format!("{name}-function-replica-logs"),
        &FunctionLogGroupsInputs {
            function_name: function_name.clone(),
            retention_days: FUNCTION_LOG_DAYS,
            replica_retention_days: regions.iter().map(|region| (region.clone(), FUNCTION_LOG_DAYS)).collect(),
        },
    );
    let mut parameters = BTreeMap::from([("full_domain".to_owned(), Text::from(edge.full_domain()))]);
    let (mut secret_parameters, mut secret_versions) = (BTreeMap::new(), Vec::new());
    if let Some(auth) = auth {
        parameters.insert("user_pool_id".to_owned(), auth.user_pool.attribute("id"));
        parameters.insert("pool_domain".to_owned(), auth.domain.attribute("full_domain"));
        parameters.insert("client_id".to_owned(), auth.client.attribute("client_id"));
        parameters.insert("runtime_access".to_owned(), Text::from(edge.runtime_access.as_str()));
        secret_parameters.insert("client_secret".to_owned(), auth.client_secret.attribute("arn"));
        secret_versions.push(auth.client_secret.attribute("version"));
    }
    let all = parameters.iter().chain(&secret_parameters).map(|(name, value)| (name.clone(), value.clone())).collect();
    let digest = packages::digest(package, &all)?;
    let archive = builder.add::<Archive>(
        &format!("{name}-function-archive"),
        &ArchiveInputs {
            package: package.to_owned(),
            parameters: parameters.clone(),
            secret_parameters: secret_parameters.clone(),
            secret_versions,
            digest,
        },
    );
    let inputs = FunctionInputs {
        function_name,
        description: format!("OpenHands {name} at the edge"),
        role_arn: role.attribute("arn"),
        runtime: builder.configuration.edge_runtime.clone(),
        handler: "index.handler".to_owned(),
        architecture: "x86_64".to_owned(),
        memory_mb: 128,
        timeout_seconds: 5,
        environment: BTreeMap::new(),
        layers: Vec::new(),
        package: package.to_owned(),
        parameters,
        secret_parameters,
        code_sha256: archive.attribute("sha256"),
    };
    let settings = settings(&inputs);
    let function = builder.add_after::<Function>(&format!("{name}-function"), &inputs, vec![logs, replica_logs]);
    Ok(builder.add_after::<Version>(
        &format!("{name}-function-version"),
        &VersionInputs {
            function_name: function.attribute("name"),
            code_sha256: archive.attribute("sha256"),
            settings,
        },
        vec![function],
    ))
}

/// Returns the settings that a version publishes: the configured ones, never those set outside ohinfra. A
/// Lambda@Edge function has neither environment variables nor layers.
fn settings(inputs: &FunctionInputs<Text>) -> Text {
    let fixed = json!({
        "runtime": inputs.runtime, "handler": inputs.handler, "architecture": inputs.architecture,
        "memory_mb": inputs.memory_mb, "timeout_seconds": inputs.timeout_seconds, "environment": {},
    });
    Text::from("{\"role_arn\":\"") + inputs.role_arn.clone() + "\"," + fixed.to_string().trim_start_matches('{')
}

fn web_acl(builder: &mut StackBuilder<'_>) -> Handle {
    let name = format!("{}-{}", builder.environment.names.prefix, builder.name);
    let group = |name: &str, count_only: &[&str]| ManagedRuleGroup {
        name: name.to_owned(),
        count_only: texts(count_only),
        ..ManagedRuleGroup::default()
    };
    builder.add::<WebAcl>(
        "web-acl",
        &WebAclInputs {
            acl_name: name.clone(),
            description: "OpenHands at CloudFront".to_owned(),
            default_action: "allow".to_owned(),
            managed_rule_groups: vec![
                // Prompts and files exceed the 8 KB limit of this rule.
                group("AWSManagedRulesCommonRuleSet", &["SizeRestrictions_BODY"]),
                group("AWSManagedRulesKnownBadInputsRuleSet", &[]),
            ],
            rate_limit: builder.configuration.waf.rate_limit,
            rate_rule: RateRule::default(),
            monitored: true,
            metric_prefix: name,
        },
    )
}

fn cors_policy(builder: &mut StackBuilder<'_>, edge: &Edge, full_domain: &str) -> Handle {
    let names = &builder.environment.names;
    let title = names.title();
    let ownership =
        Ownership { deployment: builder.configuration.name.clone(), address: builder.address("cors-policy") };
    // Several edges can share a domain. The name of each is unique and independent of the other edges.
    let domain = if edge.suffix.is_none() { edge.domain_name.as_str() } else { full_domain };
    let request_headers = [
        "Accept",
        "Accept-Language",
        "Content-Language",
        "Content-Type",
        "Authorization",
        "Cache-Control",
        "Pragma",
        "Origin",
        "X-Requested-With",
    ];
    builder.add::<ResponseHeadersPolicy>(
        "cors-policy",
        &ResponseHeadersPolicyInputs {
            policy_name: format!("{title}-CORS-{}-{}", domain.replace('.', "-"), names.account),
            comment: ownership.marker(),
            allow_credentials: true,
            origins: vec![format!("https://{full_domain}")],
            methods: texts(METHODS),
            request_headers: texts(&request_headers),
            exposed_headers: texts(&["Content-Length", "Content-Type", "ETag", "Cache-Control"]),
            max_age_seconds: 86400,
            override_origin: true,
        },
    )
}
