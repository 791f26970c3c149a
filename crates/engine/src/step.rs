//! The execution of a single step: create, update or delete a resource, independently of other steps.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ohinfra_core::contract::{Created, Deletion, Live, ResourceKind, Subject, Update, tags_of};
use ohinfra_core::error::{ErrorKind, ProviderError};
use ohinfra_core::inputs::{Attributes, Inputs};
use ohinfra_core::schema::{Availability, RECORDED, REPLACE, SHARED, Schema, WRITE_ONLY};
use ohinfra_core::tag_index::KnownTags;
use ohinfra_core::tags::{Tags, is_reserved};
use ohinfra_core::{Address, Region};
use ohinfra_plan::FieldChange;
use ohinfra_plan::difference::{Compared, difference};

use crate::Engine;
use crate::events::Event;
use crate::waiting::{retrying, until_ready};
use crate::writer::StateWriter;

/// The context of a step.
pub(crate) struct Work {
    pub(crate) engine: Engine,
    pub(crate) schema: Arc<Schema>,
    pub(crate) kind: Arc<dyn ResourceKind>,
    pub(crate) subject: Subject,
    pub(crate) lineage: String,
    /// `true` if the resource may already exist without being known to the plan.
    pub(crate) look_first: bool,
    /// The identities of replaced resources that still have to be deleted. One that has the name of the new resource is reused.
    pub(crate) predecessors: Vec<String>,
    /// The writer that records a create call before it is sent; only for kinds that need it ([`Schema::adopts`]).
    pub(crate) intents: Option<Arc<StateWriter>>,
}

impl Work {
    fn progress(&self) -> impl Fn(String) + '_ {
        |status| self.engine.observer.on(&Event::Progress { address: self.subject.address().clone(), status })
    }

    fn region(&self) -> &Region {
        &self.subject.region
    }

    async fn permit(&self) -> crate::limits::Permit {
        self.engine.limits.permit(self.schema.service(), self.region()).await
    }

    /// Creates the resource. If it already exists and is owned by this deployment, it is adopted and updated where it differs.
    ///
    /// A create call that failed midway or whose response was lost may have created the resource, so every further attempt
    /// starts with a `find`. The first attempt does so as well for a replacement (an earlier run may have been interrupted) and
    /// for a resource that the plan could not find.
    pub(crate) async fn create(
        &self,
        inputs: &Inputs,
        identified: impl Fn(&Created),
    ) -> Result<Created, ProviderError> {
        let untouched = AtomicBool::new(!self.look_first);
        let attempted = AtomicBool::new(false);
        let outcome = retrying(self.schema.timeouts.ready, self.progress(), || async {
            if !untouched.swap(false, Ordering::Relaxed)
                && let Some(id) = self.find_own(&self.attempt(attempted.load(Ordering::Relaxed)), inputs, None).await?
            {
                return Ok(CreateOutcome::Found(id));
            }
            attempted.store(true, Ordering::Relaxed);
            self.record_attempt(true).await?;
            let result = {
                let _permit = self.permit().await;
                self.kind.create(&self.subject, inputs.clone()).await
            };
            if result.as_ref().is_err_and(|error| !error.is_transient() && error.kind != ErrorKind::Exists) {
                // AWS rejected the call: an equal object that exists later is not ours.
                self.record_attempt(false).await?;
            }
            match result {
                Err(error) if error.kind == ErrorKind::Exists => self.resolve_conflict(inputs, error).await,
                result => result.map(CreateOutcome::Created),
            }
        })
        .await?;
        let created = match outcome {
            CreateOutcome::Created(created) => created,
            CreateOutcome::Found(id) => {
                let live = self.read(&id).await?;
                identified(&Created { id: id.clone(), attributes: live.attributes.clone() });
                // The write-only inputs of a predecessor are unknown.
                let applied = self.predecessors.contains(&id).then(|| never_reported(&self.schema, inputs));
                let attributes = self.change(&id, inputs, applied.as_ref(), &live).await?;
                return Ok(Created { id, attributes });
            }
        };
        identified(&created);
        self.wait_until_ready(&created.id).await?;
        if self.is_complete(&created.attributes) {
            return Ok(created);
        }
        let attributes = self.read(&created.id).await?.attributes;
        Ok(Created { id: created.id, attributes })
    }

    /// Records in the state whether a create call may have had an effect, and waits until that is written.
    async fn record_attempt(&self, attempted: bool) -> Result<(), ProviderError> {
        let Some(writer) = &self.intents else { return Ok(()) };
        writer.change(|document| {
            if let Some(pending) = document.pending.get_mut(self.subject.address()) {
                pending.attempted = attempted;
            }
        });
        let failed = |error: ohinfra_state::StateError| {
            ProviderError::new(ErrorKind::Other, self.schema.kind, format!("failed to write the state: {error}"))
        };
        writer.flush().await.map_err(failed)
    }

    fn attempt(&self, attempted: bool) -> Subject {
        Subject { attempted: attempted || self.subject.attempted, ..self.subject.clone() }
    }

    /// Finds a reusable resource that conflicts with a create call: one created by an earlier attempt, or a predecessor that
    /// still has to be deleted (the configuration was changed back to its name).
    async fn resolve_conflict(&self, inputs: &Inputs, error: ProviderError) -> Result<CreateOutcome, ProviderError> {
        // A `find` preceded the create call: a resource that exists now was created by an attempt whose response was lost.
        let mut subject = self.attempt(true);
        if let Some(id) = self.find_own(&subject, inputs, Some(&error)).await? {
            return Ok(CreateOutcome::Found(id));
        }
        subject.except.retain(|id| !self.predecessors.contains(id));
        self.find_own(&subject, inputs, Some(&error)).await?.map(CreateOutcome::Found).ok_or(error)
    }

    /// Returns the identity of the existing resource if it is owned by this deployment. A resource of another owner is an error
    /// if a create call has failed with `exists` because of it.
    async fn find_own(
        &self,
        subject: &Subject,
        inputs: &Inputs,
        exists: Option<&ProviderError>,
    ) -> Result<Option<String>, ProviderError> {
        let found = {
            let _permit = self.permit().await;
            self.kind.find(subject, inputs.clone()).await?
        };
        match (found, exists) {
            (Some(found), _) if found.is_owned_by(&subject.ownership) => Ok(Some(found.id)),
            (Some(found), Some(error)) => Err(ProviderError {
                message: format!(
                    "`{}` already exists and is not managed by this deployment; run `ohinfra import {} '{}'` to adopt it",
                    found.id,
                    self.subject.address(),
                    found.id
                ),
                ..error.clone()
            }),
            (_, _) => Ok(None),
        }
    }

    /// Updates the live resource to the desired inputs in place, and returns the resulting attributes.
    pub(crate) async fn change(
        &self,
        id: &str,
        desired: &Inputs,
        applied: Option<&Inputs>,
        live: &Live,
    ) -> Result<Attributes, ProviderError> {
        let compared = Compared { schema: &self.schema, lineage: &self.lineage, desired, applied, live: &live.inputs };
        let fields = difference(&compared);
        if let Some(field) = fields.iter().find(|field| field.replace) {
            return Err(ProviderError::new(
                ErrorKind::Invalid,
                self.schema.kind,
                format!("`{}` changed since the plan and requires replacement; run plan again", field.path),
            ));
        }
        if !fields.is_empty() {
            let update = update_of(&self.schema, desired, live, &fields);
            retrying(self.schema.timeouts.ready, self.progress(), || async {
                let _permit = self.permit().await;
                self.kind.update(&self.subject, id, update.clone()).await
            })
            .await?;
        }
        self.wait_until_ready(id).await?;
        let may_change = self.schema.attributes().iter().any(|(_, a)| *a == Availability::ChangesOnUpdate);
        // Attributes read before the resource was ready, after an interrupted run, may be incomplete.
        if may_change && !fields.is_empty() || !self.is_complete(&live.attributes) {
            Ok(self.read(id).await?.attributes)
        } else {
            Ok(live.attributes.clone())
        }
    }

    /// Returns the inputs as recorded in the state, with the live values of [`RECORDED`] inputs.
    pub(crate) async fn recorded(&self, id: &str, inputs: Inputs) -> Result<Inputs, ProviderError> {
        if self.schema.inputs_with(RECORDED).next().is_none() {
            return Ok(inputs);
        }
        let live = self.read(id).await?;
        Ok(with_recorded(&self.schema, inputs, &live))
    }

    fn is_complete(&self, attributes: &Attributes) -> bool {
        self.schema.attributes().iter().all(|(name, _)| attributes.contains_key(*name))
    }

    async fn wait_until_ready(&self, id: &str) -> Result<(), ProviderError> {
        until_ready(self.schema.timeouts.ready, self.schema.kind, self.progress(), || async {
            let _permit = self.permit().await;
            self.kind.ready(self.region(), id).await
        })
        .await
    }

    pub(crate) async fn read(&self, id: &str) -> Result<Live, ProviderError> {
        let ids = [id.to_owned()];
        retrying(Duration::from_secs(60), self.progress(), || async {
            let _permit = self.permit().await;
            let answers = self.kind.read(self.region(), &ids, KnownTags::NONE).await?;
            // Immediately after a create call, a read may not return the resource yet.
            answers.into_iter().next().flatten().ok_or_else(|| ProviderError::not_visible(self.schema.kind, id))
        })
        .await
    }

    /// Deletes the resource and waits until the deletion is complete.
    pub(crate) async fn delete(&self, id: &str, how: Deletion) -> Result<(), ProviderError> {
        retrying(self.schema.timeouts.delete, self.progress(), || async {
            let _permit = self.permit().await;
            self.kind.delete(self.region(), id, how).await
        })
        .await?;
        until_ready(self.schema.timeouts.delete, self.schema.kind, self.progress(), || async {
            let _permit = self.permit().await;
            self.kind.gone(self.region(), id).await
        })
        .await
    }
}

/// Adds the live values of [`RECORDED`] inputs.
pub(crate) fn with_recorded(schema: &Schema, mut inputs: Inputs, live: &Live) -> Inputs {
    let recorded = schema.inputs_with(RECORDED).filter_map(|name| Some((name, live.inputs.get(name)?)));
    inputs.extend(recorded.filter(|(_, value)| !value.is_null()).map(|(name, value)| (name.to_owned(), value.clone())));
    inputs
}

/// Returns the inputs that count as applied for a resource whose inputs are not in the state: immutable write-only ones, which
/// cannot be applied again, and secrets, which only a rotation may change.
pub(crate) fn never_reported(schema: &Schema, desired: &Inputs) -> Inputs {
    let is_fixed =
        |field: &str| schema.traits(field).has(WRITE_ONLY | REPLACE) || schema.rotated.is_some_and(|it| it == field);
    desired.iter().filter(|(field, _)| is_fixed(field)).map(|(field, value)| (field.clone(), value.clone())).collect()
}

/// Creates the in-place update for a list of changed fields. Tags are separate because all kinds set them uniformly.
fn update_of(schema: &Schema, desired: &Inputs, live: &Live, fields: &[FieldChange]) -> Update<Inputs> {
    let is_tag = |field: &&FieldChange| field.path == "tags" || field.path.starts_with("tags.");
    let (desired_tags, live_tags) = (tags_of(desired), tags_of(&live.inputs));
    let mut tags_to_set = Tags::new();
    let mut tags_to_remove = Vec::new();
    if fields.iter().any(|field| is_tag(&field)) {
        tags_to_set = desired_tags
            .iter()
            .filter(|(k, v)| live_tags.get(*k) != Some(v))
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect();
        tags_to_remove = fields
            .iter()
            .filter(|field| field.after.is_none())
            .filter_map(|field| field.path.strip_prefix("tags."))
            .filter(|key| !is_reserved(key))
            .map(str::to_owned)
            .collect();
    }
    let mut present = live.inputs.clone();
    // Of a list that is shared, an update sees its own entries only.
    let shared = fields.iter().filter(|field| schema.traits(&field.path).has(SHARED));
    present.extend(shared.map(|field| (field.path.clone(), field.before.clone().unwrap_or_default())));
    Update {
        desired: desired.clone(),
        live: present,
        changed: fields.iter().filter(|field| !is_tag(field)).map(|field| field.path.clone()).collect(),
        tags_to_set,
        tags_to_remove,
    }
}

/// The outcome of creating a resource.
enum CreateOutcome {
    /// The resource was created.
    Created(Created),
    /// The resource already exists and is owned by this deployment.
    Found(String),
}

/// The result of a step, to be recorded in the state.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// The resource exists and is ready.
    Present { id: String, inputs: Inputs, attributes: Attributes },
    /// The resource was deleted.
    Gone,
    /// The resource is removed from the state.
    Forgotten,
}

/// A message of a running step.
pub(crate) enum Message {
    /// The identity of a new resource is known.
    Identified { address: Address, created: Created, inputs: Inputs },
    /// The step has finished.
    Finished { step: ohinfra_plan::steps::Step, result: Result<Outcome, ProviderError>, seconds: f64 },
}
