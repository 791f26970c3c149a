//! CloudFront response headers policy for cross-origin resource sharing (CORS).

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::Availability;
use ohinfra_derive::Inputs;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `cloudfront.response_headers_policy`
pub struct ResponseHeadersPolicy;

/// Inputs of a response headers policy for cross-origin requests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Inputs)]
pub struct ResponseHeadersPolicyInputs {
    /// Name of the policy. Unique in the account. Replaces.
    #[input(replace, nominal)]
    pub policy_name: String,
    /// Comment. Must contain the ownership marker: policies have no tags.
    pub comment: String,
    /// `Access-Control-Allow-Credentials`: allows cookies.
    pub allow_credentials: bool,
    /// `Access-Control-Allow-Origin`: allowed origins.
    #[input(unordered, overlap)]
    pub origins: Vec<String>,
    /// `Access-Control-Allow-Methods`: allowed methods.
    #[input(unordered)]
    pub methods: Vec<String>,
    /// `Access-Control-Allow-Headers`: allowed request headers.
    #[input(unordered, caseless)]
    pub request_headers: Vec<String>,
    /// `Access-Control-Expose-Headers`: response headers that scripts may read.
    #[input(unordered, caseless)]
    pub exposed_headers: Vec<String>,
    /// `Access-Control-Max-Age`: lifetime of a preflight response in seconds.
    pub max_age_seconds: i32,
    /// Overrides the CORS headers of the origin.
    pub override_origin: bool,
}

impl Definition for ResponseHeadersPolicy {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = ResponseHeadersPolicyInputs;

    fn schema() -> Schema {
        Schema::of::<ResponseHeadersPolicyInputs>(
            "cloudfront.response_headers_policy",
            "A response headers policy for cross-origin requests",
        )
        .attribute("id", Availability::Early)
        .attribute("name", Availability::Early)
        .untagged()
        .named_by(&["policy_name"])
        .held()
    }
}
