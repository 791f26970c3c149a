//! The contract between the engine and a resource kind.
//!
//! The engine calls [`ResourceKind`]; a kind implements the typed [`Kind`] and is wrapped in [`Typed`]. Kinds do not sleep,
//! retry, log, write state or compute differences: the engine and the planner do this uniformly for all kinds.

use std::collections::BTreeMap;

use futures::future::{BoxFuture, try_join_all};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::{ErrorKind, ProviderError};
use crate::inputs::{Attributes, Inputs};
use crate::schema::Schema;
use crate::tag_index::KnownTags;
use crate::tags::{Ownership, Tags};
use crate::{Address, Region};

/// The resource that a call refers to.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The owner: deployment and address.
    pub ownership: Ownership,
    /// The region of the resource.
    pub region: Region,
    /// The idempotency token: constant across all attempts to create this generation of the resource. 32 hexadecimal digits.
    pub token: String,
    /// `true` if this run, or an earlier one with an unknown outcome, may have created the resource.
    pub attempted: bool,
    /// Identities already recorded in the state. `find` ignores them and looks for another resource, such as the successor
    /// left by an interrupted replacement.
    pub except: Vec<String>,
}

impl Subject {
    /// Returns `true` unless `id` is excluded by [`Subject::except`].
    pub fn seeks(&self, id: &str) -> bool {
        !self.except.iter().any(|known| known == id)
    }

    /// Returns the address.
    pub fn address(&self) -> &Address {
        &self.ownership.address
    }
}

/// The identity prefix of an adopted resource without an owner: it already existed and exactly matches the desired resource
/// (for example, the DNS record that validates a certificate). Such a resource is never deleted, because others may use it.
pub const ADOPTED: &str = "adopted:";

/// Returns `true` if the identity has the [`ADOPTED`] prefix: the resource is never deleted.
pub fn is_adopted(id: &str) -> bool {
    id.starts_with(ADOPTED)
}

/// A live resource, as reported by AWS.
#[derive(Clone, Debug, Default, PartialEq, Serialize, serde::Deserialize)]
pub struct Live {
    /// The live values of the inputs, including `tags` if the kind is taggable.
    pub inputs: Inputs,
    /// The attributes that dependents can reference.
    pub attributes: Attributes,
    /// The reason why the values are assumed rather than read, for example a stopped database that does not respond. Shown
    /// as a warning.
    #[serde(skip)]
    pub assumed: Option<String>,
}

impl Live {
    /// Creates a live resource from live inputs ([`InputFields::Live`](crate::schema::InputFields::Live)) and attributes. An input
    /// that AWS did not return is absent, and the planner does not compare it.
    pub fn new<I: Serialize>(inputs: &I, attributes: Attributes) -> Self {
        let inputs = serde_json::to_value(inputs).ok().and_then(|value| value.as_object().cloned()).unwrap_or_default();
        Self { inputs, attributes, assumed: None }
    }

    /// Marks the values as assumed, with the reason.
    pub fn assumed(mut self, why: impl Into<String>) -> Self {
        self.assumed = Some(why.into());
        self
    }

    /// Adds the tags.
    pub fn tagged(mut self, tags: Tags) -> Self {
        self.inputs.insert("tags".to_owned(), serde_json::to_value(tags).unwrap_or_default());
        self
    }
}

/// Creates attributes from pairs of name and string value.
pub fn attributes<const N: usize>(pairs: [(&str, &str); N]) -> Attributes {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), Value::from(value))).collect()
}

/// Creates attributes from those pairs of name and string value that AWS returned.
pub fn returned<const N: usize>(pairs: [(&str, Option<&str>); N]) -> Attributes {
    pairs.into_iter().filter_map(|(name, value)| Some((name.to_owned(), Value::from(value?)))).collect()
}

/// Orders the results of a batch read by `ids`; `None` for each resource that was not found.
pub fn in_order(ids: &[String], mut found: BTreeMap<String, Live>) -> Vec<Option<Live>> {
    ids.iter().map(|id| found.remove(id)).collect()
}

/// A resource that `find` found.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Its identity.
    pub id: String,
    /// The evidence of ownership.
    pub evidence: Evidence,
    /// Present, or scheduled for deletion.
    pub standing: Standing,
}

/// The deletion status of a found resource.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// Not scheduled for deletion.
    #[default]
    Present,
    /// Scheduled for deletion; can be restored, or deleted immediately (a secret).
    Scheduled,
    /// Scheduled for deletion; can be restored, but not deleted earlier (a KMS key).
    Leaving,
}

/// The evidence of a resource's ownership.
#[derive(Clone, Debug, PartialEq)]
pub enum Evidence {
    /// The resource's own tags.
    Tags(Tags),
    /// Not tagged, but part of a resource owned by this deployment (a role's policy) or marked with its ownership marker.
    Ours,
    /// Not tagged, and without any sign of ownership by this deployment.
    NotOurs,
}

impl Found {
    /// Creates a result for a resource that is not scheduled for deletion.
    pub fn new(id: impl Into<String>, evidence: Evidence) -> Self {
        Self { id: id.into(), evidence, standing: Standing::Present }
    }

    /// Returns `true` if the resource belongs to this owner.
    pub fn is_owned_by(&self, ownership: &Ownership) -> bool {
        match &self.evidence {
            Evidence::Tags(tags) => ownership.matches(tags),
            Evidence::Ours => true,
            Evidence::NotOurs => false,
        }
    }
}

/// The result of a create call, returned as soon as AWS has assigned an identity.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Created {
    /// The identity.
    pub id: String,
    /// The attributes known so far: at least the early ones.
    pub attributes: Attributes,
}

impl Created {
    /// Creates a result from an identity and attributes.
    pub fn new<const N: usize>(id: &str, pairs: [(&str, &str); N]) -> Self {
        Self { id: id.to_owned(), attributes: attributes(pairs) }
    }
}

/// The progress of a creation, an update or a deletion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// Complete.
    Ready,
    /// In progress, with the status as AWS reports it.
    Waiting(String),
}

impl Readiness {
    /// A new resource that the describe call does not return yet.
    pub fn not_visible() -> Self {
        Self::Waiting("not visible yet".to_owned())
    }
}

/// The mode of a deletion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deletion {
    /// Keeps recovery windows (for example, of a secret) and never deletes content.
    Recoverable,
    /// Deletes content as well, and skips recovery windows.
    Purge,
}

/// One in-place update.
#[derive(Clone, Debug)]
pub struct Update<I> {
    /// The desired inputs.
    pub desired: I,
    /// The live inputs, as AWS reports them.
    pub live: Inputs,
    /// The dotted paths of the fields that differ, excluding tags.
    pub changed: Vec<String>,
    /// The tags to set.
    pub tags_to_set: Tags,
    /// The tag keys to remove.
    pub tags_to_remove: Vec<String>,
}

impl<I> Update<I> {
    /// Returns `true` if `field`, or any field nested in it, differs.
    pub fn changes(&self, field: &str) -> bool {
        self.changed
            .iter()
            .any(|path| path.strip_prefix(field).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
    }
}

/// The interface that the engine calls. A missing resource is not an error: `read` returns `None`, and `delete` succeeds.
pub trait ResourceKind: Send + Sync {
    /// Finds the resource by its natural name, its token or its ownership tags. Strings in `known` that are still unknown are
    /// null.
    fn find<'a>(&'a self, subject: &'a Subject, known: Inputs) -> BoxFuture<'a, Result<Option<Found>, ProviderError>>;
    /// Reads several resources of one region in one call and returns them in the order of `ids`. A read either succeeds for
    /// all or fails as a whole; an existing resource that does not respond is neither missing nor an error, but
    /// [`Live::assumed`].
    fn read<'a>(
        &'a self,
        region: &'a Region,
        ids: &'a [String],
        tags: KnownTags<'a>,
    ) -> BoxFuture<'a, Result<Vec<Option<Live>>, ProviderError>>;
    /// Creates the resource and returns as soon as AWS has assigned an identity.
    fn create<'a>(&'a self, subject: &'a Subject, inputs: Inputs) -> BoxFuture<'a, Result<Created, ProviderError>>;
    /// Checks whether the resource is ready for its dependents.
    fn ready<'a>(&'a self, region: &'a Region, id: &'a str) -> BoxFuture<'a, Result<Readiness, ProviderError>>;
    /// Updates the resource in place.
    fn update<'a>(
        &'a self,
        subject: &'a Subject,
        id: &'a str,
        update: Update<Inputs>,
    ) -> BoxFuture<'a, Result<(), ProviderError>>;
    /// Deletes the resource.
    fn delete<'a>(&'a self, region: &'a Region, id: &'a str, how: Deletion)
    -> BoxFuture<'a, Result<(), ProviderError>>;
    /// Checks whether the deletion is complete, so that the dependencies of the resource can be deleted as well.
    fn gone<'a>(&'a self, region: &'a Region, id: &'a str) -> BoxFuture<'a, Result<Readiness, ProviderError>>;
}

/// The definition of a kind: the type of its inputs and its schema. Implemented in `ohinfra-kinds`.
pub trait Definition: Send + Sync + 'static {
    /// The inputs. `T` is the type of a string that can reference other resources: [`crate::Text`] as a stack defines it,
    /// `String` once all references are resolved, `Option<String>` while some are still unknown.
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync>: Serialize + DeserializeOwned + Send + Sync;
    /// Returns the schema.
    fn schema() -> Schema;
}

/// The inputs of a kind with all references resolved.
pub type Resolved<D> = <D as Definition>::Inputs<String>;
/// The inputs of a kind; strings that are still unknown are `None`.
pub type Known<D> = <D as Definition>::Inputs<Option<String>>;
/// The inputs of a kind as a stack defines them, with references.
pub type Desired<D> = <D as Definition>::Inputs<crate::Text>;

/// The typed form of [`ResourceKind`]; each method has the same meaning.
pub trait Kind: Send + Sync + 'static {
    /// The definition of the kind.
    type Definition: Definition;

    /// See [`ResourceKind::find`].
    fn find(
        &self,
        subject: &Subject,
        known: &Known<Self::Definition>,
    ) -> impl Future<Output = Result<Option<Found>, ProviderError>> + Send;
    /// See [`ResourceKind::read`]. A kind implements this method, or [`Kind::read_one`] if AWS describes one resource per call.
    fn read(
        &self,
        region: &Region,
        ids: &[String],
        tags: KnownTags<'_>,
    ) -> impl Future<Output = Result<Vec<Option<Live>>, ProviderError>> + Send {
        async move { try_join_all(ids.iter().map(|id| self.read_one(region, id, tags))).await }
    }
    /// Reads one resource.
    fn read_one(
        &self,
        region: &Region,
        id: &str,
        tags: KnownTags<'_>,
    ) -> impl Future<Output = Result<Option<Live>, ProviderError>> + Send {
        let ids = [id.to_owned()];
        async move { Ok(self.read(region, &ids, tags).await?.into_iter().next().flatten()) }
    }
    /// See [`ResourceKind::create`].
    fn create(
        &self,
        subject: &Subject,
        inputs: &Resolved<Self::Definition>,
        tags: &Tags,
    ) -> impl Future<Output = Result<Created, ProviderError>> + Send;
    /// See [`ResourceKind::ready`]. Most resources are ready when created.
    fn ready(&self, _region: &Region, _id: &str) -> impl Future<Output = Result<Readiness, ProviderError>> + Send {
        async { Ok(Readiness::Ready) }
    }
    /// See [`ResourceKind::update`]. Tags are updated afterwards, by [`Kind::remove_tags`] and [`Kind::set_tags`].
    fn update(
        &self,
        subject: &Subject,
        id: &str,
        update: &Update<Resolved<Self::Definition>>,
    ) -> impl Future<Output = Result<(), ProviderError>> + Send;
    /// Sets tags and keeps the others. Required for taggable kinds.
    fn set_tags(
        &self,
        _region: &Region,
        id: &str,
        _tags: &Tags,
    ) -> impl Future<Output = Result<(), ProviderError>> + Send {
        let error = no_tags::<Self::Definition>(id);
        async { Err(error) }
    }
    /// Removes tags. Required for taggable kinds. Called before [`Kind::set_tags`], so that a resource never has more tags than
    /// AWS allows.
    fn remove_tags(
        &self,
        _region: &Region,
        id: &str,
        _keys: &[String],
    ) -> impl Future<Output = Result<(), ProviderError>> + Send {
        let error = no_tags::<Self::Definition>(id);
        async { Err(error) }
    }
    /// See [`ResourceKind::delete`].
    fn delete(
        &self,
        region: &Region,
        id: &str,
        how: Deletion,
    ) -> impl Future<Output = Result<(), ProviderError>> + Send;
    /// See [`ResourceKind::gone`]. Most deletions are complete when the call returns.
    fn gone(&self, _region: &Region, _id: &str) -> impl Future<Output = Result<Readiness, ProviderError>> + Send {
        async { Ok(Readiness::Ready) }
    }
}

/// Adapts a [`Kind`] to [`ResourceKind`].
pub struct Typed<K>(pub K);

fn no_tags<D: Definition>(id: &str) -> ProviderError {
    ProviderError::new(
        ErrorKind::Invalid,
        D::schema().kind,
        format!("internal error: the tags of {id} cannot be changed; please report this"),
    )
}

fn typed<T: DeserializeOwned>(inputs: &Inputs, operation: &str) -> Result<T, ProviderError> {
    let mut fields = inputs.clone();
    fields.remove("tags");
    serde_json::from_value(Value::Object(fields)).map_err(|error| {
        ProviderError::new(ErrorKind::Invalid, operation, format!("invalid inputs for this kind: {error}"))
    })
}

/// Returns the tags in the inputs.
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
        tags: KnownTags<'a>,
    ) -> BoxFuture<'a, Result<Vec<Option<Live>>, ProviderError>> {
        Box::pin(self.0.read(region, ids, tags))
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
            self.0.update(subject, id, &update).await?;
            if !update.tags_to_remove.is_empty() {
                self.0.remove_tags(&subject.region, id, &update.tags_to_remove).await?;
            }
            if !update.tags_to_set.is_empty() {
                self.0.set_tags(&subject.region, id, &update.tags_to_set).await?;
            }
            Ok(())
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
