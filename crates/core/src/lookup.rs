//! Lookups (data sources): facts read from the cloud before planning.

use futures::future::BoxFuture;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{ProviderError, Region};

/// A lookup as a type: its name, its parameters and its result.
pub trait Lookup {
    /// The name of the lookup, `service.noun`, for example `ec2.vpc`.
    const NAME: &'static str;
    /// The parameters.
    type Question: Serialize + DeserializeOwned + Send + Sync;
    /// The result. A missing object is part of the result, not an error.
    type Answer: Serialize + DeserializeOwned + Send + Sync;
}

/// A request for one lookup.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The name of the lookup.
    pub name: &'static str,
    /// The region to query.
    pub region: Region,
    /// The parameters as JSON.
    pub question: Value,
}

impl Request {
    /// Creates a request for the lookup `L`.
    pub fn new<L: Lookup>(region: &Region, question: &L::Question) -> Self {
        Self { name: L::NAME, region: region.clone(), question: serde_json::to_value(question).unwrap_or(Value::Null) }
    }
}

/// An implementation of one lookup.
pub trait AnswersLookUp: Send + Sync {
    /// Returns the name of the lookup.
    fn name(&self) -> &'static str;
    /// Runs the lookup.
    fn answer<'a>(&'a self, region: &'a Region, question: Value) -> BoxFuture<'a, Result<Value, ProviderError>>;
}
