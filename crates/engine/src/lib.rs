//! The engine: lookups, refresh, apply and import. Independent of AWS; it does not print, and it gets its clock from the
//! caller.
//!
//! [`Engine`] is the context of all runs. A run consists of [`Engine::ask_all`] and [`Engine::refresh`], concurrently;
//! building the graph; [`Engine::plan`], which also finds resources that are missing from the state; and, with a
//! [`Session`] that holds the lock, [`Engine::apply`].

pub mod apply;
pub mod clock;
pub mod events;
pub mod import;
pub mod limits;
mod pending;
pub mod planning;
pub mod refresh;
pub mod session;
pub mod step;
pub mod waiting;
pub mod writer;

use std::sync::Arc;

use ohinfra_core::Provider;
use tokio_util::sync::CancellationToken;

pub use apply::{Report, StepFailure};
pub use clock::{Clock, SystemClock};
pub use events::{Event, Observer};
pub use limits::Limits;
pub use planning::{PlanError, PlanRequest};
pub use refresh::Refreshed;
pub use session::Session;

/// The context of all runs.
#[derive(Clone)]
pub struct Engine {
    /// The cloud.
    pub provider: Provider,
    /// The receiver of events.
    pub observer: Arc<dyn Observer>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The limits on concurrent calls.
    pub limits: Arc<Limits>,
    /// The interrupt requested by the user.
    pub interrupt: Interrupt,
    /// The version of ohinfra, as recorded in the state.
    pub tool_version: String,
}

/// An interrupt in two stages.
#[derive(Clone, Debug, Default)]
pub struct Interrupt {
    /// Start no further steps; steps in progress continue.
    pub stop: CancellationToken,
    /// Stop waiting for steps in progress; write the state and exit.
    pub abandon: CancellationToken,
}
