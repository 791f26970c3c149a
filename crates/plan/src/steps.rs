//! The steps of a plan and the order between them, as executed by an apply.

use std::collections::{BTreeMap, BTreeSet};

use ohinfra_core::Address;
use ohinfra_core::schema::Replacement;
use petgraph::algo::is_cyclic_directed;
use petgraph::graphmap::DiGraphMap;

use crate::graph::Need;
use crate::plan::{Action, Change, Plan};

/// The operation of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    /// Create the resource or its replacement.
    Create,
    /// Update the resource in place, adopt it, or wait until it is ready.
    Update,
    /// Remove the old list entries that an update kept for dependents that are deleted by now.
    Trim,
    /// Delete the resource, or the one that was replaced.
    Delete,
    /// Remove the resource from the state.
    Forget,
}

/// One step: an operation on a resource. A replacement has two steps.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Step {
    /// The resource.
    pub address: Address,
    /// The operation.
    pub operation: Operation,
}

/// The steps, each with the steps it waits for.
pub type Steps = BTreeMap<Step, BTreeMap<Step, Need>>;

/// Returns the steps of a plan.
///
/// A resource waits for its dependencies; a deletion waits for the deletion (or update) of all dependents.
pub fn steps(plan: &Plan) -> Steps {
    let upsert_step = |change: &Change| match change.action {
        Action::Create | Action::Replace(_) => Some(step(&change.address, Operation::Create)),
        Action::Update | Action::Adopt => Some(step(&change.address, Operation::Update)),
        Action::None | Action::Delete | Action::Retain => None,
    };
    let mut steps = Steps::new();
    for change in plan.changes.values() {
        for own in [upsert_step(change), delete_step(change)].into_iter().flatten() {
            steps.entry(own).or_default();
        }
        if change.action == Action::Retain {
            steps.entry(step(&change.address, Operation::Forget)).or_default();
        }
        let deletes_first = change.action == Action::Replace(Replacement::DeleteFirst);
        if let (Some(upsert), Some(delete)) = (upsert_step(change), delete_step(change)) {
            let (first, second) = if deletes_first { (delete, upsert) } else { (upsert, delete) };
            steps.entry(second).or_default().insert(first, Need::Ready);
        }
        for (need, how) in &change.needs {
            let Some(needed) = plan.changes.get(need) else { continue };
            if let (Some(upsert), Some(before)) = (upsert_step(change), upsert_step(needed)) {
                steps.entry(upsert).or_default().insert(before, *how);
            }
            let Some(delete_needed) = delete_step(needed) else { continue };
            // A resource that is deleted before its successor is created cannot wait for dependents that release it only after
            // that: an in-place update, or a create-first replacement.
            let is_deleted_first = needed.action == Action::Replace(Replacement::DeleteFirst);
            if let Some(delete) = delete_step(change).filter(|_| !(is_deleted_first && is_released_late(change))) {
                steps.entry(delete_needed.clone()).or_default().insert(delete, Need::Ready);
            }
            if let Some(upsert) = upsert_step(change).filter(|_| !is_deleted_first) {
                steps.entry(delete_needed).or_default().insert(upsert, Need::Ready);
            }
        }
    }
    // A deleted resource may still be in use indirectly: an instance boots from a bundle that only its launch template
    // references.
    let dependents = dependents(plan);
    for change in plan.changes.values() {
        let Some(delete) = delete_step(change) else { continue };
        if change.action == Action::Replace(Replacement::DeleteFirst) {
            continue;
        }
        for dependent in transitive(&dependents, &change.address) {
            let Some(dependent) = plan.changes.get(dependent) else { continue };
            // A replaced dependent releases the resource when the old one is deleted, any other dependent when its update is
            // complete.
            let replaced = delete_step(dependent).filter(|_| matches!(dependent.action, Action::Replace(_)));
            let Some(last) = replaced.or_else(|| upsert_step(dependent)) else { continue };
            // If the dependent itself waits for this deletion, the deletion cannot wait for it.
            if !waits_for(&steps, &last, &delete) {
                steps.entry(delete.clone()).or_default().insert(last, Need::Ready);
            }
        }
    }
    for change in plan.changes.values().filter(|change| !change.overlap.is_empty()) {
        // A later run deletes the dependents that use the old entries, and then removes those.
        if keeps_users(plan, &dependents, &change.address) {
            continue;
        }
        let waits = steps.entry(step(&change.address, Operation::Trim)).or_default();
        waits.insert(step(&change.address, Operation::Update), Need::Ready);
        waits.extend(deletions_of_users(plan, &dependents, &change.address).map(|delete| (delete, Need::Ready)));
    }
    steps
}

/// Returns `true` if a dependent releases the old dependency only after its successor exists.
pub(crate) fn is_released_late(user: &Change) -> bool {
    matches!(user.action, Action::Replace(Replacement::CreateFirst) | Action::Update | Action::Adopt)
}

fn step(address: &Address, operation: Operation) -> Step {
    Step { address: address.clone(), operation }
}

fn delete_step(change: &Change) -> Option<Step> {
    match change.action {
        Action::Replace(_) if change.retain => None,
        _ if !change.used_by.is_empty() => None,
        Action::Delete | Action::Replace(_) => Some(step(&change.address, Operation::Delete)),
        Action::Update | Action::Adopt if !change.deposed.is_empty() => Some(step(&change.address, Operation::Delete)),
        Action::None | Action::Create | Action::Update | Action::Adopt | Action::Retain => None,
    }
}

/// Returns `true` if a plan deletes a direct or transitive dependent of a resource, or leaves that to a later run.
pub(crate) fn deletes_users(plan: &Plan, address: &Address) -> bool {
    let dependents = dependents(plan);
    deletions_of_users(plan, &dependents, address).next().is_some() || keeps_users(plan, &dependents, address)
}

fn keeps_users(plan: &Plan, dependents: &BTreeMap<&Address, BTreeSet<&Address>>, address: &Address) -> bool {
    let users = transitive(dependents, address);
    users.into_iter().filter_map(|user| plan.changes.get(user)).any(|user| !user.used_by.is_empty())
}

fn deletions_of_users<'a>(
    plan: &'a Plan,
    dependents: &BTreeMap<&Address, BTreeSet<&'a Address>>,
    address: &'a Address,
) -> impl Iterator<Item = Step> + use<'a> {
    let users = transitive(dependents, address);
    users.into_iter().filter_map(|user| plan.changes.get(user)).filter_map(delete_step)
}

/// Maps each resource to its dependents, both planned and last applied.
pub(crate) fn dependents(plan: &Plan) -> BTreeMap<&Address, BTreeSet<&Address>> {
    let mut dependents: BTreeMap<&Address, BTreeSet<&Address>> = BTreeMap::new();
    for change in plan.changes.values() {
        for needed in change.needs.keys().chain(&change.releases) {
            dependents.entry(needed).or_default().insert(&change.address);
        }
    }
    dependents
}

/// Returns all direct and transitive dependents of a resource.
pub(crate) fn transitive<'a>(
    dependents: &BTreeMap<&Address, BTreeSet<&'a Address>>,
    address: &'a Address,
) -> BTreeSet<&'a Address> {
    let (mut found, mut todo) = (BTreeSet::new(), vec![address]);
    while let Some(address) = todo.pop() {
        todo.extend(
            dependents.get(address).into_iter().flatten().copied().filter(|dependent| found.insert(*dependent)),
        );
    }
    found
}

/// Returns `true` if a step waits for another one, directly or transitively.
fn waits_for(steps: &Steps, step: &Step, other: &Step) -> bool {
    let mut seen = BTreeSet::new();
    let mut todo = vec![step];
    while let Some(step) = todo.pop() {
        if step == other {
            return true;
        }
        todo.extend(steps.get(step).into_iter().flat_map(BTreeMap::keys).filter(|before| seen.insert(*before)));
    }
    false
}

/// Returns `true` if the steps are acyclic. True for every plan; checked by the property tests.
pub fn is_walkable(steps: &Steps) -> bool {
    let index: BTreeMap<&Step, usize> = steps.keys().enumerate().map(|(i, s)| (s, i)).collect();
    let mut graph = DiGraphMap::<usize, ()>::new();
    for (step, waits) in steps {
        for before in waits.keys() {
            if let (Some(from), Some(to)) = (index.get(before), index.get(step)) {
                graph.add_edge(*from, *to, ());
            }
        }
    }
    !is_cyclic_directed(&graph)
}

/// Returns all steps that are blocked, directly or transitively, when `failed` has failed.
pub fn blocked_by(steps: &Steps, failed: &Step) -> BTreeSet<Step> {
    let mut blocked = BTreeSet::new();
    let mut todo = vec![failed.clone()];
    while let Some(step) = todo.pop() {
        for (next, _) in steps.iter().filter(|(_, waits)| waits.contains_key(&step)) {
            if blocked.insert(next.clone()) {
                todo.push(next.clone());
            }
        }
    }
    blocked
}
