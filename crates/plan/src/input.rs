//! The inputs of the planner.

use std::collections::{BTreeMap, BTreeSet};

use ohinfra_core::contract::{Live, Standing};
use ohinfra_core::{Address, Schema};
use ohinfra_state::ResourceState;

use crate::graph::Graph;

/// An existing resource that is missing from the state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discovered {
    /// The identity.
    pub id: String,
    /// `true` if the resource is owned by this deployment.
    pub ours: bool,
    /// Present, or scheduled for deletion.
    pub standing: Standing,
}

/// The purpose of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Create and update resources.
    #[default]
    Apply,
    /// Delete all resources except the retained ones.
    Destroy,
    /// Delete all resources, including the retained ones.
    Purge,
    /// Change nothing in AWS; only update the state.
    RefreshOnly,
}

/// The inputs of the planner.
pub struct PlanInput<'a> {
    /// The deployment's name.
    pub deployment: &'a str,
    /// The state's lineage.
    pub lineage: &'a str,
    /// The state's serial.
    pub serial: u64,
    /// The digest of the configuration.
    pub configuration_digest: &'a str,
    /// The desired resources. For a destroy: the resources that may exist although they are missing from the state.
    pub graph: &'a Graph,
    /// The resources in the state.
    pub prior: &'a BTreeMap<Address, ResourceState>,
    /// The live resources: those of `prior` and `discovered` that exist.
    pub live: &'a BTreeMap<Address, Live>,
    /// The existing resources that are missing from the state.
    pub discovered: &'a BTreeMap<Address, Discovered>,
    /// Returns the schema of a kind.
    pub schema: &'a dyn Fn(&str) -> Option<Schema>,
    /// The resources selected for the run; `None` for all.
    pub selected: Option<&'a BTreeSet<Address>>,
    /// The resources to replace in any case (`--replace`).
    pub replace: &'a BTreeSet<Address>,
    /// The secrets to rotate (`--rotate`).
    pub rotate: &'a BTreeSet<Address>,
    /// The purpose of the run.
    pub mode: Mode,
}
