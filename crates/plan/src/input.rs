//! The inputs of the planner.

use std::collections::{BTreeMap, BTreeSet};

use ohinfra_core::Address;
use ohinfra_core::contract::{Live, Standing};
use ohinfra_core::provider::Schemas;
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

impl Mode {
    /// All modes.
    pub const ALL: [Self; 4] = [Self::Apply, Self::Destroy, Self::Purge, Self::RefreshOnly];

    /// Returns the name of the mode in plan documents.
    pub fn word(self) -> &'static str {
        match self {
            Self::Apply => "apply",
            Self::Destroy => "destroy",
            Self::Purge => "purge",
            Self::RefreshOnly => "refresh_only",
        }
    }
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
    /// The schemas of all kinds.
    pub schemas: &'a Schemas,
    /// The resources selected for the run; `None` for all.
    pub selected: Option<&'a BTreeSet<Address>>,
    /// The resources to replace in any case (`--replace`).
    pub replace: &'a BTreeSet<Address>,
    /// The secrets to rotate (`--rotate`).
    pub rotate: &'a BTreeSet<Address>,
    /// The purpose of the run.
    pub mode: Mode,
}
