//! A CloudFront distribution with one origin.

use std::time::Duration;

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::{Availability, UNORDERED, WRITE_ONLY};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `cloudfront.distribution`
pub struct Distribution;

/// Inputs of a CloudFront distribution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DistributionInputs<T = String> {
    /// What it is for.
    pub comment: String,
    /// The names that it answers to.
    pub aliases: Vec<String>,
    /// The certificate of these names, in us-east-1.
    pub certificate_arn: T,
    /// The oldest TLS.
    pub minimum_protocol: String,
    /// `http2and3`, …
    pub http_version: String,
    /// Whether it answers over IPv6.
    pub ipv6: bool,
    /// Where it answers: `PriceClass_100`, …
    pub price_class: String,
    /// What it refuses.
    pub web_acl_arn: T,
    /// The origin.
    pub origin_domain: T,
    /// How long the origin may take.
    pub origin_read_timeout_seconds: i32,
    /// How long connections to it are kept.
    pub origin_keepalive_seconds: i32,
    /// The header by which the origin knows CloudFront.
    pub origin_header_name: String,
    /// The secret whose value the header has. Read when it is needed and never written down.
    pub origin_header_secret_arn: T,
    /// The version of the secret.
    pub origin_header_secret_version: T,
    /// Path patterns that have a behaviour of their own, which is the default one.
    pub paths: Vec<String>,
    /// How answers are kept.
    pub cache_policy_id: String,
    /// What the origin gets to see.
    pub origin_request_policy_id: String,
    /// Headers that are added.
    pub response_headers_policy_id: T,
    /// The version of the function that every request passes.
    pub viewer_request_function_arn: T,
    /// The version of the function that every answer passes.
    pub origin_response_function_arn: T,
    /// Whether it answers.
    pub enabled: bool,
}

impl Definition for Distribution {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = DistributionInputs<T>;

    fn schema() -> Schema {
        Schema::new("cloudfront.distribution", "A CloudFront distribution")
            .plain("comment")
            .input("aliases", UNORDERED)
            .plain("certificate_arn")
            .plain("minimum_protocol")
            .plain("http_version")
            .plain("ipv6")
            .plain("price_class")
            .plain("web_acl_arn")
            .plain("origin_domain")
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
                "stands for the value, which must not be compared in clear text",
            )
            .plain("paths")
            .plain("cache_policy_id")
            .plain("origin_request_policy_id")
            .plain("response_headers_policy_id")
            .plain("viewer_request_function_arn")
            .plain("origin_response_function_arn")
            .plain("enabled")
            .attribute("id", Availability::Ready)
            .attribute("arn", Availability::Early)
            .attribute("domain_name", Availability::Early)
            .timeouts(Duration::from_secs(2700), Duration::from_secs(2700))
            .usually(Duration::from_secs(240))
            .usually_updated_in(Duration::from_secs(240))
    }
}
