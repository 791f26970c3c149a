//! The stable JSON form of a plan: `plan --json`, and the file of `plan --out`.

use std::collections::BTreeSet;

use ohinfra_core::inputs::is_unknown;
use ohinfra_core::{Address, Region};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::graph::Outputs;
use crate::plan::{Action, Change, Drift, FieldChange, Plan, Summary};

/// The version of the form. Fields may be added without a new version; nothing is taken away or changed.
pub const FORMAT_VERSION: u32 = 1;

/// A plan as a document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanDocument {
    /// [`FORMAT_VERSION`].
    pub format_version: u32,
    /// The version of the tool that made it.
    pub tool_version: String,
    /// The deployment's name.
    pub deployment: String,
    /// The lineage of the state it was made for.
    pub lineage: String,
    /// The serial of that state.
    pub serial: u64,
    /// The digest of the configuration it was made of.
    pub configuration_digest: String,
    /// `apply`, `destroy`, `purge` or `refresh_only`.
    pub mode: String,
    /// How many of each.
    pub summary: Summary,
    /// Changed resources (all of them with `--all`), by address.
    pub changes: Vec<ChangeDocument>,
    /// What leaves the state and stays in AWS.
    pub retained: Vec<Address>,
    /// Resources with data that are deleted or replaced: an apply needs `--accept data:ADDRESS` for each.
    #[serde(default)]
    pub data_at_stake: Vec<Address>,
    /// What somebody changed in AWS.
    pub drift: Vec<Drift>,
    /// Outputs; what is not known yet is null.
    pub outputs: Outputs,
    /// Problems that stop an apply.
    pub errors: Vec<String>,
    /// Remarks.
    pub warnings: Vec<String>,
}

/// A change as a document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChangeDocument {
    /// The address.
    pub address: Address,
    /// The name of the kind.
    pub kind: String,
    /// The region.
    pub region: Region,
    /// `create`, `update`, `replace`, `delete`, `adopt` or `none`.
    pub action: String,
    /// The identity of the live resource.
    pub id: Option<String>,
    /// Why.
    pub reasons: Vec<String>,
    /// What differs. A value that is not known yet is null and `unknown`.
    pub fields: Vec<FieldChange>,
    /// What it needs.
    pub depends_on: BTreeSet<Address>,
}

impl PlanDocument {
    /// The document of a plan; with every resource, or only with those that change.
    pub fn new(plan: &Plan, mode: &str, tool_version: &str, all: bool) -> Self {
        let listed = |change: &&Change| match change.action {
            Action::None => all,
            Action::Retain => false,
            Action::Create | Action::Update | Action::Replace(_) | Action::Delete | Action::Adopt => true,
        };
        let (errors, warnings) = plan.diagnostics.iter().partition::<Vec<_>, _>(|d| d.is_error());
        let texts = |list: Vec<&ohinfra_core::diagnostic::Diagnostic>| list.iter().map(ToString::to_string).collect();
        Self {
            format_version: FORMAT_VERSION,
            tool_version: tool_version.to_owned(),
            deployment: plan.deployment.clone(),
            lineage: plan.lineage.clone(),
            serial: plan.serial,
            configuration_digest: plan.configuration_digest.clone(),
            mode: mode.to_owned(),
            summary: plan.summary(),
            changes: plan.changes.values().filter(listed).map(ChangeDocument::new).collect(),
            retained: plan.changes.values().filter(|c| c.action == Action::Retain).map(|c| c.address.clone()).collect(),
            data_at_stake: plan.data_at_stake().map(|change| change.address.clone()).collect(),
            drift: plan.drift.clone(),
            outputs: known_outputs(&plan.outputs),
            errors: texts(errors),
            warnings: texts(warnings),
        }
    }
}

impl ChangeDocument {
    fn new(change: &Change) -> Self {
        let field = |field: &FieldChange| FieldChange {
            after: field.after.clone().filter(|_| !field.unknown),
            ..field.clone()
        };
        Self {
            address: change.address.clone(),
            kind: change.kind.clone(),
            region: change.region.clone(),
            action: change.action.word().to_owned(),
            id: change.id.clone(),
            reasons: change.reasons.clone(),
            fields: change.fields.iter().map(field).collect(),
            depends_on: change.needs.keys().cloned().collect(),
        }
    }
}

/// The outputs with null for what is not known.
pub fn known_outputs(outputs: &Outputs) -> Outputs {
    let known = |value: &Value| if is_unknown(value) { Value::Null } else { value.clone() };
    outputs
        .iter()
        .map(|(stack, values)| {
            (stack.clone(), values.iter().map(|(name, value)| (name.clone(), known(value))).collect())
        })
        .collect()
}
