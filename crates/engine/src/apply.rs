//! Apply: an explicit ready-set over the plan's steps and one task per step. No waves, no stacks in sequence.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ohinfra_core::contract::{Created, Deletion, is_adopted};
use ohinfra_core::error::{ErrorKind, ProviderError};
use ohinfra_core::inputs::{Attributes, Inputs, is_unknown, resolve, resolve_all};
use ohinfra_core::schema::{Replacement, Schema};
use ohinfra_core::secret::mask;
use ohinfra_core::{Address, Reference};
use ohinfra_plan::graph::Need;
use ohinfra_plan::plan::{Action, Change, Plan};
use ohinfra_plan::steps::{Operation, Step, Steps, steps};
use ohinfra_state::{ResourceState, StateError, Status};
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::Engine;
use crate::events::{Event, word};
use crate::pending::{announce, settle};
use crate::refresh::{Refreshed, subject};
use crate::session::Session;
use crate::step::{Message, Outcome, Work, never_reported, with_recorded};

/// A step that failed.
#[derive(Debug, Clone)]
pub struct StepFailure {
    /// Which.
    pub step: Step,
    /// Why.
    pub error: ProviderError,
}

/// How an apply ended.
#[derive(Debug, Default)]
pub struct Report {
    /// Steps that were done.
    pub done: Vec<Step>,
    /// The root causes.
    pub failed: Vec<StepFailure>,
    /// What was not begun, and because of which failure.
    pub skipped: Vec<(Step, Address)>,
    /// What was not begun because the user interrupted.
    pub not_started: Vec<Step>,
    /// What was still under way when the user interrupted again.
    pub abandoned: Vec<Step>,
    /// What was left in the cloud: address, kind, identity.
    pub retained: Vec<(Address, String, String)>,
    /// What could not be deleted yet, through nobody's fault: address, identity, AWS's reason. A later run tries again.
    pub deferred: Vec<(Address, String, String)>,
    /// Whether the user interrupted.
    pub interrupted: bool,
    /// Why the state could not be written.
    pub state_error: Option<StateError>,
    /// How long it took.
    pub seconds: f64,
}

impl Report {
    /// Whether everything was done.
    pub fn is_success(&self) -> bool {
        let left = !self.skipped.is_empty() || !self.not_started.is_empty() || !self.abandoned.is_empty();
        self.failed.is_empty() && !left && !self.interrupted && self.state_error.is_none()
    }
}

impl Engine {
    /// Does what the plan says, and nothing else.
    ///
    /// # Guarantees
    /// No step starts before what it waits for; nothing runs twice; a failure stops only what depends on it; the state is
    /// written after every change of a resource, and the identity of a new one before it is ready.
    /// # Assumptions
    /// The session's lock is held, and `refreshed` was read under it.
    /// # Cancellation
    /// Through [`crate::Interrupt`]: first nothing more is started, then nothing more is waited for. The state is written.
    pub async fn apply(&self, session: &Session, plan: &Plan, refreshed: &Refreshed, deletion: Deletion) -> Report {
        let started = Instant::now();
        let (sender, messages) = mpsc::unbounded_channel();
        let mut execution = Execution {
            engine: self,
            session,
            plan,
            refreshed,
            deletion,
            attributes: refreshed.live.iter().map(|(a, live)| (a.clone(), live.attributes.clone())).collect(),
            waiting: steps(plan),
            attempted: session.writer.with(|document| document.pending.keys().cloned().collect()),
            running: BTreeSet::new(),
            identified: BTreeSet::new(),
            done: BTreeSet::new(),
            tasks: JoinSet::new(),
            sender,
            messages,
            report: Report::default(),
        };
        announce(self, session, plan, refreshed).await;
        execution.bring_up_to_date();
        execution.walk().await;
        let outputs = execution.outputs();
        let mut report = execution.report;
        // Shown by address, whichever came first.
        report.retained.sort();
        report.deferred.sort();
        settle(session, plan, &report);
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
    refreshed: &'a Refreshed,
    deletion: Deletion,
    attributes: BTreeMap<Address, Attributes>,
    waiting: Steps,
    /// What earlier runs may have created.
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
        let mut is_told = false;
        loop {
            self.session.make_sure(self.engine).await;
            let stopped = interrupt.stop.is_cancelled() || self.session.writer.error().is_some();
            if !stopped {
                self.start_what_is_ready();
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
                () = interrupt.stop.cancelled(), if !is_told => {
                    is_told = true;
                    self.tell_what_is_under_way();
                }
                Some(message) = self.messages.recv() => self.take(message),
                Some(ended) = self.tasks.join_next(), if !self.tasks.is_empty() => {
                    // A task that ends well has sent its message before; one that panicked never will.
                    if ended.is_err() {
                        self.report.abandoned.extend(std::mem::take(&mut self.running));
                        self.tasks.abort_all();
                    }
                }
            }
        }
        // What arrived together with the end.
        while let Ok(message) = self.messages.try_recv() {
            self.take(message);
        }
        self.report.interrupted = interrupt.stop.is_cancelled() || interrupt.abandon.is_cancelled();
        self.report.not_started = std::mem::take(&mut self.waiting).into_keys().collect();
    }

    fn tell_what_is_under_way(&self) {
        let under_way: Vec<String> = self.running.iter().map(|step| step.address.to_string()).collect();
        let message = format!(
            "interrupted: nothing more is started; waiting for {} (interrupt again to leave at once)",
            under_way.join(", ")
        );
        self.engine.observer.on(&Event::Notice { message });
    }

    fn start_what_is_ready(&mut self) {
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
        // What goes is of the kind and in the region that the state says, which a change of address may have moved.
        let (kind_name, region) = match (&recorded, step.operation) {
            (Some(recorded), Operation::Delete) => (recorded.kind.clone(), recorded.region.clone()),
            _ => (change.kind.clone(), change.region.clone()),
        };
        let (schema, kind) = self.engine.provider.find_kind(&kind_name)?;
        let (mut except, mut predecessors) = (Vec::new(), Vec::new());
        if matches!(change.action, Action::Replace(_)) {
            // What the state knows, and what the plan found beside it: none of these is the one that is to be made.
            let known = recorded.iter().flat_map(|r| r.deposed.iter().chain([&r.id]));
            let left = recorded.iter().flat_map(|r| &r.left);
            predecessors = recorded.iter().flat_map(|r| &r.deposed).chain(&change.deposed).cloned().collect();
            except = known.chain(left).chain(&change.deposed).chain(&change.id).cloned().collect();
        }
        let (mut subject, lineage) =
            self.session.writer.with(|d| (subject(d, &step.address, &region, except), d.lineage.clone()));
        subject.attempted = self.attempted.contains(&step.address);
        let look_first = !subject.except.is_empty() || self.was_not_looked_for(change, schema);
        let work = Work {
            engine: self.engine.clone(),
            schema: Arc::clone(schema),
            kind: Arc::clone(kind),
            subject,
            lineage,
            look_first,
            predecessors,
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
                        // The receiver lives as long as this task.
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
                let live = self.refreshed.live.get(&step.address).cloned().unwrap_or_default();
                let id = change.id.clone().unwrap_or_default();
                let mut applied = match recorded {
                    Some(recorded) if recorded.id != id => Some(never_reported(schema, &inputs)),
                    recorded => recorded.map(|r| r.inputs),
                };
                // A new value is asked for: what was applied does not count.
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
                let deletion = self.deletion;
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
            // The receiver lives as long as this task.
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
                format!("`{field}` refers to something that was not made; this is a defect of ohinfra"),
            )),
        }
    }

    /// Whether the plan could not look for it, because its name depends on something that the state did not know.
    fn was_not_looked_for(&self, change: &Change, schema: &Schema) -> bool {
        let known = |reference: &Reference| {
            let was_known = !self.refreshed.discovered.contains_key(&reference.resource);
            let live = self.refreshed.live.get(&reference.resource).filter(|_| was_known);
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
                self.record(&address, &created.id, &inputs, &created.attributes, Status::Creating);
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

    /// Leaves a deletion to a later run. Nothing that comes after it waits for that: whatever it needs may go.
    fn defer(&mut self, step: &Step, reason: String) {
        let address = &step.address;
        let id = self.plan.changes.get(address).and_then(|change| change.id.clone()).unwrap_or_default();
        if self.session.writer.with(|d| d.resources.get(address).is_some_and(|r| !r.deferred)) {
            self.session.writer.change(|document| {
                if let Some(resource) = document.resources.get_mut(address) {
                    resource.deferred = true;
                }
            });
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
                self.record(address, &id, &inputs, &attributes, Status::Ready);
                Some(id)
            }
            Outcome::Gone => {
                let replaced = self.plan.changes.get(address).is_some_and(|c| c.action != Action::Delete);
                self.session.writer.change(|document| match document.resources.get_mut(address) {
                    // A replacement keeps the entry: its generation makes the next token another one.
                    Some(resource) if replaced => {
                        if resource.deposed.is_empty() {
                            resource.status = Status::Deleting;
                        }
                        resource.deposed.clear();
                        resource.deferred = false;
                    }
                    _ => {
                        document.resources.remove(address);
                        document.kept.remove(address);
                    }
                });
                None
            }
            Outcome::Forgotten => {
                let id = self.session.writer.with(|d| d.resources.get(address).map(|r| r.id.clone()));
                let kind = self.plan.changes.get(address).map(|c| c.kind.clone()).unwrap_or_default();
                self.report.retained.push((address.clone(), kind, id.clone().unwrap_or_default()));
                self.session.writer.change(|document| {
                    let forgotten = document.resources.remove(address);
                    if let Some(resource) = forgotten.filter(|resource| !resource.kept.is_empty()) {
                        document.kept.insert(address.clone(), resource.kept);
                    }
                });
                id
            }
        }
    }

    fn record(&self, address: &Address, id: &str, inputs: &Inputs, attributes: &Attributes, status: Status) {
        let Some(change) = self.plan.changes.get(address) else { return };
        let Ok((schema, _)) = self.engine.provider.find_kind(&change.kind) else { return };
        let now = self.engine.clock.now();
        self.session.writer.change(|document| {
            let inputs = mask(inputs, schema, &document.lineage);
            let earlier = document.resources.get(address);
            let is_new = earlier.is_none_or(|r| r.id != id);
            let deposed = left_to_delete(change, earlier, is_new, id);
            if is_new {
                document.pending.remove(address);
            }
            document.kept.remove(address);
            let mut left = earlier.map(|r| r.left.clone()).unwrap_or_default();
            if is_new && change.retain && matches!(change.action, Action::Replace(_)) {
                left.extend(change.id.iter().chain(earlier.map(|r| &r.id)).cloned());
                left.sort();
                left.dedup();
            }
            let deferred = earlier.is_some_and(|r| r.deferred) && !deposed.is_empty();
            let generation = earlier.map_or(0, |r| if is_new { r.generation + 1 } else { r.generation });
            let created_at = earlier.filter(|_| !is_new).map_or(now, |r| r.created_at);
            document.resources.insert(
                address.clone(),
                ResourceState {
                    kind: change.kind.clone(),
                    region: change.region.clone(),
                    id: id.to_owned(),
                    inputs,
                    kept: change.kept.clone(),
                    imported: change.imported,
                    attributes: attributes.clone(),
                    depends_on: change.needs.keys().cloned().collect(),
                    retain: change.retain,
                    status,
                    generation,
                    deposed,
                    left,
                    deferred,
                    created_at,
                    updated_at: now,
                },
            );
        });
    }

    /// Records the inputs without the old entries of lists. Everything else was recorded by the update before.
    fn record_trimmed(&self, address: &Address, inputs: &Inputs, attributes: &Attributes) {
        let kind = self.plan.changes.get(address).map(|change| change.kind.as_str()).unwrap_or_default();
        let Ok((schema, _)) = self.engine.provider.find_kind(kind) else { return };
        let now = self.engine.clock.now();
        self.session.writer.change(|document| {
            let inputs = mask(inputs, schema, &document.lineage);
            if let Some(resource) = document.resources.get_mut(address) {
                resource.inputs = inputs;
                resource.attributes.clone_from(attributes);
                resource.updated_at = now;
            }
        });
    }

    /// Takes over into the state what AWS says of resources to which nothing is done.
    fn bring_up_to_date(&self) {
        for change in self.plan.changes.values().filter(|c| c.action == Action::None) {
            let (Some(live), Some(_)) = (self.refreshed.live.get(&change.address), &change.desired) else { continue };
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
            let is_in_step = change.fields.is_empty();
            if differs && is_in_step && self.is_as_desired(change, &inputs) {
                let id = change.id.clone().unwrap_or_default();
                self.record(&change.address, &id, &inputs, &live.attributes, Status::Ready);
            }
        }
    }

    /// A resource that is not selected has no fields in the plan, although it may differ.
    fn is_as_desired(&self, change: &Change, inputs: &Inputs) -> bool {
        let Ok((schema, _)) = self.engine.provider.find_kind(&change.kind) else { return false };
        let Some(live) = self.refreshed.live.get(&change.address) else { return false };
        self.session.writer.with(|document| {
            let applied = document.resources.get(&change.address).map(|r| &r.inputs);
            let compared = ohinfra_plan::difference::Compared {
                schema,
                lineage: &document.lineage,
                desired: inputs,
                applied,
                live: &live.inputs,
            };
            ohinfra_plan::difference::difference(&compared).is_empty()
        })
    }

    /// The outputs as far as they are known; none if the plan has none to say (a destroy of a part).
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

/// The inputs of an update that keeps old entries of lists for what still uses them.
fn with_overlap(mut inputs: Inputs, overlap: &Inputs) -> Inputs {
    inputs.extend(overlap.clone());
    inputs
}

/// What still has to be deleted once `id` is the current one: what was left before, what the plan has found, what was replaced.
fn left_to_delete(change: &Change, earlier: Option<&ResourceState>, is_new: bool, id: &str) -> Vec<String> {
    let mut left: BTreeSet<&String> = earlier.iter().flat_map(|r| &r.deposed).collect();
    // What goes first has gone.
    if change.action != Action::Replace(Replacement::DeleteFirst) {
        left.extend(&change.deposed);
    }
    if is_new && !change.retain && change.action == Action::Replace(Replacement::CreateFirst) {
        left.extend(change.id.iter().chain(earlier.map(|r| &r.id)));
    }
    left.into_iter().filter(|left| *left != id).cloned().collect()
}

/// What a delete step deletes: the replaced ones after a replacement, everything otherwise. The state may know another identity than
/// the plan has found: both go, but never the one that a create step has just made.
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
