//! A cloud as the engine sees it: its kinds, its lookups, its limits and its tag index.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use crate::contract::{Definition, Kind, ResourceKind, Typed};
use crate::error::{ErrorKind, ProviderError};
use crate::lookup::{AnswersLookUp, Request};
use crate::schema::Schema;
use crate::tag_index::{OpenTagIndex, RecordedTags, TagIndex};

/// The schemas of kinds, by name.
pub type Schemas = BTreeMap<&'static str, Arc<Schema>>;

/// A cloud: all its kinds and lookups, by name. Registered explicitly, so that they are ordered and searchable.
#[derive(Clone, Default)]
pub struct Provider {
    schemas: Schemas,
    kinds: BTreeMap<&'static str, Arc<dyn ResourceKind>>,
    lookups: BTreeMap<&'static str, Arc<dyn AnswersLookUp>>,
    limits: BTreeMap<&'static str, usize>,
    tag_index: Option<Arc<OpenTagIndex>>,
}

impl Provider {
    /// Limits the number of concurrent calls to a service in a region.
    pub fn concurrency_limit(mut self, service: &'static str, calls: usize) -> Self {
        self.limits.insert(service, calls);
        self
    }

    /// Returns the maximum number of concurrent calls, by service.
    pub fn limits(&self) -> &BTreeMap<&'static str, usize> {
        &self.limits
    }

    /// Adds a tag index.
    pub fn with_tag_index(mut self, open: Arc<OpenTagIndex>) -> Self {
        self.tag_index = Some(open);
        self
    }

    /// Creates a tag index that trusts nothing but the recorded tags; `None` if the cloud has none.
    pub fn tag_index(&self, recorded: RecordedTags) -> Option<Box<dyn TagIndex>> {
        self.tag_index.as_ref().map(|open| open(recorded))
    }

    /// Adds a kind.
    pub fn kind<K: Kind>(self, kind: K) -> Self {
        self.raw_kind(K::Definition::schema(), Arc::new(Typed(kind)))
    }

    /// Adds an untyped kind (the in-memory cloud, fault injection).
    pub fn raw_kind(mut self, schema: Schema, kind: Arc<dyn ResourceKind>) -> Self {
        self.kinds.insert(schema.kind, kind);
        self.schemas.insert(schema.kind, Arc::new(schema));
        self
    }

    /// Adds a lookup.
    pub fn lookup(mut self, lookup: impl AnswersLookUp + 'static) -> Self {
        self.lookups.insert(lookup.name(), Arc::new(lookup));
        self
    }

    /// Returns all kinds, ordered by name.
    pub fn kinds(&self) -> impl Iterator<Item = (&Arc<Schema>, &Arc<dyn ResourceKind>)> {
        self.schemas.values().zip(self.kinds.values())
    }

    /// Returns the schemas of all kinds.
    pub fn schemas(&self) -> &Schemas {
        &self.schemas
    }

    /// Returns all lookups, ordered by name.
    pub fn lookups(&self) -> impl Iterator<Item = &Arc<dyn AnswersLookUp>> {
        self.lookups.values()
    }

    /// Returns the kind with a name.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] if this version has no such kind; the message includes the remedy.
    pub fn find_kind(&self, name: &str) -> Result<(&Arc<Schema>, &Arc<dyn ResourceKind>), ProviderError> {
        self.schemas.get(name).zip(self.kinds.get(name)).ok_or_else(|| {
            ProviderError::new(
                ErrorKind::Invalid,
                name,
                "unknown resource kind; use the version of ohinfra that wrote the state, or a newer one",
            )
        })
    }

    /// Runs one lookup.
    pub async fn ask(&self, request: &Request) -> Result<Value, ProviderError> {
        match self.lookups.get(request.name) {
            Some(lookup) => lookup.answer(&request.region, request.question.clone()).await,
            None => Err(ProviderError::new(ErrorKind::Invalid, request.name, "unknown lookup")),
        }
    }
}
