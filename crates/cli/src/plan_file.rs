//! Saved plans: the plan and the options it was created with. A saved plan is applied exactly as saved, or refused if stale.

use std::collections::BTreeSet;
use std::path::Path;

use ohinfra_core::Address;
use ohinfra_plan::{Mode, PlanDocument, Selection};
use serde::{Deserialize, Serialize};

use crate::error::CommandError;
use crate::run::PlanOptions;
use ohinfra_state::local::{LARGEST_DOCUMENT, read_at_most};

/// The version of the file format.
const FORMAT_VERSION: u32 = 1;

/// Maximum number of addresses in an error message.
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

/// Returns the name of a mode in plan documents.
pub(crate) fn mode_word(mode: Mode) -> &'static str {
    match mode {
        Mode::Apply => "apply",
        Mode::Destroy => "destroy",
        Mode::Purge => "purge",
        Mode::RefreshOnly => "refresh_only",
    }
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
        [Mode::Destroy, Mode::Purge, Mode::RefreshOnly]
            .into_iter()
            .find(|mode| mode_word(*mode) == self.plan.mode)
            .unwrap_or(Mode::Apply)
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

    /// Fails if the current plan differs from the saved one.
    pub(crate) fn check_same(&self, now: &PlanDocument) -> Result<(), CommandError> {
        let saved = &self.plan;
        if saved == now {
            return Ok(());
        }
        let mut differing: BTreeSet<&Address> = BTreeSet::new();
        for (plan, other) in [(saved, now), (now, saved)] {
            let changes = plan.changes.iter().filter(|change| !other.changes.contains(change));
            differing.extend(changes.map(|change| &change.address));
            let drift = plan.drift.iter().filter(|drift| !other.drift.contains(drift));
            differing.extend(drift.map(|drift| &drift.address));
        }
        if differing.is_empty() {
            return Err(stale("the current plan differs from it"));
        }
        let shown: Vec<String> = differing.iter().take(SHOWN).map(ToString::to_string).collect();
        let more = differing.len() - shown.len();
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        Err(stale(&format!("the planned changes differ for {}{more}", shown.join(", "))))
    }
}

/// The error of a saved plan that must not be applied.
fn stale(reason: &str) -> CommandError {
    let message = format!("the saved plan is stale: {reason}");
    CommandError::simple(message, "create a new plan with `ohinfra plan --out FILE`")
}
