//! One step on one resource: create, change, delete. No step knows of another.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ohinfra_core::contract::{Created, Deletion, Live, ResourceKind, Subject, Update, tags_of};
use ohinfra_core::error::{ErrorKind, ProviderError};
use ohinfra_core::inputs::{Attributes, Inputs};
use ohinfra_core::schema::{Availability, RECORDED, REPLACE, Schema, WRITE_ONLY};
use ohinfra_core::tags::{Tags, is_reserved};
use ohinfra_core::{Address, Region};
use ohinfra_plan::FieldChange;
use ohinfra_plan::difference::{Compared, difference};

use crate::Engine;
use crate::events::Event;
use crate::waiting::{retrying, until_ready};

/// What a step works with.
pub(crate) struct Work {
    pub(crate) engine: Engine,
    pub(crate) schema: Arc<Schema>,
    pub(crate) kind: Arc<dyn ResourceKind>,
    pub(crate) subject: Subject,
    pub(crate) lineage: String,
    /// Whether something may be there already of which the plan could not know.
    pub(crate) look_first: bool,
    /// Replaced ones that are still to be deleted. One that holds the name of what is created is taken back.
    pub(crate) predecessors: Vec<String>,
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

    /// Creates it, unless what is there already is ours: then that is taken and changed where it differs.
    ///
    /// A create call whose answer was lost, or that failed half-way, may have left something. So nothing is created a second
    /// time without looking first. A replacement looks before its first time (an earlier run may have been interrupted), and so does
    /// what the plan could not look for.
    pub(crate) async fn create(
        &self,
        inputs: &Inputs,
        identified: impl Fn(&Created),
    ) -> Result<Created, ProviderError> {
        let untouched = AtomicBool::new(!self.look_first);
        let attempted = AtomicBool::new(false);
        let made = retrying(self.schema.timeouts.ready, self.progress(), || async {
            if !untouched.swap(false, Ordering::Relaxed)
                && let Some(id) = self.find_own(&self.attempt(attempted.load(Ordering::Relaxed)), inputs, None).await?
            {
                return Ok(Made::Found(id));
            }
            attempted.store(true, Ordering::Relaxed);
            let result = {
                let _permit = self.permit().await;
                self.kind.create(&self.subject, inputs.clone()).await
            };
            match result {
                Err(error) if error.kind == ErrorKind::Exists => self.found_instead(inputs, error).await,
                result => result.map(Made::Created),
            }
        })
        .await?;
        let created = match made {
            Made::Created(created) => created,
            Made::Found(id) => {
                let live = self.read(&id).await?;
                identified(&Created { id: id.clone(), attributes: live.attributes.clone() });
                // What a predecessor had of what no read returns is not known.
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

    fn attempt(&self, attempted: bool) -> Subject {
        Subject { attempted: attempted || self.subject.attempted, ..self.subject.clone() }
    }

    /// What stands in the way of a create call and can be used instead: what an earlier attempt created, or a predecessor
    /// that is still to be deleted (the configuration went back to its name).
    async fn found_instead(&self, inputs: &Inputs, error: ProviderError) -> Result<Made, ProviderError> {
        // A look came before the create call: what exists now is what an attempt has created, whose answer was lost.
        let mut subject = self.attempt(true);
        if let Some(id) = self.find_own(&subject, inputs, Some(&error)).await? {
            return Ok(Made::Found(id));
        }
        subject.except.retain(|id| !self.predecessors.contains(id));
        self.find_own(&subject, inputs, Some(&error)).await?.map(Made::Found).ok_or(error)
    }

    /// The identity of what is there and ours. Something of the same name that is not ours is an error if `exists` says that
    /// it stands in the way.
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
                    "`{}` exists and does not belong to this deployment; `ohinfra import {} '{}'` would take it over",
                    found.id,
                    self.subject.address(),
                    found.id
                ),
                ..error.clone()
            }),
            (_, _) => Ok(None),
        }
    }

    /// Brings what is live to what is desired, in place, and gives the attributes after that.
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
                format!("`{}` differs and AWS cannot change it in place; run the plan again", field.path),
            ));
        }
        if !fields.is_empty() {
            let update = update_of(desired, live, &fields);
            retrying(self.schema.timeouts.ready, self.progress(), || async {
                let _permit = self.permit().await;
                self.kind.update(&self.subject, id, update.clone()).await
            })
            .await?;
        }
        self.wait_until_ready(id).await?;
        let may_change = self.schema.attributes().iter().any(|(_, a)| *a == Availability::ChangesOnUpdate);
        // What was read before it was ready, of a thing that an interrupted run has left, need not have been all.
        if may_change && !fields.is_empty() || !self.is_complete(&live.attributes) {
            Ok(self.read(id).await?.attributes)
        } else {
            Ok(live.attributes.clone())
        }
    }

    /// The inputs as the state keeps them: with what AWS reports of values that are recorded rather than configured.
    pub(crate) async fn recorded(&self, id: &str, inputs: Inputs) -> Result<Inputs, ProviderError> {
        if !self.schema.inputs().iter().any(|(_, behaviour)| behaviour.has(RECORDED)) {
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
            let answers = self.kind.read(self.region(), &ids).await?;
            // Right after a create, a read may not see it yet.
            answers.into_iter().next().flatten().ok_or_else(|| {
                ProviderError::new(ErrorKind::NotYetVisible, self.schema.kind, format!("{id} is not visible yet"))
            })
        })
        .await
    }

    /// Deletes it and waits until it has gone.
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

/// Inputs with what AWS reports of values that are recorded rather than configured.
pub(crate) fn with_recorded(schema: &Schema, mut inputs: Inputs, live: &Live) -> Inputs {
    let names = schema.inputs().iter().filter(|(_, behaviour)| behaviour.has(RECORDED)).map(|(name, _)| *name);
    inputs.extend(names.filter_map(|name| Some((name.to_owned(), live.inputs.get(name)?.clone()))));
    inputs
}

/// What counts as applied to an object whose inputs the state does not record: only what could not be applied again.
pub(crate) fn never_reported(schema: &Schema, desired: &Inputs) -> Inputs {
    let is_fixed = |field: &str| schema.behaviour(field).has(WRITE_ONLY | REPLACE);
    desired.iter().filter(|(field, _)| is_fixed(field)).map(|(field, value)| (field.clone(), value.clone())).collect()
}

/// The change in place that a list of fields asks for; tags apart, because every kind sets them alike.
fn update_of(desired: &Inputs, live: &Live, fields: &[FieldChange]) -> Update<Inputs> {
    let is_tag = |field: &&FieldChange| field.path == "tags" || field.path.starts_with("tags.");
    let (wanted, present) = (tags_of(desired), tags_of(&live.inputs));
    let mut tags_to_set = Tags::new();
    let mut tags_to_remove = Vec::new();
    if fields.iter().any(|field| is_tag(&field)) {
        tags_to_set =
            wanted.iter().filter(|(k, v)| present.get(*k) != Some(v)).map(|(k, v)| (k.clone(), v.clone())).collect();
        tags_to_remove = fields
            .iter()
            .filter(|field| field.after.is_none())
            .filter_map(|field| field.path.strip_prefix("tags."))
            .filter(|key| !is_reserved(key))
            .map(str::to_owned)
            .collect();
    }
    Update {
        desired: desired.clone(),
        live: live.inputs.clone(),
        changed: fields.iter().filter(|field| !is_tag(field)).map(|field| field.path.clone()).collect(),
        tags_to_set,
        tags_to_remove,
    }
}

/// What came of the attempts to create something.
enum Made {
    /// It was created.
    Created(Created),
    /// It was there, and it is ours.
    Found(String),
}

/// What a finished step means for the state.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// It is there and ready.
    Present { id: String, inputs: Inputs, attributes: Attributes },
    /// It has gone.
    Gone,
    /// It leaves the state.
    Forgotten,
}

/// What a running step reports.
pub(crate) enum Message {
    /// Its identity is known.
    Identified { address: Address, created: Created, inputs: Inputs },
    /// It has ended.
    Finished { step: ohinfra_plan::steps::Step, result: Result<Outcome, ProviderError>, seconds: f64 },
}
