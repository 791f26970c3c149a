//! The life of a resource record as a state machine: every change that a step makes to the state document.
//!
//! ```text
//!         Identified, Found          Ready
//!  (none) ─────────────► Creating ─────────► Ready ──┐ Ready (update), Trimmed, PredecessorsDeleted,
//!     ▲                     ▲                │  ▲ └──┘ Found (lists further predecessors)
//!     │          Identified │                │
//!     │                     └── Deleting ◄───┤ DeletedForReplacement
//!     │                                      │
//!     └──────── Deleted, Retained ◄──────────┘ Deferred marks the record and keeps its status
//! ```

use std::collections::BTreeSet;

use jiff::Timestamp;
use ohinfra_core::inputs::{Attributes, Inputs};
use ohinfra_core::{Address, Region};

use crate::document::{ResourceState, StateDocument, Status};

/// A change of one record.
#[derive(Clone, Debug, PartialEq)]
pub enum Transition {
    /// AWS assigned an ID. The object may not be ready for use yet.
    Identified(Box<Applied>),
    /// Objects of earlier runs were found that the record does not list: a current one, and leftovers. They are recorded before
    /// their successor is created, because a later search returns only one object.
    Found(Box<Applied>),
    /// The object exists and has the applied inputs.
    Ready(Box<Applied>),
    /// The old entries of lists were removed after the deletion of the dependents that used them.
    Trimmed {
        /// The applied inputs, with secrets as digests.
        inputs: Inputs,
        /// The attributes that dependents refer to.
        attributes: Attributes,
    },
    /// AWS does not allow the deletion yet. A later run retries it.
    Deferred,
    /// The object no longer exists, and its successor is still to be created. The record stays, because its generation is part
    /// of the next idempotency token.
    DeletedForReplacement,
    /// The deposed predecessors no longer exist.
    PredecessorsDeleted,
    /// The object no longer exists.
    Deleted,
    /// The object stays in AWS and leaves the state.
    Retained,
}

/// The object that an apply created, updated or adopted.
#[derive(Clone, Debug, PartialEq)]
pub struct Applied {
    /// The kind name.
    pub kind: String,
    /// The region.
    pub region: Region,
    /// The ID in AWS.
    pub id: String,
    /// The applied inputs, with secrets as digests.
    pub inputs: Inputs,
    /// The inputs that an imported or adopted object keeps.
    pub kept: Inputs,
    /// `true` if the object was imported.
    pub imported: bool,
    /// The attributes that dependents refer to.
    pub attributes: Attributes,
    /// The dependencies.
    pub depends_on: BTreeSet<Address>,
    /// `true` if `destroy` retains the object.
    pub retain: bool,
    /// IDs of older objects that are still to be deleted, in addition to those that the record lists.
    pub leftovers: Vec<String>,
    /// The object that this one replaces.
    pub predecessor: Predecessor,
}

/// The fate of a replaced object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Predecessor {
    /// There is none, or it was deleted before its successor was created.
    #[default]
    None,
    /// It is deleted after its successor is ready. The ID may differ from the recorded one; both are deposed.
    Deposed(Option<String>),
    /// It holds data and stays in AWS. The ID may differ from the recorded one; both are retained.
    Retained(Option<String>),
}

impl StateDocument {
    /// Applies a transition to the record of an address. Transitions of an unknown address are ignored, except
    /// [`Transition::Identified`], [`Transition::Found`] and [`Transition::Ready`], which create the record.
    pub fn transition(&mut self, address: &Address, transition: Transition, now: Timestamp) {
        match transition {
            Transition::Identified(applied) => self.record(address, *applied, Status::Creating, now),
            Transition::Found(applied) => self.record_found(address, *applied, now),
            Transition::Ready(applied) => self.record(address, *applied, Status::Ready, now),
            Transition::Trimmed { inputs, attributes } => {
                if let Some(record) = self.resources.get_mut(address) {
                    record.inputs = inputs;
                    record.attributes = attributes;
                    record.updated_at = now;
                }
            }
            Transition::Deferred => {
                if let Some(record) = self.resources.get_mut(address) {
                    record.deferred = true;
                }
            }
            Transition::DeletedForReplacement | Transition::PredecessorsDeleted => {
                if let Some(record) = self.resources.get_mut(address) {
                    if transition == Transition::DeletedForReplacement {
                        record.status = Status::Deleting;
                    }
                    record.deposed.clear();
                    record.deferred = false;
                }
            }
            Transition::Deleted => {
                self.resources.remove(address);
                self.kept.remove(address);
            }
            Transition::Retained => {
                let record = self.resources.remove(address);
                if let Some(record) = record.filter(|record| !record.kept.is_empty()) {
                    self.kept.insert(address.clone(), record.kept);
                }
            }
        }
    }

    /// Removes the record of an address, and everything else that the state knows about it. The object stays in AWS. Returns the
    /// record; `None` if there is none.
    pub fn forget(&mut self, address: &Address) -> Option<ResourceState> {
        let record = self.resources.remove(address)?;
        self.pending.remove(address);
        self.kept.remove(address);
        Some(record)
    }

    /// Moves the record of an address to another one, with its kept identity and the dependencies on it. Returns `false`, and
    /// changes nothing, if there is no record to move or the other address has one.
    pub fn rename(&mut self, from: &Address, to: &Address) -> bool {
        if self.resources.contains_key(to) {
            return false;
        }
        let Some(record) = self.resources.remove(from) else { return false };
        self.resources.insert(to.clone(), record);
        // The intent to create the object under the old address is obsolete.
        self.pending.remove(from);
        if let Some(kept) = self.kept.remove(from) {
            self.kept.insert(to.clone(), kept);
        }
        for record in self.resources.values_mut() {
            if record.depends_on.remove(from) {
                record.depends_on.insert(to.clone());
            }
        }
        true
    }

    fn record_found(&mut self, address: &Address, applied: Applied, now: Timestamp) {
        if let Some(record) = self.resources.get_mut(address).filter(|record| record.id == applied.id) {
            let deposed: BTreeSet<String> = record.deposed.drain(..).chain(applied.leftovers).collect();
            record.deposed = deposed.into_iter().collect();
            return;
        }
        self.record(address, applied, Status::Creating, now);
        // The dependencies of the object and those of other records can be of different configurations.
        if self.find_cycle().is_some()
            && let Some(record) = self.resources.get_mut(address)
        {
            record.depends_on.clear();
        }
    }

    fn record(&mut self, address: &Address, applied: Applied, status: Status, now: Timestamp) {
        let earlier = self.resources.get(address);
        let is_new = earlier.is_none_or(|record| record.id != applied.id);
        let mut deposed: BTreeSet<String> = earlier.iter().flat_map(|record| &record.deposed).cloned().collect();
        let mut left: BTreeSet<String> = earlier.iter().flat_map(|record| &record.left).cloned().collect();
        deposed.extend(applied.leftovers);
        let replaced = |found: Option<String>| found.into_iter().chain(earlier.map(|record| record.id.clone()));
        match applied.predecessor {
            Predecessor::Deposed(found) if is_new => deposed.extend(replaced(found)),
            Predecessor::Retained(found) if is_new => left.extend(replaced(found)),
            Predecessor::None | Predecessor::Deposed(_) | Predecessor::Retained(_) => {}
        }
        // An object is never its own predecessor, whatever identity a service reuses.
        deposed.remove(&applied.id);
        let generation = earlier.map_or(0, |record| record.generation + u64::from(is_new));
        let created_at = earlier.filter(|_| !is_new).map_or(now, |record| record.created_at);
        let deferred = earlier.is_some_and(|record| record.deferred) && !deposed.is_empty();
        if is_new {
            self.pending.remove(address);
        }
        self.kept.remove(address);
        let record = ResourceState {
            kind: applied.kind,
            region: applied.region,
            id: applied.id,
            inputs: applied.inputs,
            kept: applied.kept,
            imported: applied.imported,
            attributes: applied.attributes,
            depends_on: applied.depends_on,
            retain: applied.retain,
            status,
            generation,
            deposed: deposed.into_iter().collect(),
            left: left.into_iter().collect(),
            deferred,
            created_at,
            updated_at: now,
        };
        self.resources.insert(address.clone(), record);
    }
}

#[cfg(test)]
mod tests;
