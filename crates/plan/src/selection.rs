//! Targeting: the selection of resources for a run.

use std::collections::{BTreeMap, BTreeSet};

use ohinfra_core::Address;
use ohinfra_core::diagnostic::Diagnostic;
use ohinfra_state::ResourceState;

use crate::graph::Graph;

/// The selection requested by the user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// The selected stacks.
    pub stacks: Vec<String>,
    /// The selected resources.
    pub targets: Vec<Address>,
    /// `true` to exclude the dependencies (for a destroy: the dependents).
    pub exclusively: bool,
}

/// The direction in which a selection is extended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Apply: dependencies are included.
    Dependencies,
    /// Destroy: dependents are included.
    Dependents,
}

impl Selection {
    /// Returns `true` if all resources are selected.
    pub fn is_everything(&self) -> bool {
        self.stacks.is_empty() && self.targets.is_empty()
    }

    /// Returns the selected addresses; `None` if all resources are selected.
    ///
    /// # Errors
    /// One error for each unknown stack or resource.
    pub fn resolve(
        &self,
        graph: &Graph,
        prior: &BTreeMap<Address, ResourceState>,
        direction: Direction,
    ) -> Result<Option<BTreeSet<Address>>, Vec<Diagnostic>> {
        if self.is_everything() {
            return Ok(None);
        }
        let all: BTreeSet<&Address> = graph.resources().map(|r| &r.address).chain(prior.keys()).collect();
        let mut errors = Vec::new();
        let mut chosen = BTreeSet::new();
        for stack in &self.stacks {
            let members: Vec<&Address> = all.iter().copied().filter(|address| address.stack() == stack).collect();
            if members.is_empty() {
                let stacks: BTreeSet<&str> = all.iter().map(|address| address.stack()).collect();
                let known = stacks.into_iter().collect::<Vec<_>>().join(", ");
                errors.push(
                    Diagnostic::error("--stack", format!("unknown stack `{stack}`")).help(format!("stacks: {known}")),
                );
            }
            chosen.extend(members.into_iter().cloned());
        }
        for target in &self.targets {
            if all.contains(target) {
                chosen.insert(target.clone());
            } else {
                errors.push(
                    Diagnostic::error("--target", format!("unknown resource `{target}`"))
                        .help("run `ohinfra graph` to list all addresses"),
                );
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        if !self.exclusively {
            chosen = closure(chosen, &edges(graph, prior, direction));
        }
        Ok(Some(chosen))
    }
}

/// Maps each resource to the resources that are selected along with it.
fn edges(
    graph: &Graph,
    prior: &BTreeMap<Address, ResourceState>,
    direction: Direction,
) -> BTreeMap<Address, BTreeSet<Address>> {
    let mut edges: BTreeMap<Address, BTreeSet<Address>> = BTreeMap::new();
    let desired = graph.resources().flat_map(|r| r.needs.keys().map(|need| (&r.address, need)));
    let applied = prior.iter().flat_map(|(address, p)| p.depends_on.iter().map(move |need| (address, need)));
    for (address, need) in desired.chain(applied) {
        let (from, to) = match direction {
            Direction::Dependencies => (address, need),
            Direction::Dependents => (need, address),
        };
        edges.entry(from.clone()).or_default().insert(to.clone());
    }
    edges
}

fn closure(mut chosen: BTreeSet<Address>, edges: &BTreeMap<Address, BTreeSet<Address>>) -> BTreeSet<Address> {
    let mut todo: Vec<Address> = chosen.iter().cloned().collect();
    while let Some(address) = todo.pop() {
        for next in edges.get(&address).into_iter().flatten() {
            if chosen.insert(next.clone()) {
                todo.push(next.clone());
            }
        }
    }
    chosen
}
