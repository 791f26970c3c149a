//! Events: the single stream behind the progress display, plain output, `--json` and the log.

use ohinfra_core::Address;
use ohinfra_plan::plan::Summary;
use ohinfra_plan::steps::Operation;
use serde::Serialize;

/// An event of a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A lookup started.
    #[serde(rename = "look_up")]
    Lookup {
        /// The name of the lookup.
        name: String,
        /// The region.
        region: String,
    },
    /// A read of resources started.
    Reading {
        /// The kind.
        kind: String,
        /// The number of resources in this read.
        count: usize,
    },
    /// A plan was computed.
    Planned {
        /// The number of resources per action.
        summary: Summary,
    },
    /// An apply started.
    ApplyStarted {
        /// The number of steps.
        steps: usize,
    },
    /// A step started.
    Started {
        /// The resource.
        address: Address,
        /// The kind.
        kind: String,
        /// The operation.
        operation: &'static str,
    },
    /// A step is waiting.
    Progress {
        /// The resource.
        address: Address,
        /// The status reported by AWS, or the error that is being retried.
        status: String,
    },
    /// A step succeeded.
    Done {
        /// The resource.
        address: Address,
        /// The operation.
        operation: &'static str,
        /// The identity in AWS.
        id: Option<String>,
        /// The duration in seconds.
        seconds: f64,
    },
    /// A deletion was deferred to a later run.
    Deferred {
        /// The resource.
        address: Address,
        /// The reason reported by AWS.
        reason: String,
    },
    /// A step failed.
    Failed {
        /// The resource.
        address: Address,
        /// The operation.
        operation: &'static str,
        /// The error message.
        error: String,
    },
    /// A step was skipped because another step failed.
    Skipped {
        /// The resource.
        address: Address,
        /// The operation that was skipped.
        operation: &'static str,
        /// The resource of the failed step.
        because: Address,
    },
    /// The state was written.
    StateSaved {
        /// The serial of the state.
        serial: u64,
    },
    /// An informational message.
    Notice {
        /// The message.
        message: String,
    },
}

/// Returns the name of an operation in events.
pub fn word(operation: Operation) -> &'static str {
    match operation {
        Operation::Create => "create",
        Operation::Update => "update",
        Operation::Trim => "trim",
        Operation::Delete => "delete",
        Operation::Forget => "retain",
    }
}

/// A receiver of events. Must not block.
pub trait Observer: Send + Sync {
    /// Handles an event.
    fn on(&self, event: &Event);
}

/// An observer that ignores all events.
pub struct Silent;

impl Observer for Silent {
    fn on(&self, _event: &Event) {}
}
