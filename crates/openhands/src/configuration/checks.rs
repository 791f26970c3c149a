//! The given values with their places, and the problems found in them.

use std::collections::BTreeMap;

use ohinfra_core::diagnostic::Diagnostic;
use serde_json::Value;

use super::tree::Origin;

/// A value that a source gives.
pub(super) struct Leaf {
    /// The value; `None` if a problem was reported for it.
    pub(super) value: Option<Value>,
    pub(super) origin: Origin,
}

/// The given values by path, and the problems found so far.
pub(super) struct Checks {
    pub(super) leaves: BTreeMap<String, Leaf>,
    pub(super) problems: Vec<Diagnostic>,
    /// The place of values that no source gives.
    file: String,
}

impl Checks {
    pub(super) fn new(file: String) -> Self {
        Self { leaves: BTreeMap::new(), problems: Vec::new(), file }
    }

    /// Returns `true` if a source gives the value, valid or not.
    pub(super) fn is_given(&self, path: &str) -> bool {
        self.leaves.contains_key(path)
    }

    /// Reports a problem with the value at a path.
    pub(super) fn refuse(&mut self, path: &str, message: String, help: &str) {
        let place = self.leaves.get(path).map_or_else(|| self.file.clone(), |leaf| leaf.origin.to_string());
        self.problems.push(Diagnostic::error(place, message).help(help));
    }

    /// Reports a required value as missing or empty, unless it is present or already reported.
    pub(super) fn require<T>(&mut self, path: &str, value: Option<T>, help: &str) -> Option<T> {
        if value.is_none() {
            match self.leaves.get(path) {
                None => self.refuse(path, format!("`{path}` is missing"), help),
                Some(Leaf { value: Some(_), .. }) => self.refuse(path, format!("`{path}` is empty"), help),
                Some(Leaf { value: None, .. }) => {}
            }
        }
        value
    }
}
