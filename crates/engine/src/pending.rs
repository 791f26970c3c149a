//! Write-ahead intents: a run records the resources to create in the state before it creates the first one. If it is killed
//! between a create call and the following write, the next run finds the resource, even if it is no longer configured.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;
use ohinfra_core::Address;
use ohinfra_core::contract::{Found, Live, Standing, Subject};
use ohinfra_core::inputs::{Attributes, imported, resolve_all, without_unknowns};
use ohinfra_core::secret::mask;
use ohinfra_core::tag_index::KnownTags;
use ohinfra_plan::difference::{Compared, difference};
use ohinfra_plan::plan::{Action, Change, Plan};
use ohinfra_plan::steps::Operation;
use ohinfra_plan::{Graph, Resource};
use ohinfra_state::{Applied, Pending, Predecessor, ResourceState, StateDocument, Transition};

use crate::Engine;
use crate::refresh::{ReadError, subject};
use crate::report::Report;
use crate::session::Session;
use crate::step::never_reported;
use crate::waiting::retrying_read;

/// Returns the intents of a plan: the resources to create, and unsettled intents of earlier runs for resources in the plan.
fn intents(engine: &Engine, document: &StateDocument, plan: &Plan) -> BTreeMap<Address, Pending> {
    let known = |reference: &ohinfra_core::Reference| {
        plan.live.get(&reference.resource).and_then(|live| live.attributes.get(&reference.attribute)).cloned()
    };
    let intent = |change: &Change| {
        let (schema, _) = engine.provider.find_kind(&change.kind).ok()?;
        let inputs = without_unknowns(&resolve_all(change.desired.as_ref()?, &known));
        Some(Pending {
            kind: change.kind.clone(),
            region: change.region.clone(),
            inputs: mask(&inputs, schema, &document.lineage),
            depends_on: change.needs.keys().cloned().collect(),
            retain: change.retain,
            attempted: document.pending.get(&change.address).is_some_and(|pending| pending.attempted),
        })
    };
    let intents = |change: &Change| {
        let pending = match change.action {
            Action::Create | Action::Replace(_) => intent(change),
            _ => document.pending.get(&change.address).cloned(),
        };
        Some((change.address.clone(), pending?))
    };
    plan.changes.values().filter_map(intents).collect()
}

/// Returns the objects that the plan found and that it replaces, if their records do not list them. Once their successors exist,
/// the next run could not tell them apart: a search returns only one object of an address.
fn unrecorded(engine: &Engine, document: &StateDocument, plan: &Plan) -> Vec<(Address, Applied)> {
    let found = |change: &Change| {
        let is_known = |record: &ResourceState| {
            Some(&record.id) == change.id.as_ref() && change.deposed.iter().all(|old| record.deposed.contains(old))
        };
        let (record, pending) = (document.resources.get(&change.address), document.pending.get(&change.address));
        if !matches!(change.action, Action::Replace(_)) || record.is_some_and(is_known) {
            return None;
        }
        let (schema, _) = engine.provider.find_kind(&change.kind).ok()?;
        let fixed = never_reported(schema, change.desired.as_ref()?);
        let applied = Applied {
            kind: change.kind.clone(),
            region: change.region.clone(),
            id: change.id.clone()?,
            inputs: fixed.into_iter().map(|(field, _)| (field, imported())).collect(),
            kept: change.kept.clone(),
            imported: change.imported,
            attributes: plan.live.get(&change.address)?.attributes.clone(),
            depends_on: pending.map(|pending| pending.depends_on.clone()).unwrap_or_default(),
            retain: change.retain,
            leftovers: change.deposed.clone(),
            predecessor: if change.retain { Predecessor::Retained(None) } else { Predecessor::Deposed(None) },
        };
        Some((change.address.clone(), applied))
    };
    plan.changes.values().filter_map(found).collect()
}

/// Records the intents of a plan, with the unrecorded objects that it replaces, and waits until they are written. If the write
/// fails, no step starts, and the writer reports the error.
pub(crate) async fn record_intents(engine: &Engine, session: &Session, plan: &Plan) {
    let (pending, found) =
        session.writer.with(|document| (intents(engine, document, plan), unrecorded(engine, document, plan)));
    if !found.is_empty() || session.writer.with(|document| document.pending != pending) {
        let now = engine.clock.now();
        session.writer.change(|document| {
            for (address, found) in found {
                document.transition(&address, Transition::Found(Box::new(found)), now);
            }
            document.pending = pending;
        });
        // The writer reports the error, and the execution ends before its first step.
        let _ = session.writer.flush().await;
    }
}

/// Removes the settled intents. Intents with an unknown outcome and those of unselected resources remain.
pub(crate) fn clear_intents(session: &Session, plan: &Plan, report: &Report) {
    let failed = report.failed.iter().map(|failure| &failure.step).chain(&report.abandoned);
    let not_run = report.skipped.iter().map(|(step, _)| step).chain(&report.not_started);
    let unsettled: BTreeSet<Address> = failed
        .chain(not_run.filter(|step| step.operation == Operation::Delete))
        .map(|step| step.address.clone())
        .chain(plan.changes.values().filter(|change| !change.selected).map(|change| change.address.clone()))
        .collect();
    if session.writer.with(|document| document.pending.keys().any(|address| !unsettled.contains(address))) {
        session.writer.change(|document| document.pending.retain(|address, _| unsettled.contains(address)));
    }
}

impl Engine {
    /// Finds the resources that an earlier run may have created without recording them, and adds them to `prior` and `live`:
    /// as resources that are no longer configured, or as replaced ones. Configured resources without a live one are found by
    /// [`Engine::discover`] instead.
    pub(crate) async fn find_pending(
        &self,
        document: &StateDocument,
        graph: &Graph,
        prior: &mut BTreeMap<Address, ResourceState>,
        live: &mut BTreeMap<Address, Live>,
    ) -> Result<(), Vec<ReadError>> {
        // A second instance of a retained resource may be its predecessor, which was retained in the cloud with its data. Only
        // a purge deletes such a resource.
        let may_be_lost = |address: &Address, pending: &Pending| {
            if live.contains_key(address) { !pending.retain } else { graph.get(address).is_none() }
        };
        let lost: Vec<(&Address, &Pending)> =
            document.pending.iter().filter(|(address, pending)| may_be_lost(address, pending)).collect();
        let finds = lost.iter().map(|(address, pending)| {
            let except = prior.get(*address).map(|record| record.known_ids().cloned().collect()).unwrap_or_default();
            self.find_one(subject(document, address, &pending.region, except), pending)
        });
        let found: Vec<_> = join_all(finds).await;
        let mut errors = Vec::new();
        let mut successors = BTreeMap::new();
        for ((address, pending), found) in lost.into_iter().zip(found) {
            match found {
                Err(error) => errors.push(error),
                Ok(None) => {}
                Ok(Some(found)) if live.contains_key(address) && prior.contains_key(address) => {
                    successors.insert(address, (pending, found));
                }
                Ok(Some((id, found))) => {
                    let deposed = prior.get(address).map(|prior| prior.deposed.clone()).unwrap_or_default();
                    prior.insert(address.clone(), leftover(pending, &id, &found, deposed));
                    live.insert(address.clone(), found);
                }
            }
        }
        // In topological order, because the dependencies of a resource may have successors as well.
        for resource in graph.in_order() {
            let Some((pending, (id, found))) = successors.remove(&resource.address) else { continue };
            let Some(prior) = prior.get_mut(&resource.address) else { continue };
            if self.must_be_replaced(document, resource, prior, live) {
                // The replacement continues with the successor that the killed run created.
                let deposed = prior.known_ids().cloned().collect();
                let depends_on = prior.depends_on.union(&pending.depends_on).cloned().collect();
                *prior = ResourceState {
                    inputs: pending.inputs.clone(),
                    depends_on,
                    ..leftover(pending, &id, &found, deposed)
                };
                live.insert(resource.address.clone(), found);
            } else {
                prior.deposed.push(id);
            }
        }
        for (address, (_, (id, _))) in successors {
            if let Some(prior) = prior.get_mut(address) {
                prior.deposed.push(id);
            }
        }
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }

    /// Returns `true` if the configuration still requires a replacement of the recorded resource, as far as references are known.
    fn must_be_replaced(
        &self,
        document: &StateDocument,
        resource: &Resource,
        prior: &ResourceState,
        live: &BTreeMap<Address, Live>,
    ) -> bool {
        let (Ok((schema, _)), Some(present)) = (self.provider.find_kind(resource.kind), live.get(&resource.address))
        else {
            return false;
        };
        let known = |reference: &ohinfra_core::Reference| {
            live.get(&reference.resource)?.attributes.get(&reference.attribute).cloned()
        };
        let desired = resolve_all(&resource.inputs, &known);
        let compared = Compared {
            schema,
            lineage: &document.lineage,
            desired: &desired,
            applied: Some(&prior.inputs),
            live: &present.inputs,
        };
        difference(&compared).iter().any(|field| field.replace && !field.unknown)
    }

    async fn find_one(&self, subject: Subject, pending: &Pending) -> Result<Option<(String, Live)>, ReadError> {
        let failed = |error| ReadError { what: subject.address().to_string(), error };
        let (schema, kind) = self.provider.find_kind(&pending.kind).map_err(failed)?;
        let look = || async {
            let _permit = self.limits.permit(schema.service(), &subject.region).await;
            let found = kind.find(&subject, pending.inputs.clone()).await?;
            let is_ours = |found: &Found| {
                found.is_owned_by(&subject.ownership)
                    && found.standing == Standing::Present
                    && !subject.except.contains(&found.id)
            };
            let Some(found) = found.filter(is_ours) else { return Ok(None) };
            let live = kind.read(&subject.region, std::slice::from_ref(&found.id), KnownTags::NONE).await?;
            Ok(live.into_iter().next().flatten().map(|live| (found.id, live)))
        };
        retrying_read(self.notice(&pending.kind), look).await.map_err(failed)
    }
}

/// Returns the record of an object that a killed run created.
fn leftover(pending: &Pending, id: &str, live: &Live, deposed: Vec<String>) -> ResourceState {
    ResourceState {
        attributes: Attributes::clone(&live.attributes),
        depends_on: pending.depends_on.clone(),
        retain: pending.retain,
        deposed,
        ..ResourceState::found(&pending.kind, &pending.region, id)
    }
}
