//! A saved plan: what was shown, and what it was made of. It is applied exactly or not at all.

use std::path::Path;

use ohinfra_core::Address;
use ohinfra_plan::{Mode, PlanDocument, Selection};
use serde::{Deserialize, Serialize};

use crate::error::CommandError;
use crate::run::PlanOptions;
use ohinfra_state::local::{LARGEST_DOCUMENT, read_at_most};

/// The version of the form.
const FORMAT_VERSION: u32 = 1;

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

/// The word for a mode, as in the plan's document.
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

    /// Reads a saved plan; `name` is for errors.
    pub fn parse(bytes: &[u8], name: &str) -> Result<Self, CommandError> {
        let file: Self = serde_json::from_slice(bytes).map_err(|error| {
            let message = format!("{name} is not a saved plan: {error}");
            CommandError::simple(message, "create one with `ohinfra plan --out FILE`")
        })?;
        if file.format_version != FORMAT_VERSION {
            let message = format!("{name} has format version {}", file.format_version);
            return Err(CommandError::simple(message, "re-create it with this version of ohinfra: `ohinfra plan --out FILE`"));
        }
        Ok(file)
    }

    /// Fails if the configuration or the state changed since the plan was saved.
    pub(crate) fn check_serial(&self, lineage: &str, serial: u64, digest: &str) -> Result<(), CommandError> {
        let stale = |what: &str| {
            Err(CommandError::simple(format!("the saved plan is stale: {what} since it was made"), "make a new plan"))
        };
        if self.plan.configuration_digest != digest {
            return stale("the configuration has changed");
        }
        if (self.plan.lineage.as_str(), self.plan.serial) != (lineage, serial) {
            return stale("the state has changed");
        }
        Ok(())
    }

    /// An error if the plan would be another one now.
    pub(crate) fn check_same(&self, now: &PlanDocument) -> Result<(), CommandError> {
        if self.plan == *now {
            return Ok(());
        }
        Err(CommandError::simple("the saved plan is stale: AWS has changed since it was made", "make a new plan"))
    }
}
