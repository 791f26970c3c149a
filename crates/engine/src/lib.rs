//! The only crate that acts: look-ups, refresh, apply, import. It knows nothing of AWS, prints nothing, and takes its time
//! from outside.
//!
//! [`Engine`] holds what every run needs. A run is: [`Engine::ask_all`] and [`Engine::refresh`] at once, build the graph,
//! [`Engine::plan`] (which looks for what the state does not know), and, with a [`Session`] that holds the lock,
//! [`Engine::apply`].

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

use ohinfra_core::contract::Provider;
use tokio_util::sync::CancellationToken;

pub use apply::{Report, StepFailure};
pub use clock::{Clock, SystemClock};
pub use events::{Event, Observer};
pub use limits::Limits;
pub use planning::{PlanError, PlanRequest};
pub use refresh::Refreshed;
pub use session::Session;

/// What every run needs.
#[derive(Clone)]
pub struct Engine {
    /// The cloud.
    pub provider: Provider,
    /// Who hears what happens.
    pub observer: Arc<dyn Observer>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// How many calls at once.
    pub limits: Arc<Limits>,
    /// Whether the user wants it to end.
    pub interrupt: Interrupt,
    /// The version of the tool, for the state.
    pub tool_version: String,
}

/// The two steps of an interrupt.
#[derive(Clone, Debug, Default)]
pub struct Interrupt {
    /// Start nothing more; what is in flight may end.
    pub stop: CancellationToken,
    /// Wait for nothing more; write the state and leave.
    pub abandon: CancellationToken,
}
