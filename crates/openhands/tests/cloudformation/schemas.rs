//! `schemas.json`: the limits and the mutability of the properties in `kinds.toml`.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;

/// The cases in which CloudFormation replaces a resource after a change of a property.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Replaces {
    /// On every change.
    Always,
    /// On no change.
    Never,
    /// It depends on the value, or on the member that changes.
    Sometimes,
}

/// A resource type.
#[derive(Deserialize)]
pub(crate) struct ResourceType {
    create_only: BTreeSet<String>,
    conditional_create_only: BTreeSet<String>,
    pub(crate) read_only: BTreeSet<String>,
    /// The limits of the properties by path, as JSON Schemas.
    pub(crate) properties: BTreeMap<String, Value>,
    /// The limits of the tags; `None` if CloudFormation does not tag resources of the type.
    pub(crate) tags: Option<Value>,
}

impl ResourceType {
    /// Returns the cases in which CloudFormation replaces the resource after a change of the property at a path.
    pub(crate) fn replaces(&self, path: &str) -> Replaces {
        let is_within = |inner: &str, outer: &str| {
            inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if self.create_only.iter().any(|listed| is_within(path, listed)) {
            return Replaces::Always;
        }
        let mut listed = self.create_only.iter().chain(&self.conditional_create_only);
        if listed.any(|listed| is_within(path, listed) || is_within(listed, path)) {
            return Replaces::Sometimes;
        }
        Replaces::Never
    }
}

/// All resource types.
#[derive(Deserialize)]
pub(crate) struct Types {
    types: BTreeMap<String, ResourceType>,
}

impl Types {
    /// Reads `schemas.json`.
    pub(crate) fn load() -> Self {
        serde_json::from_str(include_str!("schemas.json")).unwrap()
    }

    /// Returns a type. Panics if it is missing: `extract.py` must run again.
    pub(crate) fn get(&self, name: &str) -> &ResourceType {
        self.types.get(name).unwrap_or_else(|| panic!("schemas.json lacks {name}: run `python3 extract.py`"))
    }
}
