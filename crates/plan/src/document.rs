//! The stable JSON form of a plan: the output of `plan --json` and the file written by `plan --out`.

use std::collections::BTreeSet;

use ohinfra_core::inputs::is_unknown;
use ohinfra_core::{Address, Region};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::graph::Outputs;
use crate::plan::{Action, Change, Drift, FieldChange, Plan, Summary};

/// The version of the format. Within a version, fields may be added, but not removed or changed.
pub const FORMAT_VERSION: u32 = 1;

/// A plan as a document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanDocument {
    /// The format version, [`FORMAT_VERSION`].
    pub format_version: u32,
    /// The version of ohinfra that created the plan.
    pub tool_version: String,
    /// The deployment's name.
    pub deployment: String,
    /// The lineage of the state that the plan is based on.
    pub lineage: String,
    /// The serial of that state.
    pub serial: u64,
    /// The digest of the configuration that the plan is based on.
    pub configuration_digest: String,
    /// The mode: `apply`, `destroy`, `purge` or `refresh_only`.
    pub mode: String,
    /// The number of resources per action.
    pub summary: Summary,
    /// The changed resources (with `--all`: all resources), ordered by address.
    pub changes: Vec<ChangeDocument>,
    /// The resources that are removed from the state and retained in AWS.
    pub retained: Vec<Address>,
    /// The resources with data that the plan deletes or replaces: an apply requires `--accept data:ADDRESS` for each.
    #[serde(default)]
    pub data_at_stake: Vec<Address>,
    /// The changes made outside ohinfra.
    pub drift: Vec<Drift>,
    /// The outputs; values known only after apply are null.
    pub outputs: Outputs,
    /// The errors, which block an apply.
    pub errors: Vec<String>,
    /// The warnings.
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
    /// The action: `create`, `update`, `replace`, `delete`, `adopt` or `none`.
    pub action: String,
    /// The identity of the live resource.
    pub id: Option<String>,
    /// The reasons for the action.
    pub reasons: Vec<String>,
    /// The fields that differ. A value known only after apply is null and marked `unknown`.
    pub fields: Vec<FieldChange>,
    /// The addresses of its dependencies.
    pub depends_on: BTreeSet<Address>,
}

impl PlanDocument {
    /// Creates the document of a plan, with all resources or only the changed ones.
    pub fn new(plan: &Plan, tool_version: &str, all: bool) -> Self {
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
            mode: plan.mode.word().to_owned(),
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

/// Returns the outputs with null for unknown values.
pub fn known_outputs(outputs: &Outputs) -> Outputs {
    let known = |value: &Value| if is_unknown(value) { Value::Null } else { value.clone() };
    outputs
        .iter()
        .map(|(stack, values)| {
            (stack.clone(), values.iter().map(|(name, value)| (name.clone(), known(value))).collect())
        })
        .collect()
}
