//! The result of an apply.

use ohinfra_core::Address;
use ohinfra_core::error::ProviderError;
use ohinfra_plan::steps::Step;
use ohinfra_state::StateError;

/// A step that failed.
#[derive(Debug, Clone)]
pub struct StepFailure {
    /// The step.
    pub step: Step,
    /// The error.
    pub error: ProviderError,
}

/// The result of an apply.
#[derive(Debug, Default)]
pub struct Report {
    /// The completed steps.
    pub done: Vec<Step>,
    /// The failed steps, which are the root causes.
    pub failed: Vec<StepFailure>,
    /// The skipped steps, each with the resource whose step failed.
    pub skipped: Vec<(Step, Address)>,
    /// The steps that were not started because the run was interrupted or the state could not be written.
    pub not_started: Vec<Step>,
    /// The steps that were in progress at the second interrupt or when a task panicked.
    pub abandoned: Vec<Step>,
    /// The resources retained in the cloud: address, kind, identity.
    pub retained: Vec<(Address, String, String)>,
    /// The deferred deletions, which AWS does not allow yet: address, identity, reason reported by AWS. A later run retries them.
    pub deferred: Vec<(Address, String, String)>,
    /// `true` if the user interrupted the run.
    pub interrupted: bool,
    /// The error of writing the state, if any.
    pub state_error: Option<StateError>,
    /// The duration in seconds.
    pub seconds: f64,
}

impl Report {
    /// Returns `true` if all steps were completed or deferred, the state was written, and the run was not interrupted.
    pub fn is_success(&self) -> bool {
        let is_incomplete = !self.skipped.is_empty() || !self.not_started.is_empty() || !self.abandoned.is_empty();
        self.failed.is_empty() && !is_incomplete && !self.interrupted && self.state_error.is_none()
    }
}
