//! Apply: runs the steps of a plan, one task per step. Each step starts as soon as the steps it waits for are done, without
//! ordering by wave or stack.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ohinfra_core::contract::{Created, is_adopted};
use ohinfra_core::error::{ErrorKind, ProviderError};
use ohinfra_core::inputs::{Attributes, Inputs, is_unknown, resolve, resolve_all};
use ohinfra_core::schema::{Replacement, Schema};
use ohinfra_core::secret::mask;
use ohinfra_core::{Address, Reference};
use ohinfra_plan::graph::Need;
use ohinfra_plan::plan::{Action, Change, Plan};
use ohinfra_plan::steps::{Operation, Step, Steps, steps};
use ohinfra_state::{Applied, Predecessor, ResourceState, Transition};
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::Engine;
use crate::events::{Event, word};
use crate::pending::{clear_intents, record_intents};
use crate::refresh::subject;
use crate::report::{Report, StepFailure};
use crate::session::Session;
use crate::step::{Message, Outcome, Work, never_reported, with_recorded};

impl Engine {
    /// Executes exactly the steps of the plan.
    ///
    /// # Guarantees
    /// No step starts before the steps it waits for; no step runs twice; a failure skips only its dependents; the state is
    /// written after every change of a resource, and the identity of a new resource before it is ready.
    /// # Assumptions
    /// The session's lock is held, and the plan was created under it.
    /// # Cancellation
    /// Through [`crate::Interrupt`]: the first stage starts no further steps, the second one stops waiting for steps in progress.
    /// The state is written in both cases.
    pub async fn apply(&self, session: &Session, plan: &Plan) -> Report {
        let started = Instant::now();
        let (sender, messages) = mpsc::unbounded_channel();
        let mut execution = Execution {
            engine: self,
            session,
            plan,
            attributes: plan.live.iter().map(|(a, live)| (a.clone(), live.attributes.clone())).collect(),
            waiting: steps(plan),
            attempted: session.writer.with(|document| {
                let attempted = document.pending.iter().filter(|(_, pending)| pending.attempted);
                attempted.map(|(address, _)| address.clone()).collect()
            }),
            running: BTreeSet::new(),
            identified: BTreeSet::new(),
            done: BTreeSet::new(),
            tasks: JoinSet::new(),
            sender,
            messages,
            report: Report::default(),
        };
        record_intents(self, session, plan).await;
        execution.sync_unchanged();
        execution.walk().await;
        let outputs = execution.outputs();
        let mut report = execution.report;
        // Displayed by address, not in order of completion.
        report.retained.sort();
        report.deferred.sort();
        clear_intents(session, plan, &report);
        if outputs.as_ref().is_some_and(|outputs| session.writer.with(|d| d.outputs != *outputs)) {
            session.writer.change(|document| document.outputs = outputs.unwrap_or_default());
        }
        report.state_error = session.writer.flush().await.err();
        report.seconds = started.elapsed().as_secs_f64();
        report
    }
}

struct Execution<'a> {
    engine: &'a Engine,
    session: &'a Session,
    plan: &'a Plan,
    attributes: BTreeMap<Address, Attributes>,
    waiting: Steps,
    /// The resources that earlier runs may have created.
    attempted: BTreeSet<Address>,
    running: BTreeSet<Step>,
    identified: BTreeSet<Address>,
    done: BTreeSet<Step>,
    tasks: JoinSet<()>,
    sender: mpsc::UnboundedSender<Message>,
    messages: mpsc::UnboundedReceiver<Message>,
    report: Report,
}

impl Execution<'_> {
    async fn walk(&mut self) {
        self.engine.observer.on(&Event::ApplyStarted { steps: self.waiting.len() });
        let interrupt = self.engine.interrupt.clone();
        let mut is_reported = false;
        loop {
            self.session.ensure_lock_held(self.engine).await;
            let stopped = interrupt.stop.is_cancelled() || self.session.writer.error().is_some();
            if !stopped {
                self.start_ready();
            }
            if self.running.is_empty() {
                break;
            }
            tokio::select! {
                biased;
                () = interrupt.abandon.cancelled() => {
                    self.tasks.abort_all();
                    self.report.abandoned = std::mem::take(&mut self.running).into_iter().collect();
                    break;
                }
                () = interrupt.stop.cancelled(), if !is_reported => {
                    is_reported = true;
                    self.report_in_flight();
                }
                Some(message) = self.messages.recv() => self.take(message),
                Some(ended) = self.tasks.join_next(), if !self.tasks.is_empty() => {
                    // A task that completed has already sent its message; a task that panicked never will.
                    if ended.is_err() {
                        self.report.abandoned.extend(std::mem::take(&mut self.running));
                        self.tasks.abort_all();
                    }
                }
            }
        }
        // Handle the messages that arrived in the meantime.
        while let Ok(message) = self.messages.try_recv() {
            self.take(message);
        }
        self.report.interrupted = interrupt.stop.is_cancelled() || interrupt.abandon.is_cancelled();
        self.report.not_started = std::mem::take(&mut self.waiting).into_keys().collect();
    }

    fn report_in_flight(&self) {
        let in_flight: Vec<String> = self.running.iter().map(|step| step.address.to_string()).collect();
        let message =
            format!("interrupted: waiting for {} to finish (press Ctrl-C again to exit now)", in_flight.join(", "));
        self.engine.observer.on(&Event::Notice { message });
    }

    fn start_ready(&mut self) {
        let is_done = |before: &Step, need: &Need| {
            self.done.contains(before)
                || (*need == Need::Early
                    && before.operation == Operation::Create
                    && self.identified.contains(&before.address))
        };
        let ready: Vec<Step> = self
            .waiting
            .iter()
            .filter(|(_, waits)| waits.iter().all(|(before, need)| is_done(before, need)))
            .map(|(step, _)| step.clone())
            .collect();
        for step in ready {
            self.waiting.remove(&step);
            let Some(change) = self.plan.changes.get(&step.address) else { continue };
            let operation = word(step.operation);
            self.engine.observer.on(&Event::Started {
                address: step.address.clone(),
                kind: change.kind.clone(),
                operation,
            });
            self.running.insert(step.clone());
            if let Err(error) = self.start(&step, change) {
                self.finish(&step, Err(error), 0.0);
            }
        }
    }

    fn start(&mut self, step: &Step, change: &Change) -> Result<(), ProviderError> {
        let recorded = self.session.writer.with(|d| d.resources.get(&step.address).cloned());
        // A deletion uses the kind and region recorded in the state; after a change of address, they can differ from the plan.
        let (kind_name, region) = match (&recorded, step.operation) {
            (Some(recorded), Operation::Delete) => (recorded.kind.clone(), recorded.region.clone()),
            _ => (change.kind.clone(), change.region.clone()),
        };
        let (schema, kind) = self.engine.provider.find_kind(&kind_name)?;
        let (mut except, mut predecessors) = (Vec::new(), Vec::new());
        if matches!(change.action, Action::Replace(_)) {
            // None of the resources in the state or found by the plan is the one to be created.
            let known = recorded.iter().flat_map(|r| r.deposed.iter().chain([&r.id]));
            let retained = recorded.iter().flat_map(|r| &r.left);
            predecessors = recorded.iter().flat_map(|r| &r.deposed).chain(&change.deposed).cloned().collect();
            except = known.chain(retained).chain(&change.deposed).chain(&change.id).cloned().collect();
        }
        let (mut subject, lineage) =
            self.session.writer.with(|d| (subject(d, &step.address, &region, except), d.lineage.clone()));
        subject.attempted = self.attempted.contains(&step.address);
        let look_first = schema.adopts || !subject.except.is_empty() || self.needs_find(change, schema);
        let work = Work {
            engine: self.engine.clone(),
            schema: Arc::clone(schema),
            kind: Arc::clone(kind),
            subject,
            lineage,
            look_first,
            predecessors,
            intents: schema.adopts.then(|| Arc::clone(&self.session.writer)),
        };
        let sender = self.sender.clone();
        let address = step.address.clone();
        let inputs = match step.operation {
            Operation::Update => self.resolved(change).map(|inputs| with_overlap(inputs, &change.overlap))?,
            Operation::Create | Operation::Trim => self.resolved(change)?,
            Operation::Delete | Operation::Forget => Inputs::new(),
        };
        let (owned, started) = (step.clone(), Instant::now());
        let run: futures::future::BoxFuture<'static, Result<Outcome, ProviderError>> = match step.operation {
            Operation::Create => {
                let sender = sender.clone();
                Box::pin(async move {
                    let report = |created: &Created| {
                        // The receiver outlives this task.
                        let _ = sender.send(Message::Identified {
                            address: address.clone(),
                            created: created.clone(),
                            inputs: inputs.clone(),
                        });
                    };
                    let created = work.create(&inputs, report).await?;
                    let inputs = work.recorded(&created.id, inputs).await?;
                    Ok(Outcome::Present { id: created.id, inputs, attributes: created.attributes })
                })
            }
            Operation::Update => {
                let live = self.plan.live.get(&step.address).cloned().unwrap_or_default();
                let id = change.id.clone().unwrap_or_default();
                let mut applied = match recorded {
                    Some(recorded) if recorded.id != id => Some(never_reported(schema, &inputs)),
                    recorded => recorded.map(|r| r.inputs),
                };
                // A rotation is requested: ignore the applied value.
                if let (Some(applied), Some(field)) = (&mut applied, schema.rotated)
                    && change.fields.iter().any(|change| change.path == field)
                {
                    applied.remove(field);
                }
                Box::pin(async move {
                    let attributes = work.change(&id, &inputs, applied.as_ref(), &live).await?;
                    let inputs = work.recorded(&id, inputs).await?;
                    Ok(Outcome::Present { id, inputs, attributes })
                })
            }
            Operation::Trim => {
                let id = change.id.clone().unwrap_or_default();
                let applied = recorded.map(|recorded| recorded.inputs);
                Box::pin(async move {
                    let live = work.read(&id).await?;
                    let attributes = work.change(&id, &inputs, applied.as_ref(), &live).await?;
                    let inputs = work.recorded(&id, inputs).await?;
                    Ok(Outcome::Present { id, inputs, attributes })
                })
            }
            Operation::Delete => {
                let ids = ids_to_delete(change, recorded.as_ref());
                let deletion = self.plan.deletion();
                Box::pin(async move {
                    for id in ids {
                        work.delete(&id, deletion).await?;
                    }
                    Ok(Outcome::Gone)
                })
            }
            Operation::Forget => Box::pin(async { Ok(Outcome::Forgotten) }),
        };
        self.tasks.spawn(async move {
            let result = run.await;
            // The receiver outlives this task.
            let _ = sender.send(Message::Finished { step: owned, result, seconds: started.elapsed().as_secs_f64() });
        });
        Ok(())
    }

    fn resolved(&self, change: &Change) -> Result<Inputs, ProviderError> {
        let desired = change.desired.clone().unwrap_or_default();
        let resolved = resolve_all(&desired, &|reference| self.attribute(reference));
        match resolved.iter().find(|(_, value)| is_unknown(value)) {
            None => Ok(resolved),
            Some((field, _)) => Err(ProviderError::new(
                ErrorKind::Other,
                &change.kind,
                format!(
                    "internal error: `{field}` references an attribute that was never resolved; please report this"
                ),
            )),
        }
    }

    /// Returns `true` if the plan could not find the resource, because its name depends on an attribute that was unknown then.
    fn needs_find(&self, change: &Change, schema: &Schema) -> bool {
        let known = |reference: &Reference| {
            let was_known = !self.plan.discovered.contains(&reference.resource);
            let live = self.plan.live.get(&reference.resource).filter(|_| was_known);
            live.and_then(|live| live.attributes.get(&reference.attribute)).cloned()
        };
        let desired = change.desired.iter();
        let named = desired.flat_map(|desired| schema.natural_name.iter().filter_map(|name| desired.get(*name)));
        named.into_iter().any(|value| is_unknown(&resolve(value, &known)))
    }

    fn attribute(&self, reference: &Reference) -> Option<Value> {
        self.attributes.get(&reference.resource)?.get(&reference.attribute).cloned()
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Identified { address, created, inputs } => {
                self.attributes.insert(address.clone(), created.attributes.clone());
                self.record(&address, &created.id, &inputs, &created.attributes, Transition::Identified);
                self.identified.insert(address);
            }
            Message::Finished { step, result, seconds } => self.finish(&step, result, seconds),
        }
    }

    fn finish(&mut self, step: &Step, result: Result<Outcome, ProviderError>, seconds: f64) {
        self.running.remove(step);
        let is_new = step.operation == Operation::Create
            || self.plan.changes.get(&step.address).is_some_and(|change| change.action == Action::Adopt);
        let operation = match &result {
            Ok(Outcome::Present { id, .. }) if is_new && is_adopted(id) => "adopt",
            _ => word(step.operation),
        };
        match result {
            Ok(outcome) => {
                let id = self.record_outcome(step, outcome);
                self.done.insert(step.clone());
                self.report.done.push(step.clone());
                self.engine.observer.on(&Event::Done { address: step.address.clone(), operation, id, seconds });
            }
            Err(error) if error.kind == ErrorKind::Deferred && step.operation == Operation::Delete => {
                self.defer(step, error.message);
            }
            Err(error) => {
                self.engine.observer.on(&Event::Failed {
                    address: step.address.clone(),
                    operation,
                    error: error.to_string(),
                });
                for blocked in ohinfra_plan::steps::blocked_by(&self.waiting, step) {
                    self.waiting.remove(&blocked);
                    self.engine.observer.on(&Event::Skipped {
                        address: blocked.address.clone(),
                        operation: word(blocked.operation),
                        because: step.address.clone(),
                    });
                    self.report.skipped.push((blocked, step.address.clone()));
                }
                self.report.failed.push(StepFailure { step: step.clone(), error });
            }
        }
    }

    /// Defers a deletion to a later run. The steps after it do not wait for the deletion, so its dependencies can be deleted.
    fn defer(&mut self, step: &Step, reason: String) {
        let address = &step.address;
        let id = self.plan.changes.get(address).and_then(|change| change.id.clone()).unwrap_or_default();
        if self.session.writer.with(|d| d.resources.get(address).is_some_and(|r| !r.deferred)) {
            self.transition(address, Transition::Deferred);
        }
        self.done.insert(step.clone());
        self.engine.observer.on(&Event::Deferred { address: address.clone(), reason: reason.clone() });
        self.report.deferred.push((address.clone(), id, reason));
    }

    fn record_outcome(&mut self, step: &Step, outcome: Outcome) -> Option<String> {
        let address = &step.address;
        match outcome {
            Outcome::Present { id, inputs, attributes } if step.operation == Operation::Trim => {
                self.record_trimmed(address, &inputs, &attributes);
                Some(id)
            }
            Outcome::Present { id, inputs, attributes } => {
                self.attributes.insert(address.clone(), attributes.clone());
                self.record(address, &id, &inputs, &attributes, Transition::Ready);
                Some(id)
            }
            Outcome::Gone => {
                let transition = match self.plan.changes.get(address).map(|change| change.action) {
                    Some(Action::Delete) | None => Transition::Deleted,
                    Some(Action::Replace(Replacement::DeleteFirst)) => Transition::DeletedForReplacement,
                    Some(_) => Transition::PredecessorsDeleted,
                };
                self.transition(address, transition);
                None
            }
            Outcome::Forgotten => {
                let id = self.session.writer.with(|d| d.resources.get(address).map(|r| r.id.clone()));
                let kind = self.plan.changes.get(address).map(|c| c.kind.clone()).unwrap_or_default();
                self.report.retained.push((address.clone(), kind, id.clone().unwrap_or_default()));
                self.transition(address, Transition::Retained);
                id
            }
        }
    }

    fn transition(&self, address: &Address, transition: Transition) {
        let now = self.engine.clock.now();
        self.session.writer.change(|document| document.transition(address, transition, now));
    }

    /// Records the inputs without the old entries of lists. The preceding update recorded everything else.
    fn record_trimmed(&self, address: &Address, inputs: &Inputs, attributes: &Attributes) {
        let kind = self.plan.changes.get(address).map(|change| change.kind.as_str()).unwrap_or_default();
        let Ok((schema, _)) = self.engine.provider.find_kind(kind) else { return };
        let lineage = self.session.writer.with(|document| document.lineage.clone());
        let transition = Transition::Trimmed { inputs: mask(inputs, schema, &lineage), attributes: attributes.clone() };
        self.transition(address, transition);
    }

    fn record(
        &self,
        address: &Address,
        id: &str,
        inputs: &Inputs,
        attributes: &Attributes,
        transition: fn(Box<Applied>) -> Transition,
    ) {
        let Some(change) = self.plan.changes.get(address) else { return };
        let Ok((schema, _)) = self.engine.provider.find_kind(&change.kind) else { return };
        let lineage = self.session.writer.with(|document| document.lineage.clone());
        let predecessor = match change.action {
            Action::Replace(_) if change.retain => Predecessor::Retained(change.id.clone()),
            Action::Replace(Replacement::CreateFirst) => Predecessor::Deposed(change.id.clone()),
            _ => Predecessor::None,
        };
        // A delete-first replacement has already deleted the leftovers that the plan found.
        let is_delete_first = change.action == Action::Replace(Replacement::DeleteFirst);
        let applied = Applied {
            kind: change.kind.clone(),
            region: change.region.clone(),
            id: id.to_owned(),
            inputs: mask(inputs, schema, &lineage),
            kept: change.kept.clone(),
            imported: change.imported,
            attributes: attributes.clone(),
            depends_on: change.needs.keys().cloned().collect(),
            retain: change.retain,
            leftovers: if is_delete_first { Vec::new() } else { change.deposed.clone() },
            predecessor,
        };
        self.transition(address, transition(Box::new(applied)));
    }

    /// Updates the state with the live values of resources without changes.
    fn sync_unchanged(&self) {
        for change in self.plan.changes.values().filter(|c| c.action == Action::None) {
            let (Some(live), Some(_)) = (self.plan.live.get(&change.address), &change.desired) else { continue };
            let Ok((schema, _)) = self.engine.provider.find_kind(&change.kind) else { continue };
            let Ok(inputs) = self.resolved(change) else { continue };
            let inputs = with_recorded(schema, inputs, live);
            let differs = self.session.writer.with(|document| {
                document.resources.get(&change.address).is_some_and(|r| {
                    r.inputs != mask(&inputs, schema, &document.lineage)
                        || r.attributes != live.attributes
                        || r.retain != change.retain
                        || !r.depends_on.iter().eq(change.needs.keys())
                })
            });
            if differs && change.is_current {
                let id = change.id.clone().unwrap_or_default();
                self.record(&change.address, &id, &inputs, &live.attributes, Transition::Ready);
            }
        }
    }

    /// Returns the known outputs; `None` if the plan has no outputs (a partial destroy).
    fn outputs(&self) -> Option<ohinfra_plan::graph::Outputs> {
        let known = |reference: &Reference| self.attribute(reference);
        let is_gone = self.session.writer.with(|d| d.resources.values().all(|resource| resource.deferred));
        if self.plan.outputs.is_empty() && !is_gone {
            return None;
        }
        let mut outputs = ohinfra_plan::graph::Outputs::new();
        for (stack, values) in &self.plan.outputs {
            for (name, value) in values {
                let value = resolve(value, &known);
                if !is_unknown(&value) {
                    outputs.entry(stack.clone()).or_default().insert(name.clone(), value);
                }
            }
        }
        Some(outputs)
    }
}

/// Returns the inputs of an update that keeps old list entries for the dependents that still use them.
fn with_overlap(mut inputs: Inputs, overlap: &Inputs) -> Inputs {
    inputs.extend(overlap.clone());
    inputs
}

/// Returns the identities that a delete step deletes: after a replacement the replaced ones, otherwise all. If the state and the
/// plan have different identities, both are deleted, but never the one that a create step has just created.
fn ids_to_delete(change: &Change, recorded: Option<&ResourceState>) -> BTreeSet<String> {
    let deposed = recorded.iter().flat_map(|r| &r.deposed).chain(&change.deposed);
    let current = recorded.map(|r| &r.id);
    match change.action {
        Action::Delete | Action::Replace(Replacement::DeleteFirst) => {
            deposed.chain(current).chain(&change.id).cloned().collect()
        }
        Action::Replace(Replacement::CreateFirst) => {
            deposed.chain(&change.id).filter(|id| Some(*id) != current).cloned().collect()
        }
        _ => deposed.filter(|id| Some(*id) != current).cloned().collect(),
    }
}
