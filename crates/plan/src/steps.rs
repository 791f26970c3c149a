//! The steps of a plan and the order between them: what the executor walks.

use std::collections::{BTreeMap, BTreeSet};

use ohinfra_core::Address;
use ohinfra_core::schema::Replacement;
use petgraph::algo::is_cyclic_directed;
use petgraph::graphmap::DiGraphMap;

use crate::graph::Need;
use crate::plan::{Action, Change, Plan};

/// What is done in one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    /// Make it, or make it anew.
    Create,
    /// Change it in place, adopt it, or wait until it is ready.
    Update,
    /// Remove the old entries of lists that an update kept for what has been deleted since.
    Trim,
    /// Delete it, or the one that was replaced.
    Delete,
    /// Take it out of the state.
    Forget,
}

/// One step: an operation on a resource. A replacement is two.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Step {
    /// The resource.
    pub address: Address,
    /// What is done.
    pub operation: Operation,
}

/// The steps, each with what it waits for.
pub type Steps = BTreeMap<Step, BTreeMap<Step, Need>>;

/// The steps of a plan.
///
/// A resource waits for those it needs; a deletion for the deletion (or change) of everything that needed it.
pub fn steps(plan: &Plan) -> Steps {
    let making = |change: &Change| match change.action {
        Action::Create | Action::Replace(_) => Some(step(&change.address, Operation::Create)),
        Action::Update | Action::Adopt => Some(step(&change.address, Operation::Update)),
        Action::None | Action::Delete | Action::Retain => None,
    };
    let mut steps = Steps::new();
    for change in plan.changes.values() {
        for own in [making(change), deleting(change)].into_iter().flatten() {
            steps.entry(own).or_default();
        }
        if change.action == Action::Retain {
            steps.entry(step(&change.address, Operation::Forget)).or_default();
        }
        let deletes_first = change.action == Action::Replace(Replacement::DeleteFirst);
        if let (Some(make), Some(delete)) = (making(change), deleting(change)) {
            let (first, second) = if deletes_first { (delete, make) } else { (make, delete) };
            steps.entry(second).or_default().insert(first, Need::Ready);
        }
        for (need, how) in &change.needs {
            let Some(needed) = plan.changes.get(need) else { continue };
            if let (Some(make), Some(before)) = (making(change), making(needed)) {
                steps.entry(make).or_default().insert(before, *how);
            }
            let Some(delete_needed) = deleting(needed) else { continue };
            // What has to go before its successor comes cannot wait for those that let go of it only after that: a change in
            // place, or a replacement that deletes last.
            let goes_first = needed.action == Action::Replace(Replacement::DeleteFirst);
            if let Some(delete) = deleting(change).filter(|_| !(goes_first && lets_go_late(change))) {
                steps.entry(delete_needed.clone()).or_default().insert(delete, Need::Ready);
            }
            if let Some(make) = making(change).filter(|_| !goes_first) {
                steps.entry(delete_needed).or_default().insert(make, Need::Ready);
            }
        }
    }
    // What is deleted may still be in use through others: an instance boots from a bundle that only its launch template names.
    let dependents = dependents(plan);
    for change in plan.changes.values() {
        let Some(delete) = deleting(change) else { continue };
        if change.action == Action::Replace(Replacement::DeleteFirst) {
            continue;
        }
        for user in transitive(&dependents, &change.address) {
            let Some(user) = plan.changes.get(user) else { continue };
            // A replaced user lets go when the old one is deleted, another one when its change is done.
            let replaced = deleting(user).filter(|_| matches!(user.action, Action::Replace(_)));
            let Some(last) = replaced.or_else(|| making(user)) else { continue };
            // Where the user itself waits for that deletion, it cannot come first.
            if !waits_for(&steps, &last, &delete) {
                steps.entry(delete.clone()).or_default().insert(last, Need::Ready);
            }
        }
    }
    for change in plan.changes.values().filter(|change| !change.overlap.is_empty()) {
        let waits = steps.entry(step(&change.address, Operation::Trim)).or_default();
        waits.insert(step(&change.address, Operation::Update), Need::Ready);
        waits.extend(deletions_of_users(plan, &dependents, &change.address).map(|delete| (delete, Need::Ready)));
    }
    steps
}

/// Whether a user lets go of what it needed only once the successor of that exists.
pub(crate) fn lets_go_late(user: &Change) -> bool {
    matches!(user.action, Action::Replace(Replacement::CreateFirst) | Action::Update | Action::Adopt)
}

fn step(address: &Address, operation: Operation) -> Step {
    Step { address: address.clone(), operation }
}

fn deleting(change: &Change) -> Option<Step> {
    match change.action {
        Action::Replace(_) if change.retain => None,
        Action::Delete | Action::Replace(_) => Some(step(&change.address, Operation::Delete)),
        Action::Update | Action::Adopt if !change.deposed.is_empty() => Some(step(&change.address, Operation::Delete)),
        Action::None | Action::Create | Action::Update | Action::Adopt | Action::Retain => None,
    }
}

/// Whether a plan deletes something that uses a resource, directly or through others.
pub(crate) fn deletes_users(plan: &Plan, address: &Address) -> bool {
    deletions_of_users(plan, &dependents(plan), address).next().is_some()
}

fn deletions_of_users<'a>(
    plan: &'a Plan,
    dependents: &BTreeMap<&Address, BTreeSet<&'a Address>>,
    address: &'a Address,
) -> impl Iterator<Item = Step> + use<'a> {
    let users = transitive(dependents, address);
    users.into_iter().filter_map(|user| plan.changes.get(user)).filter_map(deleting)
}

/// Who depends on a resource, or did so before this plan.
fn dependents(plan: &Plan) -> BTreeMap<&Address, BTreeSet<&Address>> {
    let mut dependents: BTreeMap<&Address, BTreeSet<&Address>> = BTreeMap::new();
    for change in plan.changes.values() {
        for needed in change.needs.keys().chain(&change.lets_go) {
            dependents.entry(needed).or_default().insert(&change.address);
        }
    }
    dependents
}

/// Everything that depends on a resource, directly or through others.
fn transitive<'a>(
    dependents: &BTreeMap<&Address, BTreeSet<&'a Address>>,
    address: &'a Address,
) -> BTreeSet<&'a Address> {
    let (mut found, mut todo) = (BTreeSet::new(), vec![address]);
    while let Some(address) = todo.pop() {
        todo.extend(dependents.get(address).into_iter().flatten().copied().filter(|user| found.insert(*user)));
    }
    found
}

/// Whether a step waits for another one, at once or through others.
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

/// Whether the steps can be walked to the end. It holds for every plan; the property tests rely on it.
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

/// Every step that cannot be done once `failed` has failed, each with the step that it waited for.
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
