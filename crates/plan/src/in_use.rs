//! Old objects that unselected dependents may still use. A run with a selection does not update them, so it does not delete what
//! they use: an instance still boots from the old bundle until its group refers to the new template version.

use std::collections::{BTreeMap, BTreeSet};

use ohinfra_core::Address;
use ohinfra_core::diagnostic::Diagnostic;
use ohinfra_core::schema::Replacement;

use crate::plan::{Action, Change, Plan};
use crate::steps::{dependents, transitive};

/// Keeps the old objects that unselected dependents may use until a run that selects those as well. Refuses a replacement that
/// deletes first, because it cannot keep the old object.
pub(crate) fn keep_used(plan: &mut Plan) {
    if plan.changes.values().all(|change| change.selected) {
        return;
    }
    let users = users(plan);
    let mut problems = Vec::new();
    for (address, users) in users {
        let Some(change) = plan.changes.get_mut(&address) else { continue };
        let listed = users.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let targets = users.iter().map(|user| format!("--target {user}")).collect::<Vec<_>>().join(" ");
        let (kind, id) = (&change.kind, change.id.as_deref().unwrap_or_default());
        match change.action {
            Action::Replace(Replacement::DeleteFirst) => {
                let message = format!("{kind} `{id}` cannot be replaced while unselected resources use it: {listed}");
                problems.push(Diagnostic::error(&address, message).help(format!("add `{targets}`")));
                continue;
            }
            Action::Delete => {
                let message = format!("{kind} `{id}` is not deleted while unselected resources may use it: {listed}");
                problems.push(Diagnostic::warning(&address, message).help(format!("add `{targets}` to delete it")));
                change.action = Action::None;
                change.reasons.clear();
                continue;
            }
            Action::Replace(Replacement::CreateFirst) => {
                change
                    .reasons
                    .push(format!("the old resource ({id}) stays while unselected resources may use it: {listed}"));
            }
            // The deletion of the old object was the only reason.
            Action::Update if change.fields.is_empty() && change.reasons.len() == 1 => {
                change.action = Action::None;
                change.reasons.clear();
                change.deferred = false;
            }
            Action::Update | Action::Adopt => {
                let old = change.deposed.join(", ");
                change.reasons.push(format!("{old} stays while unselected resources may use it: {listed}"));
            }
            Action::None | Action::Create | Action::Retain => continue,
        }
        change.used_by = users;
    }
    plan.diagnostics.extend(problems);
}

/// Maps each resource whose old object this plan would delete to the unselected dependents that exist.
fn users(plan: &Plan) -> BTreeMap<Address, BTreeSet<Address>> {
    let dependents = dependents(plan);
    let is_user = |user: &&Address| plan.changes.get(*user).is_some_and(|user| !user.selected && user.id.is_some());
    let of = |change: &Change| -> BTreeSet<Address> {
        let users = match change.action {
            Action::Replace(_) if change.retain => BTreeSet::new(),
            // The old object is deleted in any case before its dependents are updated: only the direct ones depend on its ID.
            Action::Replace(Replacement::DeleteFirst) => dependents.get(&change.address).cloned().unwrap_or_default(),
            Action::Update | Action::Adopt if change.deposed.is_empty() => BTreeSet::new(),
            Action::Delete | Action::Replace(_) | Action::Update | Action::Adopt => {
                transitive(&dependents, &change.address)
            }
            Action::None | Action::Create | Action::Retain => BTreeSet::new(),
        };
        users.into_iter().filter(is_user).cloned().collect()
    };
    let used = plan.changes.values().map(|change| (change.address.clone(), of(change)));
    used.filter(|(_, users)| !users.is_empty()).collect()
}
