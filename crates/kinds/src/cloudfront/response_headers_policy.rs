//! The headers by which browsers know which sites may read answers.

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::{Availability, CASELESS, NOMINAL, OVERLAP, REPLACE, UNORDERED};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `cloudfront.response_headers_policy`
pub struct ResponseHeadersPolicy;

/// Inputs of a response headers policy for cross-origin requests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResponseHeadersPolicyInputs {
    /// Unique in the account. Replaces.
    pub policy_name: String,
    /// What it is for.
    pub comment: String,
    /// Whether cookies may be sent.
    pub allow_credentials: bool,
    /// Which sites.
    pub origins: Vec<String>,
    /// Which methods.
    pub methods: Vec<String>,
    /// Which headers of requests.
    pub request_headers: Vec<String>,
    /// Which headers of answers.
    pub exposed_headers: Vec<String>,
    /// How long browsers may remember it.
    pub max_age_seconds: i32,
    /// Whether it wins over the origin's own headers.
    pub override_origin: bool,
}

impl Definition for ResponseHeadersPolicy {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = ResponseHeadersPolicyInputs;

    fn schema() -> Schema {
        Schema::new("cloudfront.response_headers_policy", "A response headers policy for cross-origin requests")
            .input("policy_name", REPLACE | NOMINAL)
            .plain("comment")
            .plain("allow_credentials")
            .input("origins", UNORDERED | OVERLAP)
            .input("methods", UNORDERED)
            .input("request_headers", UNORDERED | CASELESS)
            .input("exposed_headers", UNORDERED | CASELESS)
            .plain("max_age_seconds")
            .plain("override_origin")
            .attribute("id", Availability::Early)
            .attribute("name", Availability::Early)
            .untagged()
            .named_by(&["policy_name"])
            .held()
    }
}
