//! Plans: the actions and their reasons, as plain values.

use std::collections::{BTreeMap, BTreeSet};

use ohinfra_core::contract::{Deletion, Live};
use ohinfra_core::diagnostic::Diagnostic;
use ohinfra_core::inputs::Inputs;
use ohinfra_core::schema::Replacement;
use ohinfra_core::{Address, Region};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::graph::{Need, Outputs};
use crate::input::Mode;

/// The action for a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// No change.
    None,
    /// Create the resource.
    Create,
    /// Update the resource in place.
    Update,
    /// Create a new resource and delete the old one, in the given order.
    Replace(Replacement),
    /// Delete the resource.
    Delete,
    /// Add an existing resource that is owned by this deployment but missing from the state, and update it where it differs.
    Adopt,
    /// Remove the resource from the state and retain it in the cloud.
    Retain,
}

impl Action {
    /// Returns the name of the action in the JSON form.
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Create => "create",
            Self::Update => "update",
            Self::Replace(_) => "replace",
            Self::Delete => "delete",
            Self::Adopt => "adopt",
            Self::Retain => "retain",
        }
    }

    /// Returns `true` if the action creates a new resource, whose attributes are still unknown.
    pub fn creates_new(self) -> bool {
        matches!(self, Self::Create | Self::Replace(_))
    }
}

/// One field that differs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldChange {
    /// The dotted path of the field.
    pub path: String,
    /// The live value.
    pub before: Option<Value>,
    /// The planned value.
    pub after: Option<Value>,
    /// `true` if the change requires replacement.
    pub replace: bool,
    /// `true` if the field was changed outside ohinfra since the last apply.
    pub drift: bool,
    /// `true` for a secret; the values are digests.
    pub sensitive: bool,
    /// `true` if the planned value is known only after apply.
    pub unknown: bool,
}

/// The planned change of one resource.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The address.
    pub address: Address,
    /// The name of the kind.
    pub kind: String,
    /// The region.
    pub region: Region,
    /// The action.
    pub action: Action,
    /// The reasons, each a clause without a period.
    pub reasons: Vec<String>,
    /// The fields that differ.
    pub fields: Vec<FieldChange>,
    /// The dependencies of the desired resource, or of the resource to be deleted.
    pub needs: BTreeMap<Address, Need>,
    /// The dependencies of the last apply that are no longer needed. They can be deleted only after this change.
    pub releases: BTreeSet<Address>,
    /// The identity of the live resource.
    pub id: Option<String>,
    /// The identities of replaced resources that an interrupted apply did not delete.
    pub deposed: Vec<String>,
    /// The unselected dependents that may still use the replaced resources. While there are any, those are not deleted.
    pub used_by: BTreeSet<Address>,
    /// The desired inputs with their references; `None` for a deletion.
    pub desired: Option<Inputs>,
    /// Lists whose old entries stay until their dependents are deleted: each with its old and new entries.
    pub overlap: Inputs,
    /// `true` if `destroy` retains the resource in the cloud.
    pub retain: bool,
    /// The immutable inputs that keep their live values; already overlaid on `desired`.
    pub kept: Inputs,
    /// `true` if the resource was imported.
    pub imported: bool,
    /// `true` if the resource exists and holds data.
    pub holds_data: bool,
    /// `true` if the resource is selected for this run.
    pub selected: bool,
    /// `true` if the live resource matches the desired inputs.
    pub is_current: bool,
    /// `true` if the only action is to retry a deletion that an earlier run deferred. Not counted as a change.
    pub deferred: bool,
}

/// Changes of one resource made outside ohinfra.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Drift {
    /// The address.
    pub address: Address,
    /// The name of the kind.
    pub kind: String,
    /// `true` if the resource was deleted.
    pub missing: bool,
    /// The fields that differ from the last apply.
    pub fields: Vec<FieldChange>,
}

/// The number of resources per action.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// To be created.
    pub create: usize,
    /// To be updated in place.
    pub update: usize,
    /// To be replaced.
    pub replace: usize,
    /// To be deleted.
    pub delete: usize,
    /// To be adopted.
    pub adopt: usize,
    /// Unchanged.
    pub unchanged: usize,
}

/// A plan.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// The deployment's name.
    pub deployment: String,
    /// The lineage of the state that the plan is based on.
    pub lineage: String,
    /// The serial of that state.
    pub serial: u64,
    /// The digest of the configuration that the plan is based on.
    pub configuration_digest: String,
    /// The changes, including [`Action::None`], by address.
    pub changes: BTreeMap<Address, Change>,
    /// The drift, ordered by address.
    pub drift: Vec<Drift>,
    /// The outputs, resolved as far as possible.
    pub outputs: Outputs,
    /// The live resources that the plan is based on. Apply updates them without reading them again.
    pub live: BTreeMap<Address, Live>,
    /// The resources that exist in the cloud but not in the state.
    pub discovered: BTreeSet<Address>,
    /// The purpose of the run.
    pub mode: Mode,
    /// The errors (for example, conflicts) and warnings.
    pub diagnostics: Vec<Diagnostic>,
}

impl Plan {
    /// Returns how resources are deleted: a purge also deletes data that AWS could restore.
    pub fn deletion(&self) -> Deletion {
        if self.mode == Mode::Purge { Deletion::Purge } else { Deletion::Recoverable }
    }

    /// Counts the resources per action.
    pub fn summary(&self) -> Summary {
        let mut summary = Summary::default();
        for change in self.changes.values().filter(|change| change.selected && !change.deferred) {
            match change.action {
                Action::None => summary.unchanged += 1,
                Action::Create => summary.create += 1,
                Action::Update => summary.update += 1,
                Action::Replace(_) => summary.replace += 1,
                Action::Delete => summary.delete += 1,
                Action::Adopt => summary.adopt += 1,
                Action::Retain => {}
            }
        }
        summary
    }

    /// Returns the resources with data that the plan deletes or replaces.
    pub fn data_at_stake(&self) -> impl Iterator<Item = &Change> {
        let ends = |change: &&Change| matches!(change.action, Action::Delete | Action::Replace(_));
        self.changes.values().filter(|change| change.holds_data && change.selected && !change.deferred).filter(ends)
    }

    /// Returns `true` if the plan has no changes, apart from deferred deletions.
    pub fn is_empty(&self) -> bool {
        self.changes.values().all(|change| change.action == Action::None || change.deferred)
    }

    /// Returns `true` if errors block an apply.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }
}
