//! A distribution's inputs as CloudFront's configuration, and back.

use aws_sdk_cloudfront::error::BuildError;
use aws_sdk_cloudfront::types::{
    Aliases, AllowedMethods, CacheBehavior, CacheBehaviors, CachedMethods, CustomHeaders, CustomOriginConfig,
    DefaultCacheBehavior, DistributionConfig, EventType, HttpVersion, LambdaFunctionAssociation,
    LambdaFunctionAssociations, Method, MinimumProtocolVersion, Origin, OriginCustomHeader, OriginProtocolPolicy,
    OriginSslProtocols, Origins, PriceClass, SslProtocol, SslSupportMethod, ViewerCertificate, ViewerProtocolPolicy,
};
use ohinfra_aws_core::SecretText;
use ohinfra_core::contract::Resolved;
use ohinfra_kinds::cloudfront::{Distribution, DistributionInputs};

type Inputs = Resolved<Distribution>;

/// What the origin is called within the distribution.
const ORIGIN: &str = "load-balancer";

fn count<T>(list: &[T]) -> i32 {
    i32::try_from(list.len()).unwrap_or(i32::MAX)
}

fn functions(inputs: &Inputs) -> Result<LambdaFunctionAssociations, BuildError> {
    let association = |arn: &str, event: EventType| {
        LambdaFunctionAssociation::builder().lambda_function_arn(arn).event_type(event).include_body(false).build()
    };
    let all = vec![
        association(&inputs.viewer_request_function_arn, EventType::ViewerRequest)?,
        association(&inputs.origin_response_function_arn, EventType::OriginResponse)?,
    ];
    LambdaFunctionAssociations::builder().quantity(count(&all)).set_items(Some(all)).build()
}

fn methods() -> Result<AllowedMethods, BuildError> {
    let cached = vec![Method::Get, Method::Head];
    let all =
        vec![Method::Get, Method::Head, Method::Options, Method::Put, Method::Patch, Method::Post, Method::Delete];
    let cached = CachedMethods::builder().quantity(count(&cached)).set_items(Some(cached)).build()?;
    AllowedMethods::builder().quantity(count(&all)).set_items(Some(all)).cached_methods(cached).build()
}

fn default_behaviour(inputs: &Inputs) -> Result<DefaultCacheBehavior, BuildError> {
    DefaultCacheBehavior::builder()
        .target_origin_id(ORIGIN)
        .viewer_protocol_policy(ViewerProtocolPolicy::RedirectToHttps)
        .allowed_methods(methods()?)
        .compress(true)
        .cache_policy_id(&inputs.cache_policy_id)
        .origin_request_policy_id(&inputs.origin_request_policy_id)
        .response_headers_policy_id(&inputs.response_headers_policy_id)
        .lambda_function_associations(functions(inputs)?)
        .build()
}

fn behaviour(path: &str, inputs: &Inputs) -> Result<CacheBehavior, BuildError> {
    CacheBehavior::builder()
        .path_pattern(path)
        .target_origin_id(ORIGIN)
        .viewer_protocol_policy(ViewerProtocolPolicy::RedirectToHttps)
        .allowed_methods(methods()?)
        .compress(true)
        .cache_policy_id(&inputs.cache_policy_id)
        .origin_request_policy_id(&inputs.origin_request_policy_id)
        .response_headers_policy_id(&inputs.response_headers_policy_id)
        .lambda_function_associations(functions(inputs)?)
        .build()
}

fn origin(inputs: &Inputs, secret: &SecretText) -> Result<Origin, BuildError> {
    let header = OriginCustomHeader::builder().header_name(&inputs.origin_header_name).header_value(secret.expose());
    let headers = CustomHeaders::builder().quantity(1).items(header.build()?).build()?;
    let tls = OriginSslProtocols::builder().quantity(1).items(SslProtocol::TlSv12).build()?;
    let custom = CustomOriginConfig::builder()
        .http_port(80)
        .https_port(443)
        .origin_protocol_policy(OriginProtocolPolicy::HttpOnly)
        .origin_ssl_protocols(tls)
        .origin_read_timeout(inputs.origin_read_timeout_seconds)
        .origin_keepalive_timeout(inputs.origin_keepalive_seconds)
        .build()?;
    let origin = Origin::builder().id(ORIGIN).domain_name(&inputs.origin_domain).custom_headers(headers);
    origin.custom_origin_config(custom).build()
}

/// The whole configuration. `reference` tells one creation from another, and may never change.
pub(super) fn configuration(
    inputs: &Inputs,
    secret: &SecretText,
    reference: &str,
) -> Result<DistributionConfig, BuildError> {
    let aliases =
        Aliases::builder().quantity(count(&inputs.aliases)).set_items(Some(inputs.aliases.clone())).build()?;
    let certificate = ViewerCertificate::builder()
        .acm_certificate_arn(&inputs.certificate_arn)
        .ssl_support_method(SslSupportMethod::SniOnly)
        .minimum_protocol_version(MinimumProtocolVersion::from(inputs.minimum_protocol.as_str()))
        .build();
    let behaviours = inputs.paths.iter().map(|path| behaviour(path, inputs)).collect::<Result<Vec<_>, _>>()?;
    let origins = Origins::builder().quantity(1).items(origin(inputs, secret)?).build()?;
    DistributionConfig::builder()
        .caller_reference(reference)
        .comment(&inputs.comment)
        .aliases(aliases)
        .origins(origins)
        .default_cache_behavior(default_behaviour(inputs)?)
        .cache_behaviors(CacheBehaviors::builder().quantity(count(&behaviours)).set_items(Some(behaviours)).build()?)
        .viewer_certificate(certificate)
        .http_version(HttpVersion::from(inputs.http_version.as_str()))
        .is_ipv6_enabled(inputs.ipv6)
        .price_class(PriceClass::from(inputs.price_class.as_str()))
        .web_acl_id(&inputs.web_acl_arn)
        .enabled(inputs.enabled)
        .build()
}

/// Takes over what is there of fields that are not ours.
macro_rules! keep {
    ($ours:expr, $live:expr; $($field:ident),+) => {{ $($ours.$field.clone_from(&$live.$field);)+ }};
}

/// Of a behaviour; of the default one, too.
macro_rules! keep_behaviour {
    ($ours:expr, $live:expr) => {
        keep!($ours, $live; smooth_streaming, field_level_encryption_id, function_associations, realtime_log_config_arn,
            trusted_signers, trusted_key_groups, grpc_config)
    };
}

/// The configuration of an update. CloudFront takes one only whole, with fields that a creation may leave out and it has
/// filled in; and what is not ours, as somebody's access logs, stays as it is.
pub(super) fn completed(ours: DistributionConfig, live: &DistributionConfig) -> DistributionConfig {
    let mut ours = ours;
    keep!(ours, live; default_root_object, origin_groups, custom_error_responses, logging, restrictions, staging,
        continuous_deployment_policy_id, anycast_ip_list_id);
    let origins = ours.origins.iter_mut().flat_map(|origins| &mut origins.items);
    for (ours, live) in origins.zip(live.origins.iter().flat_map(|origins| &origins.items)) {
        keep!(ours, live; origin_path, connection_attempts, connection_timeout, origin_shield, origin_access_control_id);
    }
    let Some(default) = &live.default_cache_behavior else { return ours };
    if let Some(behaviour) = &mut ours.default_cache_behavior {
        keep_behaviour!(behaviour, default);
    }
    let there = live.cache_behaviors.as_ref().map(CacheBehaviors::items).unwrap_or_default();
    for behaviour in ours.cache_behaviors.iter_mut().flat_map(|behaviours| behaviours.items.iter_mut().flatten()) {
        if let Some(live) = there.iter().find(|live| live.path_pattern == behaviour.path_pattern) {
            keep_behaviour!(behaviour, live);
        } else {
            keep_behaviour!(behaviour, default);
        }
    }
    ours
}

fn function(behaviour: Option<&DefaultCacheBehavior>, event: &EventType) -> String {
    let all = behaviour.and_then(|behaviour| behaviour.lambda_function_associations());
    let found = all.and_then(|all| all.items().iter().find(|one| one.event_type == *event).cloned());
    found.map(|found| found.lambda_function_arn).unwrap_or_default()
}

/// What AWS has, in the words of the inputs; without the secret.
pub(super) fn inputs_of(config: &DistributionConfig) -> Inputs {
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let behaviour = config.default_cache_behavior();
    let origin = config.origins().and_then(|origins| origins.items().first().cloned());
    let custom = origin.as_ref().and_then(|origin| origin.custom_origin_config());
    let header = origin.as_ref().and_then(|origin| origin.custom_headers()).and_then(|h| h.items().first().cloned());
    let certificate = config.viewer_certificate();
    let paths = config.cache_behaviors().map(|behaviours| behaviours.items().to_vec()).unwrap_or_default();
    DistributionInputs {
        comment: config.comment.clone(),
        aliases: config.aliases().map(|aliases| aliases.items().to_vec()).unwrap_or_default(),
        certificate_arn: text(certificate.and_then(|certificate| certificate.acm_certificate_arn())),
        minimum_protocol: text(
            certificate.and_then(|c| c.minimum_protocol_version()).map(MinimumProtocolVersion::as_str),
        ),
        http_version: text(config.http_version().map(HttpVersion::as_str)).to_ascii_lowercase(),
        ipv6: config.is_ipv6_enabled().unwrap_or_default(),
        price_class: text(config.price_class().map(PriceClass::as_str)),
        web_acl_arn: text(config.web_acl_id()),
        origin_domain: origin.as_ref().map(|origin| origin.domain_name.clone()).unwrap_or_default(),
        origin_read_timeout_seconds: custom.and_then(|custom| custom.origin_read_timeout).unwrap_or_default(),
        origin_keepalive_seconds: custom.and_then(|custom| custom.origin_keepalive_timeout).unwrap_or_default(),
        origin_header_name: header.map(|header| header.header_name).unwrap_or_default(),
        origin_header_secret_arn: String::new(),
        origin_header_secret_version: String::new(),
        paths: paths.into_iter().map(|behaviour| behaviour.path_pattern).collect(),
        cache_policy_id: text(behaviour.and_then(|behaviour| behaviour.cache_policy_id())),
        origin_request_policy_id: text(behaviour.and_then(|behaviour| behaviour.origin_request_policy_id())),
        response_headers_policy_id: text(behaviour.and_then(|behaviour| behaviour.response_headers_policy_id())),
        viewer_request_function_arn: function(behaviour, &EventType::ViewerRequest),
        origin_response_function_arn: function(behaviour, &EventType::OriginResponse),
        enabled: config.enabled,
    }
}
