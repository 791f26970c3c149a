//! Saved plans: the plan and the options it was created with. A saved plan is applied exactly as saved, or refused if stale.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use ohinfra_core::Address;
use ohinfra_plan::document::ChangeDocument;
use ohinfra_plan::plan::FieldChange;
use ohinfra_plan::{Mode, PlanDocument, Selection};
use serde::{Deserialize, Serialize};

use crate::error::CommandError;
use crate::run::PlanOptions;
use ohinfra_state::local::{LARGEST_DOCUMENT, read_at_most};

/// The version of the file format.
const FORMAT_VERSION: u32 = 1;

/// Maximum number of addresses, and of fields of each, in an error message.
const SHOWN: usize = 5;

/// A saved plan.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanFile {
    format_version: u32,
    /// The plan with every resource.
    pub(crate) plan: PlanDocument,
    stacks: Vec<String>,
    targets: Vec<Address>,
    exclusively: bool,
    /// Options beyond the configuration. Named `wishes` up to version 0.1.
    #[serde(alias = "wishes")]
    pub(crate) options: PlanOptions,
}

impl PlanFile {
    pub(crate) fn new(plan: PlanDocument, selection: &Selection, options: PlanOptions) -> Self {
        Self {
            format_version: FORMAT_VERSION,
            plan,
            stacks: selection.stacks.clone(),
            targets: selection.targets.clone(),
            exclusively: selection.exclusively,
            options,
        }
    }

    pub(crate) fn selection(&self) -> Selection {
        Selection { stacks: self.stacks.clone(), targets: self.targets.clone(), exclusively: self.exclusively }
    }

    pub(crate) fn mode(&self) -> Mode {
        Mode::ALL.into_iter().find(|mode| mode.word() == self.plan.mode).unwrap_or_default()
    }

    pub(crate) fn write(&self, path: &Path) -> Result<(), CommandError> {
        let bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        ohinfra_state::local::replace_file(path, &bytes).map_err(|error| CommandError::file("write", path, &error))
    }

    pub(crate) fn read(path: &Path) -> Result<Self, CommandError> {
        let bytes = read_at_most(path, LARGEST_DOCUMENT).map_err(|error| CommandError::file("read", path, &error))?;
        Self::parse(&bytes, &path.display().to_string())
    }

    /// Parses a saved plan. `name` identifies it in error messages.
    pub fn parse(bytes: &[u8], name: &str) -> Result<Self, CommandError> {
        let file: Self = serde_json::from_slice(bytes).map_err(|error| {
            let message = format!("{name} is not a saved plan: {error}");
            CommandError::simple(message, "create one with `ohinfra plan --out FILE`")
        })?;
        if file.format_version != FORMAT_VERSION {
            let message = format!("{name} has format version {}", file.format_version);
            return Err(CommandError::simple(
                message,
                "re-create it with this version of ohinfra: `ohinfra plan --out FILE`",
            ));
        }
        Ok(file)
    }

    /// Fails if the configuration or the state changed since the plan was saved.
    pub(crate) fn check_serial(&self, lineage: &str, serial: u64, digest: &str) -> Result<(), CommandError> {
        let changed = |what: &str| Err(stale(&format!("{what} has changed since the plan was saved")));
        if self.plan.configuration_digest != digest {
            return changed("the configuration");
        }
        if (self.plan.lineage.as_str(), self.plan.serial) != (lineage, serial) {
            return changed("the state");
        }
        Ok(())
    }

    /// Fails if the current plan differs from the saved one. The error names the resources, and the fields that differ.
    pub(crate) fn check_same(&self, now: &PlanDocument) -> Result<(), CommandError> {
        let saved = &self.plan;
        if saved == now {
            return Ok(());
        }
        let mut differing: BTreeMap<&Address, BTreeSet<String>> = BTreeMap::new();
        for address in saved.changes.iter().chain(&now.changes).map(|change| &change.address) {
            let (before, after) = (change_of(saved, address), change_of(now, address));
            if before != after {
                differing.insert(address, differences(before, after));
            }
        }
        for (plan, other) in [(saved, now), (now, saved)] {
            for drift in plan.drift.iter().filter(|drift| !other.drift.contains(drift)) {
                let paths = drift.fields.iter().map(|field| format!("`{}`", field.path));
                differing.entry(&drift.address).or_default().extend(paths);
            }
        }
        if differing.is_empty() {
            return Err(stale("the current plan differs from it"));
        }
        let shown: Vec<String> = differing.iter().take(SHOWN).map(|(address, what)| named(address, what)).collect();
        let more = differing.len() - shown.len();
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        Err(stale(&format!("the planned changes differ for {}{more}", shown.join(", "))))
    }
}

fn change_of<'a>(plan: &'a PlanDocument, address: &Address) -> Option<&'a ChangeDocument> {
    plan.changes.iter().find(|change| change.address == *address)
}

/// Returns the fields in which two planned changes of a resource differ; or its actions, if those differ.
fn differences(before: Option<&ChangeDocument>, after: Option<&ChangeDocument>) -> BTreeSet<String> {
    let action = |change: Option<&ChangeDocument>| change.map_or("none", |change| change.action.as_str()).to_owned();
    if action(before) != action(after) {
        return BTreeSet::from([format!("{} when saved, {} now", action(before), action(after))]);
    }
    let fields = |change: Option<&ChangeDocument>| change.map(|change| change.fields.clone()).unwrap_or_default();
    let (before, after) = (fields(before), fields(after));
    let only = |one: &[FieldChange], other: &[FieldChange]| -> Vec<String> {
        one.iter().filter(|field| !other.contains(field)).map(|field| format!("`{}`", field.path)).collect()
    };
    only(&before, &after).into_iter().chain(only(&after, &before)).collect()
}

/// Returns an address with what differs.
fn named(address: &Address, what: &BTreeSet<String>) -> String {
    let shown: Vec<&str> = what.iter().take(SHOWN).map(String::as_str).collect();
    if shown.is_empty() { address.to_string() } else { format!("{address} ({})", shown.join(", ")) }
}

/// The error of a saved plan that must not be applied.
fn stale(reason: &str) -> CommandError {
    let message = format!("the saved plan is stale: {reason}");
    CommandError::simple(message, "create a new plan with `ohinfra plan --out FILE`")
}
