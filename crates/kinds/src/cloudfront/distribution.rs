//! A CloudFront distribution.

use std::time::Duration;

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::Availability;
use ohinfra_derive::Inputs;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `cloudfront.distribution`
pub struct Distribution;

/// Default name of the header that proves to the origin that a request comes from CloudFront. Other headers are left unmanaged.
pub const ORIGIN_HEADER: &str = "X-Origin-Verify";

/// Inputs of a CloudFront distribution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Inputs)]
pub struct DistributionInputs<T = String> {
    /// Comment, with the ownership marker.
    pub comment: String,
    /// Domain names of the site. A change that keeps no name replaces the distribution; the old site is served until the new one is
    /// ready.
    #[input(unordered, replace_if_disjoint)]
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
    #[input(unreported = "the secret that the value was read from; CloudFront does not record it")]
    pub origin_header_secret_arn: T,
    /// Version of the secret.
    #[input(unreported = "the version that the value was read from; `origin_header_value` shows another value")]
    pub origin_header_secret_version: T,
    /// Digest of the header value in AWS. Reported, not configured.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[input(recorded, sensitive)]
    pub origin_header_value: Option<Value>,
    /// Cache behavior of requests that match no path pattern.
    #[input(nested)]
    pub default_behavior: Behavior<T>,
    /// Cache behaviors by path pattern. The first matching pattern applies.
    #[input(structure)]
    pub path_behaviors: Vec<PathBehavior<T>>,
    /// Accepts viewer requests.
    pub enabled: bool,
}

/// Cache behavior: the treatment of requests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Inputs)]
pub struct Behavior<T = String> {
    /// Viewer protocol policy: `redirect-to-https`, …
    pub viewer_protocol_policy: String,
    /// HTTP methods forwarded to the origin, sorted.
    #[input(unordered)]
    pub allowed_methods: Vec<String>,
    /// HTTP methods whose responses CloudFront may cache, sorted.
    #[input(unordered)]
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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Inputs)]
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
        Schema::of::<DistributionInputs>("cloudfront.distribution", "A CloudFront distribution")
            .attribute("id", Availability::Ready)
            .attribute("arn", Availability::Early)
            .attribute("domain_name", Availability::Early)
            .timeouts(Duration::from_secs(2700), Duration::from_secs(2700))
            .expected_create(Duration::from_secs(240))
            .expected_update(Duration::from_secs(240))
    }
}
