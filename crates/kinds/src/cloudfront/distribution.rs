//! A CloudFront distribution.

use std::time::Duration;

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::{Availability, RECORDED, REPLACE_IF_DISJOINT, SENSITIVE, UNORDERED, WRITE_ONLY};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `cloudfront.distribution`
pub struct Distribution;

/// The header by which an origin knows CloudFront. Other headers are left unmanaged.
pub const ORIGIN_HEADER: &str = "X-Origin-Verify";

/// Inputs of a CloudFront distribution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DistributionInputs<T = String> {
    /// The description.
    pub comment: String,
    /// The names of the site. A distribution of entirely other names replaces it: the old site is served until the new one is.
    pub aliases: Vec<String>,
    /// The certificate of these names, in us-east-1.
    pub certificate_arn: T,
    /// The oldest TLS.
    pub minimum_protocol: String,
    /// How viewers ask for the certificate: `sni-only`, …
    pub ssl_support_method: String,
    /// `http2and3`, …
    pub http_version: String,
    /// Whether it answers over IPv6.
    pub ipv6: bool,
    /// Where it answers: `PriceClass_100`, …
    pub price_class: String,
    /// The web ACL that filters requests.
    pub web_acl_arn: T,
    /// The origin of the default behavior.
    pub origin_domain: T,
    /// How CloudFront connects to the origin: `http-only`, …
    pub origin_protocol_policy: String,
    /// The origin's port for HTTP.
    pub origin_http_port: i32,
    /// How long the origin may take.
    pub origin_read_timeout_seconds: i32,
    /// How long connections to the origin are kept.
    pub origin_keepalive_seconds: i32,
    /// The header by which the origin knows CloudFront.
    pub origin_header_name: String,
    /// The secret whose value the header has. Read when it is needed and never stored.
    pub origin_header_secret_arn: T,
    /// The version of the secret.
    pub origin_header_secret_version: T,
    /// A digest of the header's value in AWS. Never configured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin_header_value: Option<Value>,
    /// Requests that no path pattern matches.
    pub default_behavior: Behavior<T>,
    /// Requests that a path pattern matches; the first match decides.
    pub path_behaviors: Vec<PathBehavior<T>>,
    /// Whether it answers.
    pub enabled: bool,
}

/// How requests are treated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Behavior<T = String> {
    /// `redirect-to-https`, …
    pub viewer_protocol_policy: String,
    /// Methods that reach the origin, sorted.
    pub allowed_methods: Vec<String>,
    /// Methods whose responses may be cached, sorted.
    pub cached_methods: Vec<String>,
    /// Whether responses are compressed.
    pub compress: bool,
    /// How responses are cached.
    pub cache_policy_id: String,
    /// What the origin receives of a request.
    pub origin_request_policy_id: String,
    /// Headers that are added to responses.
    pub response_headers_policy_id: T,
    /// The version of the function that handles every request of a viewer.
    pub viewer_request_function_arn: T,
    /// The version of the function that handles every response of the origin.
    pub origin_response_function_arn: T,
}

/// How requests of a path pattern are treated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PathBehavior<T = String> {
    /// The pattern.
    pub pattern: String,
    /// The origin.
    pub origin_domain: T,
    /// The behavior.
    #[serde(flatten)]
    pub behavior: Behavior<T>,
}

impl Definition for Distribution {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = DistributionInputs<T>;

    fn schema() -> Schema {
        Schema::new("cloudfront.distribution", "A CloudFront distribution")
            .plain("comment")
            .input("aliases", UNORDERED | REPLACE_IF_DISJOINT)
            .plain("certificate_arn")
            .plain("minimum_protocol")
            .plain("ssl_support_method")
            .plain("http_version")
            .plain("ipv6")
            .plain("price_class")
            .plain("web_acl_arn")
            .plain("origin_domain")
            .plain("origin_protocol_policy")
            .plain("origin_http_port")
            .plain("origin_read_timeout_seconds")
            .plain("origin_keepalive_seconds")
            .plain("origin_header_name")
            .unreported(
                "origin_header_secret_arn",
                WRITE_ONLY,
                "the secret that the value was read from; CloudFront does not record it",
            )
            .unreported(
                "origin_header_secret_version",
                WRITE_ONLY,
                "the version that the value was read from; `origin_header_value` shows another value",
            )
            .input("origin_header_value", RECORDED | SENSITIVE)
            .plain("default_behavior.viewer_protocol_policy")
            .input("default_behavior.allowed_methods", UNORDERED)
            .input("default_behavior.cached_methods", UNORDERED)
            .plain("default_behavior.compress")
            .plain("default_behavior.cache_policy_id")
            .plain("default_behavior.origin_request_policy_id")
            .plain("default_behavior.response_headers_policy_id")
            .plain("default_behavior.viewer_request_function_arn")
            .plain("default_behavior.origin_response_function_arn")
            .plain("path_behaviors")
            .plain("enabled")
            .attribute("id", Availability::Ready)
            .attribute("arn", Availability::Early)
            .attribute("domain_name", Availability::Early)
            .timeouts(Duration::from_secs(2700), Duration::from_secs(2700))
            .usually(Duration::from_secs(240))
            .usually_updated_in(Duration::from_secs(240))
    }
}
