//! Look-ups: facts that are read from the cloud before anything is planned (data sources).

use futures::future::BoxFuture;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{ProviderError, Region};

/// A look-up as a type: its name, what it is asked with and what it answers.
pub trait LookUp {
    /// `service.noun`, for example `ec2.vpc`.
    const NAME: &'static str;
    /// What is asked with.
    type Question: Serialize + DeserializeOwned + Send + Sync;
    /// What is answered. A thing that is not there is part of the answer, not an error.
    type Answer: Serialize + DeserializeOwned + Send + Sync;
}

/// One look-up to make.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The look-up's name.
    pub name: &'static str,
    /// The region to ask in.
    pub region: Region,
    /// The question as JSON.
    pub question: Value,
}

impl Request {
    /// A request for the look-up `L`.
    pub fn new<L: LookUp>(region: &Region, question: &L::Question) -> Self {
        Self { name: L::NAME, region: region.clone(), question: serde_json::to_value(question).unwrap_or(Value::Null) }
    }
}

/// Answers one look-up by its name.
pub trait AnswersLookUp: Send + Sync {
    /// The name it answers to.
    fn name(&self) -> &'static str;
    /// Asks.
    fn answer<'a>(&'a self, region: &'a Region, question: Value) -> BoxFuture<'a, Result<Value, ProviderError>>;
}
