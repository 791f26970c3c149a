//! Conversion between the inputs of a distribution and the configuration in CloudFront.
//!
//! An update starts with the live configuration and sets the inputs: members without an input keep their values.

use aws_sdk_cloudfront::error::BuildError;
use aws_sdk_cloudfront::types::{
    Aliases, CustomHeaders, CustomOriginConfig, DefaultCacheBehavior, DistributionConfig, HttpVersion,
    MinimumProtocolVersion, Origin, OriginCustomHeader, OriginProtocolPolicy, OriginSslProtocols, Origins, PriceClass,
    SslProtocol, SslSupportMethod, ViewerCertificate, ViewerProtocolPolicy,
};
use ohinfra_aws_core::SecretText;
use ohinfra_core::contract::Resolved;
use ohinfra_core::secret::digest;
use ohinfra_kinds::cloudfront::{Distribution, DistributionLive, ORIGIN_HEADER};
use serde_json::Value;

use super::{behavior, count};

type Inputs = Resolved<Distribution>;

/// Origin ID in a distribution that ohinfra creates. An imported distribution may have another.
const ORIGIN: &str = "load-balancer";

/// Returns the configuration of a new distribution. `reference` identifies the creation and must never change.
pub(super) fn configuration(
    inputs: &Inputs,
    secret: &SecretText,
    reference: &str,
) -> Result<DistributionConfig, BuildError> {
    let behavior = DefaultCacheBehavior::builder().target_origin_id(ORIGIN);
    let behavior = behavior.viewer_protocol_policy(ViewerProtocolPolicy::RedirectToHttps).build()?;
    let config = DistributionConfig::builder().caller_reference(reference).comment(&inputs.comment).enabled(true);
    let origins = Origins::builder().quantity(0).set_items(Some(Vec::new())).build()?;
    overlaid(config.origins(origins).default_cache_behavior(behavior).build()?, inputs, secret)
}

/// Returns the live configuration with the inputs set.
pub(super) fn overlaid(
    mut config: DistributionConfig,
    inputs: &Inputs,
    secret: &SecretText,
) -> Result<DistributionConfig, BuildError> {
    let aliases =
        Aliases::builder().quantity(count(&inputs.aliases)).set_items(Some(inputs.aliases.clone())).build()?;
    config.comment.clone_from(&inputs.comment);
    config.aliases = Some(aliases);
    config.viewer_certificate = Some(certificate(config.viewer_certificate.take(), inputs));
    config.http_version = Some(HttpVersion::from(inputs.http_version.as_str()));
    config.is_ipv6_enabled = Some(inputs.ipv6);
    config.price_class = Some(PriceClass::from(inputs.price_class.as_str()));
    config.web_acl_id = Some(inputs.web_acl_arn.clone());
    config.enabled = inputs.enabled;
    let origin = set_origin(&mut config, inputs, secret)?;
    behavior::set_all(&mut config, inputs, &origin)?;
    Ok(config)
}

/// Returns the live viewer certificate with the ACM certificate set. Other members keep their values.
fn certificate(live: Option<ViewerCertificate>, inputs: &Inputs) -> ViewerCertificate {
    let mut certificate = live.unwrap_or_else(|| ViewerCertificate::builder().build());
    certificate.acm_certificate_arn = Some(inputs.certificate_arn.clone());
    certificate.ssl_support_method = Some(SslSupportMethod::from(inputs.ssl_support_method.as_str()));
    certificate.minimum_protocol_version = Some(MinimumProtocolVersion::from(inputs.minimum_protocol.as_str()));
    certificate.cloud_front_default_certificate = None;
    certificate.iam_certificate_id = None;
    // CloudFront returns legacy members in addition to their successors.
    #[expect(deprecated, reason = "clears legacy members")]
    {
        certificate.certificate = None;
        certificate.certificate_source = None;
    }
    certificate
}

/// Sets the origin and returns its ID. Uses the origin with ID `load-balancer`, or else the origin of the default behavior.
fn set_origin(config: &mut DistributionConfig, inputs: &Inputs, secret: &SecretText) -> Result<String, BuildError> {
    let target = config.default_cache_behavior.as_ref().map(|behavior| behavior.target_origin_id.clone());
    let mut origins = config.origins.take().map(|origins| origins.items).unwrap_or_default();
    let position = |id: &str| origins.iter().position(|origin| origin.id == id);
    let found = position(ORIGIN).or_else(|| position(target.as_deref().unwrap_or_default()));
    let index = found.unwrap_or(origins.len());
    if found.is_none() {
        let headers = CustomHeaders::builder().quantity(0).build()?;
        let origin = Origin::builder().id(ORIGIN).domain_name(&inputs.origin_domain).origin_path("");
        origins.push(origin.custom_headers(headers).build()?);
    }
    let mut id = ORIGIN.to_owned();
    if let Some(origin) = origins.get_mut(index) {
        id.clone_from(&origin.id);
        origin.domain_name.clone_from(&inputs.origin_domain);
        origin.custom_headers = Some(headers(origin.custom_headers.take(), inputs, secret)?);
        origin.custom_origin_config = Some(connection(origin.custom_origin_config.take(), inputs)?);
        origin.s3_origin_config = None;
        origin.vpc_origin_config = None;
    }
    config.origins = Some(Origins::builder().quantity(count(&origins)).set_items(Some(origins)).build()?);
    Ok(id)
}

/// Returns the custom headers of the origin with the secret header set. Finds a renamed header by its value.
fn headers(live: Option<CustomHeaders>, inputs: &Inputs, secret: &SecretText) -> Result<CustomHeaders, BuildError> {
    let ours = OriginCustomHeader::builder().header_name(&inputs.origin_header_name).header_value(secret.expose());
    let ours = ours.build()?;
    let mut all = live.and_then(|headers| headers.items).unwrap_or_default();
    let is_named = |header: &OriginCustomHeader| header.header_name.eq_ignore_ascii_case(&ours.header_name);
    let found = all.iter().position(is_named).or_else(|| all.iter().position(|h| h.header_value == ours.header_value));
    match found.and_then(|index| all.get_mut(index)) {
        Some(header) => *header = ours,
        None => all.push(ours),
    }
    CustomHeaders::builder().quantity(count(&all)).set_items(Some(all)).build()
}

fn connection(live: Option<CustomOriginConfig>, inputs: &Inputs) -> Result<CustomOriginConfig, BuildError> {
    let tls = OriginSslProtocols::builder().quantity(1).items(SslProtocol::TlSv12).build()?;
    let policy = OriginProtocolPolicy::from(inputs.origin_protocol_policy.as_str());
    let new = CustomOriginConfig::builder().http_port(80).https_port(443).origin_ssl_protocols(tls);
    let new = new.origin_protocol_policy(policy.clone()).build()?;
    let mut connection = live.unwrap_or(new);
    connection.origin_protocol_policy = policy;
    connection.http_port = inputs.origin_http_port;
    connection.origin_read_timeout = Some(inputs.origin_read_timeout_seconds);
    connection.origin_keepalive_timeout = Some(inputs.origin_keepalive_seconds);
    Ok(connection)
}

/// Returns the secret header: the one with the default name, or else the first.
fn header_of(origin: Option<&Origin>) -> Option<&OriginCustomHeader> {
    let headers = origin?.custom_headers()?.items();
    headers.iter().find(|header| header.header_name.eq_ignore_ascii_case(ORIGIN_HEADER)).or_else(|| headers.first())
}

/// Converts the live configuration. CloudFront omits what is not configured: within a structure that it returned, an absent
/// text is empty. The header value becomes a digest, keyed by the distribution ID.
pub(super) fn live_inputs(id: &str, config: &DistributionConfig) -> DistributionLive {
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let target = config.default_cache_behavior().map(|behavior| behavior.target_origin_id.as_str());
    let origins = config.origins().map(Origins::items).unwrap_or_default();
    let origin = origins.iter().find(|origin| Some(origin.id.as_str()) == target);
    let custom = origin.and_then(|origin| origin.custom_origin_config());
    let header = header_of(origin);
    let certificate = config.viewer_certificate();
    let minimum = certificate.and_then(|certificate| certificate.minimum_protocol_version());
    let support = certificate.and_then(|certificate| certificate.ssl_support_method());
    DistributionLive {
        comment: Some(config.comment.clone()),
        aliases: Some(config.aliases().map(|aliases| aliases.items().to_vec()).unwrap_or_default()),
        certificate_arn: certificate.map(|certificate| text(certificate.acm_certificate_arn())),
        minimum_protocol: minimum.map(|minimum| minimum.as_str().to_owned()),
        ssl_support_method: support.map(|support| support.as_str().to_owned()),
        http_version: config.http_version().map(|version| version.as_str().to_ascii_lowercase()),
        ipv6: config.is_ipv6_enabled(),
        price_class: config.price_class().map(|class| class.as_str().to_owned()),
        web_acl_arn: Some(text(config.web_acl_id())),
        origin_domain: origin.map(|origin| origin.domain_name.clone()),
        origin_protocol_policy: origin.map(|_| text(custom.map(|custom| custom.origin_protocol_policy.as_str()))),
        origin_http_port: custom.map(|custom| custom.http_port),
        origin_read_timeout_seconds: custom.and_then(|custom| custom.origin_read_timeout),
        origin_keepalive_seconds: custom.and_then(|custom| custom.origin_keepalive_timeout),
        origin_header_name: origin.map(|_| text(header.map(|header| header.header_name.as_str()))),
        origin_header_value: header.map(|header| digest(id, &Value::from(header.header_value.as_str()))),
        default_behavior: behavior::default_of(config),
        path_behaviors: Some(behavior::paths_of(config)),
        enabled: Some(config.enabled),
        ..DistributionLive::default()
    }
}
