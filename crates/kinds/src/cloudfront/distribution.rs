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

/// Default name of the header that proves to the origin that a request comes from CloudFront. Other headers are left unmanaged.
pub const ORIGIN_HEADER: &str = "X-Origin-Verify";

/// Inputs of a CloudFront distribution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DistributionInputs<T = String> {
    /// Comment, with the ownership marker.
    pub comment: String,
    /// Domain names of the site. A change that keeps no name replaces the distribution; the old site is served until the new one is
    /// ready.
    pub aliases: Vec<String>,
    /// ARN of the certificate for `aliases`, in us-east-1.
    pub certificate_arn: T,
    /// Security policy with the minimum TLS version: `TLSv1.2_2021`, …
    pub minimum_protocol: String,
    /// Method that selects the certificate for viewers: `sni-only`, …
    pub ssl_support_method: String,
    /// Maximum HTTP version for viewers: `http2and3`, …
    pub http_version: String,
    /// Enables IPv6.
    pub ipv6: bool,
    /// Price class, which selects the edge locations: `PriceClass_100`, …
    pub price_class: String,
    /// ARN of the AWS WAF web ACL.
    pub web_acl_arn: T,
    /// Domain name of the origin of the default behavior.
    pub origin_domain: T,
    /// Protocol between CloudFront and the origin: `http-only`, …
    pub origin_protocol_policy: String,
    /// HTTP port of the origin.
    pub origin_http_port: i32,
    /// Origin response timeout in seconds.
    pub origin_read_timeout_seconds: i32,
    /// Keep-alive timeout of connections to the origin in seconds.
    pub origin_keepalive_seconds: i32,
    /// Name of the header that proves to the origin that a request comes from CloudFront.
    pub origin_header_name: String,
    /// ARN of the secret with the header value. Read when needed and never stored.
    pub origin_header_secret_arn: T,
    /// Version of the secret.
    pub origin_header_secret_version: T,
    /// Digest of the header value in AWS. Reported, not configured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin_header_value: Option<Value>,
    /// Cache behavior of requests that match no path pattern.
    pub default_behavior: Behavior<T>,
    /// Cache behaviors by path pattern. The first matching pattern applies.
    pub path_behaviors: Vec<PathBehavior<T>>,
    /// Accepts viewer requests.
    pub enabled: bool,
}

/// Cache behavior: the treatment of requests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Behavior<T = String> {
    /// Viewer protocol policy: `redirect-to-https`, …
    pub viewer_protocol_policy: String,
    /// HTTP methods forwarded to the origin, sorted.
    pub allowed_methods: Vec<String>,
    /// HTTP methods whose responses CloudFront may cache, sorted.
    pub cached_methods: Vec<String>,
    /// Compresses responses.
    pub compress: bool,
    /// ID of the cache policy.
    pub cache_policy_id: String,
    /// ID of the origin request policy.
    pub origin_request_policy_id: String,
    /// ID of the response headers policy.
    pub response_headers_policy_id: T,
    /// ARN of the Lambda@Edge function version for viewer requests.
    pub viewer_request_function_arn: T,
    /// ARN of the Lambda@Edge function version for origin responses.
    pub origin_response_function_arn: T,
}

/// Cache behavior for a path pattern.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PathBehavior<T = String> {
    /// Path pattern, for example `/runtime/*`.
    pub pattern: String,
    /// Domain name of the origin.
    pub origin_domain: T,
    /// Cache behavior.
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
            .expected_create(Duration::from_secs(240))
            .expected_update(Duration::from_secs(240))
    }
}
