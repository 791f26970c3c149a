//! A plan: what will be done and why, as a plain value.

use std::collections::{BTreeMap, BTreeSet};

use ohinfra_core::diagnostic::Diagnostic;
use ohinfra_core::inputs::Inputs;
use ohinfra_core::schema::Replacement;
use ohinfra_core::{Address, Region};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::graph::{Need, Outputs};

/// What will be done with a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// It is as it should be.
    None,
    /// It is made.
    Create,
    /// It is changed in place.
    Update,
    /// It is made anew and the old one deleted, in this order.
    Replace(Replacement),
    /// It is deleted.
    Delete,
    /// It is there and ours, but the state does not know it: it is taken (back), and changed where it differs.
    Adopt,
    /// It leaves the state and stays in the cloud.
    Retain,
}

impl Action {
    /// The word for it, as in the JSON form.
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

    /// Whether its attributes are those of a resource that does not exist yet.
    pub fn makes_anew(self) -> bool {
        matches!(self, Self::Create | Self::Replace(_))
    }
}

/// One field that differs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldChange {
    /// The dotted path.
    pub path: String,
    /// What it is in AWS.
    pub before: Option<Value>,
    /// What it becomes.
    pub after: Option<Value>,
    /// Whether AWS cannot change it in place.
    pub replace: bool,
    /// Whether somebody changed it in AWS since it was applied.
    pub drift: bool,
    /// Whether it is a secret (the values are digests then).
    pub sensitive: bool,
    /// Whether it is known only after other resources have been made.
    pub unknown: bool,
}

/// What will be done with one resource.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Its address.
    pub address: Address,
    /// The name of its kind.
    pub kind: String,
    /// Its region.
    pub region: Region,
    /// What is done.
    pub action: Action,
    /// Why, each a clause without a full stop.
    pub reasons: Vec<String>,
    /// The fields that differ.
    pub fields: Vec<FieldChange>,
    /// What must be done before: the needs of the desired resource, or of the one that goes.
    pub needs: BTreeMap<Address, Need>,
    /// What it needed when it was last applied, and needs no longer: that can be deleted only after this change.
    pub lets_go: BTreeSet<Address>,
    /// The identity of the live resource.
    pub id: Option<String>,
    /// Replaced ones that an interrupted apply left behind.
    pub deposed: Vec<String>,
    /// The desired inputs with their references; none for what goes.
    pub desired: Option<Inputs>,
    /// Lists with old entries that stay until what used them has been deleted: each with its old and new entries.
    pub overlap: Inputs,
    /// Whether `destroy` leaves it in the cloud.
    pub retain: bool,
    /// Names and the like of its own that it keeps: already laid over `desired`.
    pub kept: Inputs,
    /// Whether it was imported.
    pub imported: bool,
    /// Whether it is there and holds data.
    pub holds_data: bool,
    /// Whether the run may touch it.
    pub selected: bool,
    /// Whether nothing is to be done but what AWS would not let an earlier run do: it is tried again, and no change if it must wait on.
    pub deferred: bool,
}

/// What somebody changed in AWS behind our back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Drift {
    /// The resource.
    pub address: Address,
    /// The name of its kind.
    pub kind: String,
    /// Whether it is gone altogether.
    pub missing: bool,
    /// The fields that differ from what was applied.
    pub fields: Vec<FieldChange>,
}

/// The number of resources per action.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// To be made.
    pub create: usize,
    /// To be changed in place.
    pub update: usize,
    /// To be made anew.
    pub replace: usize,
    /// To be deleted.
    pub delete: usize,
    /// To be taken over.
    pub adopt: usize,
    /// As they should be.
    pub unchanged: usize,
}

/// What will be done.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// The deployment's name.
    pub deployment: String,
    /// The lineage of the state that it was made for.
    pub lineage: String,
    /// The serial of that state.
    pub serial: u64,
    /// The digest of the configuration that it was made of.
    pub configuration_digest: String,
    /// By address.
    pub changes: BTreeMap<Address, Change>,
    /// By address.
    pub drift: Vec<Drift>,
    /// The outputs, resolved as far as they are known.
    pub outputs: Outputs,
    /// Errors (conflicts) and warnings.
    pub diagnostics: Vec<Diagnostic>,
}

impl Plan {
    /// How many of each.
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

    /// The resources that hold data and that the plan deletes or replaces.
    pub fn data_at_stake(&self) -> impl Iterator<Item = &Change> {
        let ends = |change: &&Change| matches!(change.action, Action::Delete | Action::Replace(_));
        self.changes.values().filter(|change| change.holds_data && change.selected && !change.deferred).filter(ends)
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.changes.values().all(|change| change.action == Action::None || change.deferred)
    }

    /// Whether something must be solved before it can be applied.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }
}
