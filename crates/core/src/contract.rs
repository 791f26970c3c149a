//! The contract between the engine and a resource kind.
//!
//! [`ResourceKind`] is what the engine calls; a kind is written as the typed [`Kind`] and wrapped in [`Typed`].
//! No kind sleeps, retries, logs, writes state or computes a difference: the engine and the planner do, alike for all.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::future::BoxFuture;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::{ErrorKind, ProviderError};
use crate::inputs::{Attributes, Inputs};
use crate::look_up::{AnswersLookUp, Request};
use crate::schema::Schema;
use crate::tags::{Ownership, Tags};
use crate::{Address, Region};

/// Which resource a call is about.
#[derive(Clone, Debug)]
pub struct Subject {
    /// Whose it is.
    pub ownership: Ownership,
    /// The region it lives in.
    pub region: Region,
    /// An idempotency token: the same for every attempt to create this generation of this resource. 32 hexadecimal digits.
    pub token: String,
    /// Whether this run, or an earlier one whose end nobody saw, may have created it.
    pub attempted: bool,
    /// Identities that the state knows: `find` looks for something else (the successor that an interrupted replacement left).
    pub except: Vec<String>,
}

impl Subject {
    /// Whether this identity is one that is looked for.
    pub fn seeks(&self, id: &str) -> bool {
        !self.except.iter().any(|known| known == id)
    }

    /// The address.
    pub fn address(&self) -> &Address {
        &self.ownership.address
    }
}

/// The prefix of the identity of something that existed before, has no owner, and is exactly what was to be created (the DNS
/// record that validates a certificate). It is adopted, and never deleted: others may need it.
pub const ADOPTED: &str = "adopted:";

/// Whether an identity is that of something that was adopted and is never deleted.
pub fn is_adopted(id: &str) -> bool {
    id.starts_with(ADOPTED)
}

/// What AWS reports of a resource.
#[derive(Clone, Debug, Default, PartialEq, Serialize, serde::Deserialize)]
pub struct Live {
    /// In the shape of the inputs, `tags` included where the kind has tags.
    pub inputs: Inputs,
    /// What dependents may refer to.
    pub attributes: Attributes,
    /// Why this is assumed rather than read: what was asked does not answer (a database that is stopped). Shown as a warning.
    #[serde(skip)]
    pub assumed: Option<String>,
}

impl Live {
    /// What was read: the inputs in the kind's own type, and the attributes.
    pub fn new<I: Serialize>(inputs: &I, attributes: Attributes) -> Self {
        let inputs = serde_json::to_value(inputs).ok().and_then(|value| value.as_object().cloned()).unwrap_or_default();
        Self { inputs, attributes, assumed: None }
    }

    /// Says that this is assumed, and why.
    pub fn assumed(mut self, why: impl Into<String>) -> Self {
        self.assumed = Some(why.into());
        self
    }

    /// Adds the tags that were read.
    pub fn tagged(mut self, tags: Tags) -> Self {
        self.inputs.insert("tags".to_owned(), serde_json::to_value(tags).unwrap_or_default());
        self
    }
}

/// Attributes from pairs of name and text.
pub fn attributes<const N: usize>(pairs: [(&str, &str); N]) -> Attributes {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), Value::from(value))).collect()
}

/// The answers of a call that describes many, in the order in which they were asked for.
pub fn in_order(ids: &[String], mut found: BTreeMap<String, Live>) -> Vec<Option<Live>> {
    ids.iter().map(|id| found.remove(id)).collect()
}

/// A resource that was looked for and is there.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Its identity.
    pub id: String,
    /// How it is known whose it is.
    pub evidence: Evidence,
    /// Whether it is there to stay.
    pub standing: Standing,
}

/// Whether something that was found is there to stay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// It is.
    #[default]
    Present,
    /// Its deletion is scheduled: it can be brought back, or deleted at once (a secret).
    Scheduled,
    /// Its deletion is scheduled: it can be brought back, and nothing makes it go faster (a key).
    Leaving,
}

/// How it is known whose a resource is.
#[derive(Clone, Debug, PartialEq)]
pub enum Evidence {
    /// By its own tags.
    Tags(Tags),
    /// It has no tags, but it belongs to a thing that is ours (a role's policy) or carries our mark.
    Ours,
    /// It has no tags, and nothing says that it is ours.
    NotOurs,
}

impl Found {
    /// Something that is there to stay.
    pub fn new(id: impl Into<String>, evidence: Evidence) -> Self {
        Self { id: id.into(), evidence, standing: Standing::Present }
    }

    /// Whether it is the subject itself.
    pub fn is_owned_by(&self, ownership: &Ownership) -> bool {
        match &self.evidence {
            Evidence::Tags(tags) => ownership.matches(tags),
            Evidence::Ours => true,
            Evidence::NotOurs => false,
        }
    }
}

/// What a create call gives back as soon as AWS knows the resource.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Created {
    /// Its identity.
    pub id: String,
    /// The attributes that are known already: at least the early ones.
    pub attributes: Attributes,
}

impl Created {
    /// A resource of this identity, with these attributes.
    pub fn new<const N: usize>(id: &str, pairs: [(&str, &str); N]) -> Self {
        Self { id: id.to_owned(), attributes: attributes(pairs) }
    }
}

/// Whether something has come to be (or has gone).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// It has.
    Ready,
    /// Not yet; with AWS's own word for the status.
    Waiting(String),
}

/// How thoroughly to delete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deletion {
    /// What AWS can bring back may be brought back (a secret keeps its recovery window); content is never deleted.
    Recoverable,
    /// Content and recovery windows included.
    Purge,
}

/// One change in place.
#[derive(Clone, Debug)]
pub struct Update<I> {
    /// What it must become.
    pub desired: I,
    /// What AWS reports now.
    pub live: Inputs,
    /// The dotted paths that differ, tags excluded.
    pub changed: Vec<String>,
    /// Tags to set.
    pub tags_to_set: Tags,
    /// Tag keys to remove.
    pub tags_to_remove: Vec<String>,
}

impl<I> Update<I> {
    /// Whether `field`, or anything within it, differs.
    pub fn changes(&self, field: &str) -> bool {
        self.changed
            .iter()
            .any(|path| path.strip_prefix(field).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
    }
}

/// What the engine calls. Missing is a value: `read` answers `None`, `delete` of something gone succeeds.
pub trait ResourceKind: Send + Sync {
    /// Looks for the resource by its natural name, its token or its ownership tags. Texts in `known` that are not known
    /// yet are null.
    fn find<'a>(&'a self, subject: &'a Subject, known: Inputs) -> BoxFuture<'a, Result<Option<Found>, ProviderError>>;
    /// Reads many of one region at once, in the order asked. A read is whole or an error; what can be asked and does not answer is
    /// neither missing nor an error of the whole read, but [`Live::assumed`].
    fn read<'a>(
        &'a self,
        region: &'a Region,
        ids: &'a [String],
    ) -> BoxFuture<'a, Result<Vec<Option<Live>>, ProviderError>>;
    /// Creates it, and returns as soon as AWS has given it an identity.
    fn create<'a>(&'a self, subject: &'a Subject, inputs: Inputs) -> BoxFuture<'a, Result<Created, ProviderError>>;
    /// Whether it can be used by what needs it ready.
    fn ready<'a>(&'a self, region: &'a Region, id: &'a str) -> BoxFuture<'a, Result<Readiness, ProviderError>>;
    /// Changes it in place.
    fn update<'a>(
        &'a self,
        subject: &'a Subject,
        id: &'a str,
        update: Update<Inputs>,
    ) -> BoxFuture<'a, Result<(), ProviderError>>;
    /// Deletes it.
    fn delete<'a>(&'a self, region: &'a Region, id: &'a str, how: Deletion)
    -> BoxFuture<'a, Result<(), ProviderError>>;
    /// Whether a deleted one has gone for good, so that what it used can be deleted too.
    fn gone<'a>(&'a self, region: &'a Region, id: &'a str) -> BoxFuture<'a, Result<Readiness, ProviderError>>;
}

/// What a kind is: its inputs as a type, and its schema. Implemented in `ohinfra-kinds`.
pub trait Definition: Send + Sync + 'static {
    /// The inputs. `T` is the type of a text that may refer to other resources: [`crate::Text`] where it is written down,
    /// `String` where all is known, `Option<String>` where some may not be known yet.
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync>: Serialize + DeserializeOwned + Send + Sync;
    /// What the planner must know.
    fn schema() -> Schema;
}

/// The inputs of a kind with everything known.
pub type Resolved<D> = <D as Definition>::Inputs<String>;
/// The inputs of a kind as far as they are known.
pub type Known<D> = <D as Definition>::Inputs<Option<String>>;
/// The inputs of a kind as a stack writes them.
pub type Desired<D> = <D as Definition>::Inputs<crate::Text>;

/// How a kind is done: the typed form of [`ResourceKind`], with the same meaning of each call.
pub trait Kind: Send + Sync + 'static {
    /// What it is.
    type Definition: Definition;

    /// See [`ResourceKind::find`].
    fn find(
        &self,
        subject: &Subject,
        known: &Known<Self::Definition>,
    ) -> impl Future<Output = Result<Option<Found>, ProviderError>> + Send;
    /// See [`ResourceKind::read`].
    fn read(
        &self,
        region: &Region,
        ids: &[String],
    ) -> impl Future<Output = Result<Vec<Option<Live>>, ProviderError>> + Send;
    /// See [`ResourceKind::create`].
    fn create(
        &self,
        subject: &Subject,
        inputs: &Resolved<Self::Definition>,
        tags: &Tags,
    ) -> impl Future<Output = Result<Created, ProviderError>> + Send;
    /// See [`ResourceKind::ready`]. Most things are ready when created.
    fn ready(&self, _region: &Region, _id: &str) -> impl Future<Output = Result<Readiness, ProviderError>> + Send {
        async { Ok(Readiness::Ready) }
    }
    /// See [`ResourceKind::update`].
    fn update(
        &self,
        subject: &Subject,
        id: &str,
        update: &Update<Resolved<Self::Definition>>,
    ) -> impl Future<Output = Result<(), ProviderError>> + Send;
    /// See [`ResourceKind::delete`].
    fn delete(
        &self,
        region: &Region,
        id: &str,
        how: Deletion,
    ) -> impl Future<Output = Result<(), ProviderError>> + Send;
    /// See [`ResourceKind::gone`]. Most things are gone when deleted.
    fn gone(&self, _region: &Region, _id: &str) -> impl Future<Output = Result<Readiness, ProviderError>> + Send {
        async { Ok(Readiness::Ready) }
    }
}

/// Makes a [`ResourceKind`] of a [`Kind`].
pub struct Typed<K>(pub K);

fn typed<T: DeserializeOwned>(inputs: &Inputs, operation: &str) -> Result<T, ProviderError> {
    let mut fields = inputs.clone();
    fields.remove("tags");
    serde_json::from_value(Value::Object(fields)).map_err(|error| {
        ProviderError::new(ErrorKind::Invalid, operation, format!("the inputs do not fit the kind: {error}"))
    })
}

/// The tags within inputs.
pub fn tags_of(inputs: &Inputs) -> Tags {
    inputs
        .get("tags")
        .and_then(Value::as_object)
        .map(|tags| tags.iter().filter_map(|(k, v)| Some((k.clone(), v.as_str()?.to_owned()))).collect())
        .unwrap_or_default()
}

impl<K: Kind> ResourceKind for Typed<K> {
    fn find<'a>(&'a self, subject: &'a Subject, known: Inputs) -> BoxFuture<'a, Result<Option<Found>, ProviderError>> {
        Box::pin(async move { self.0.find(subject, &typed(&known, "find")?).await })
    }

    fn read<'a>(
        &'a self,
        region: &'a Region,
        ids: &'a [String],
    ) -> BoxFuture<'a, Result<Vec<Option<Live>>, ProviderError>> {
        Box::pin(self.0.read(region, ids))
    }

    fn create<'a>(&'a self, subject: &'a Subject, inputs: Inputs) -> BoxFuture<'a, Result<Created, ProviderError>> {
        Box::pin(async move { self.0.create(subject, &typed(&inputs, "create")?, &tags_of(&inputs)).await })
    }

    fn ready<'a>(&'a self, region: &'a Region, id: &'a str) -> BoxFuture<'a, Result<Readiness, ProviderError>> {
        Box::pin(self.0.ready(region, id))
    }

    fn update<'a>(
        &'a self,
        subject: &'a Subject,
        id: &'a str,
        update: Update<Inputs>,
    ) -> BoxFuture<'a, Result<(), ProviderError>> {
        Box::pin(async move {
            let update = Update {
                desired: typed(&update.desired, "update")?,
                live: update.live,
                changed: update.changed,
                tags_to_set: update.tags_to_set,
                tags_to_remove: update.tags_to_remove,
            };
            self.0.update(subject, id, &update).await
        })
    }

    fn delete<'a>(
        &'a self,
        region: &'a Region,
        id: &'a str,
        how: Deletion,
    ) -> BoxFuture<'a, Result<(), ProviderError>> {
        Box::pin(self.0.delete(region, id, how))
    }

    fn gone<'a>(&'a self, region: &'a Region, id: &'a str) -> BoxFuture<'a, Result<Readiness, ProviderError>> {
        Box::pin(self.0.gone(region, id))
    }
}

/// The tags of a deployment as its state has recorded them.
#[derive(Clone, Debug)]
pub struct RecordedTags {
    /// The deployment's name.
    pub deployment: String,
    /// Address to tags.
    pub tags: BTreeMap<String, Tags>,
}

/// A cloud's index of the tags of many things: quicker than asking for each, and behind the things themselves for a while.
pub trait TagIndex: Send + Sync {
    /// From now on tags may be taken from the index where it says what is recorded; none: every tag is asked for where it is.
    fn believe(&self, recorded: Option<RecordedTags>);
}

/// A cloud: every kind and every look-up that it can do, by name. Explicit, so that it can be searched and is ordered.
#[derive(Clone, Default)]
pub struct Provider {
    kinds: BTreeMap<&'static str, (Arc<Schema>, Arc<dyn ResourceKind>)>,
    look_ups: BTreeMap<&'static str, Arc<dyn AnswersLookUp>>,
    limits: BTreeMap<&'static str, usize>,
    tag_index: Option<Arc<dyn TagIndex>>,
}

impl Provider {
    /// Says how many calls to a service may be under way at once in a region.
    pub fn at_most(mut self, service: &'static str, calls: usize) -> Self {
        self.limits.insert(service, calls);
        self
    }

    /// How many calls may be under way at once, by service.
    pub fn limits(&self) -> &BTreeMap<&'static str, usize> {
        &self.limits
    }

    /// Adds an index of tags.
    pub fn with_tag_index(mut self, index: Arc<dyn TagIndex>) -> Self {
        self.tag_index = Some(index);
        self
    }

    /// The index of tags, if there is one.
    pub fn tag_index(&self) -> Option<&dyn TagIndex> {
        self.tag_index.as_deref()
    }

    /// Adds a kind.
    pub fn kind<K: Kind>(self, kind: K) -> Self {
        self.raw_kind(K::Definition::schema(), Arc::new(Typed(kind)))
    }

    /// Adds a kind that is not typed (the in-memory cloud, fault injection).
    pub fn raw_kind(mut self, schema: Schema, kind: Arc<dyn ResourceKind>) -> Self {
        self.kinds.insert(schema.kind, (Arc::new(schema), kind));
        self
    }

    /// Adds a look-up.
    pub fn look_up(mut self, look_up: impl AnswersLookUp + 'static) -> Self {
        self.look_ups.insert(look_up.name(), Arc::new(look_up));
        self
    }

    /// Every kind, by name.
    pub fn kinds(&self) -> impl Iterator<Item = (&Arc<Schema>, &Arc<dyn ResourceKind>)> {
        self.kinds.values().map(|(schema, kind)| (schema, kind))
    }

    /// Every look-up, by name.
    pub fn look_ups(&self) -> impl Iterator<Item = &Arc<dyn AnswersLookUp>> {
        self.look_ups.values()
    }

    /// The kind of a name; an error that tells what to do if this version does not know it.
    pub fn find_kind(&self, name: &str) -> Result<(&Arc<Schema>, &Arc<dyn ResourceKind>), ProviderError> {
        self.kinds.get(name).map(|(schema, kind)| (schema, kind)).ok_or_else(|| {
            ProviderError::new(
                ErrorKind::Invalid,
                name,
                "this version of ohinfra does not know the kind; use the version that wrote the state, or a newer one",
            )
        })
    }

    /// Makes one look-up.
    pub async fn ask(&self, request: &Request) -> Result<Value, ProviderError> {
        match self.look_ups.get(request.name) {
            Some(look_up) => look_up.answer(&request.region, request.question.clone()).await,
            None => Err(ProviderError::new(ErrorKind::Invalid, request.name, "there is no such look-up")),
        }
    }
}
