//! What happens, as values: the progress display, plain lines, `--json` and the log are four readers of this one stream.

use ohinfra_core::Address;
use ohinfra_plan::plan::Summary;
use ohinfra_plan::steps::Operation;
use serde::Serialize;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A look-up is made.
    LookUp {
        /// Its name.
        name: String,
        /// Where.
        region: String,
    },
    /// Resources are read.
    Reading {
        /// The kind.
        kind: String,
        /// How many in one call of the kind.
        count: usize,
    },
    /// A plan was made.
    Planned {
        /// How many of each.
        summary: Summary,
    },
    /// An apply begins.
    ApplyStarted {
        /// The number of steps.
        steps: usize,
    },
    /// A step begins.
    Started {
        /// The resource.
        address: Address,
        /// The kind.
        kind: String,
        /// What is done.
        operation: &'static str,
    },
    /// A step waits.
    Progress {
        /// The resource.
        address: Address,
        /// What for: AWS's own status, or the error that is expected to go away.
        status: String,
    },
    /// A step has ended well.
    Done {
        /// The resource.
        address: Address,
        /// What was done.
        operation: &'static str,
        /// The identity in AWS.
        id: Option<String>,
        /// How long it took.
        seconds: f64,
    },
    /// A deletion has to wait for a later run.
    Deferred {
        /// The resource.
        address: Address,
        /// Why, in AWS's words.
        reason: String,
    },
    /// A step has failed.
    Failed {
        /// The resource.
        address: Address,
        /// What was tried.
        operation: &'static str,
        /// Why.
        error: String,
    },
    /// A step is not begun because another has failed.
    Skipped {
        /// The resource.
        address: Address,
        /// What would have been done.
        operation: &'static str,
        /// What has failed.
        because: Address,
    },
    /// The state was written.
    StateSaved {
        /// Its serial.
        serial: u64,
    },
    /// Something worth knowing.
    Notice {
        /// What.
        message: String,
    },
}

/// The word for an operation.
pub fn word(operation: Operation) -> &'static str {
    match operation {
        Operation::Create => "create",
        Operation::Update => "update",
        Operation::Trim => "trim",
        Operation::Delete => "delete",
        Operation::Forget => "retain",
    }
}

/// Hears events. It must not block.
pub trait Observer: Send + Sync {
    /// Something happened.
    fn on(&self, event: &Event);
}

/// Hears nothing.
pub struct Silent;

impl Observer for Silent {
    fn on(&self, _event: &Event) {}
}
