//! Plain progress: one line per event with its time, for CI logs.

use ohinfra_engine::events::Event;
use ohinfra_engine::{Clock as _, Observer, SystemClock};

use super::{did, doing};
use crate::print::errln;

/// Plain lines on standard error.
pub(super) struct PlainLines {
    /// Includes lookups, reads and state writes.
    pub(super) verbose: bool,
}

impl Observer for PlainLines {
    fn on(&self, event: &Event) {
        if let Some(text) = text(event, self.verbose) {
            let now = SystemClock.now().strftime("%H:%M:%SZ").to_string();
            errln!("{now} {text}");
        }
    }
}

/// Returns the line of an event; `None` if the event is not shown.
pub(super) fn text(event: &Event, verbose: bool) -> Option<String> {
    let text = match event {
        Event::Lookup { name, region } => format!("lookup {name} in {region}"),
        Event::Reading { kind, count } => format!("reading {kind} ({count})"),
        Event::StateSaved { serial } => format!("state saved, serial {serial}"),
        Event::Planned { .. } | Event::ApplyStarted { .. } => return None,
        Event::Started { address, operation, .. } => return Some(format!("{address}: {}", doing(operation))),
        Event::Progress { address, status } => return Some(format!("{address}: {status}")),
        Event::Done { address, operation, id, seconds } => {
            let id = id.as_deref().map(|id| format!(" {id}")).unwrap_or_default();
            return Some(format!("{address}: {}{id} ({seconds:.1} s)", did(operation)));
        }
        Event::Deferred { address, reason } => return Some(format!("{address}: deletion deferred: {reason}")),
        Event::Failed { address, operation, error } => return Some(format!("{address}: {operation} failed: {error}")),
        Event::Skipped { address, because, .. } => return Some(format!("{address}: skipped because {because} failed")),
        Event::Notice { message } => return Some(message.clone()),
    };
    verbose.then_some(text)
}
