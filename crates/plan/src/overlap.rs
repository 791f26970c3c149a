//! Lists whose old entries outlive the update: the callback URLs of a login serve the old and the new site until the old one is
//! deleted.

use std::collections::BTreeSet;

use ohinfra_core::Address;
use ohinfra_core::inputs::{Inputs, is_unknown};
use ohinfra_core::schema::{OVERLAP, Schema};
use serde_json::Value;

use crate::plan::{Action, Plan};
use crate::steps::deletes_users;

/// Returns the lists from which this apply removes entries that the last one set, each with its old and new entries.
pub(crate) fn overlap(schema: &Schema, desired: &Inputs, applied: &Inputs, live: &Inputs) -> Inputs {
    let overlaps = schema.inputs_with(OVERLAP).filter_map(|name| {
        let list = |inputs: &Inputs| inputs.get(name).and_then(Value::as_array).cloned();
        let (wanted, applied, present) = (list(desired)?, list(applied)?, list(live)?);
        let leaves = |entry: &Value| applied.contains(entry) && !wanted.contains(entry);
        let old: Vec<Value> = present.into_iter().filter(leaves).collect();
        let is_known = !wanted.iter().any(is_unknown);
        (is_known && !old.is_empty()).then(|| (name.to_owned(), [wanted, old].concat().into()))
    });
    overlaps.collect()
}

/// Keeps old entries only for dependents that this plan deletes. Without such a deletion, the update removes them.
pub(crate) fn settle_overlaps(plan: &mut Plan) {
    let overlaps = plan.changes.values().filter(|change| !change.overlap.is_empty() && change.selected);
    let kept: BTreeSet<Address> = overlaps
        .filter(|change| change.action == Action::Update && deletes_users(plan, &change.address))
        .map(|change| change.address.clone())
        .collect();
    for change in plan.changes.values_mut().filter(|change| !change.overlap.is_empty()) {
        if kept.contains(&change.address) {
            let fields = change.overlap.keys().cloned().collect::<Vec<_>>().join(", ");
            change.reasons.push(format!("old entries of {fields} stay until their dependents are deleted"));
        } else {
            change.overlap.clear();
        }
    }
}
