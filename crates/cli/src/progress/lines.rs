//! One line an event, with the time: for logs of CI systems.

use ohinfra_engine::events::Event;
use ohinfra_engine::{Clock as _, Observer, SystemClock};

use super::{did, doing};
use crate::say::errln;

/// Plain lines to standard error.
pub(super) struct PlainLines {
    /// Look-ups, reads and writes of the state too.
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

/// The line of an event; none for those that are not shown.
pub(super) fn text(event: &Event, verbose: bool) -> Option<String> {
    let text = match event {
        Event::LookUp { name, region } => format!("look-up {name} in {region}"),
        Event::Reading { kind, count } => format!("reading {count} of {kind}"),
        Event::StateSaved { serial } => format!("state saved, serial {serial}"),
        Event::Planned { .. } | Event::ApplyStarted { .. } => return None,
        Event::Started { address, operation, .. } => return Some(format!("{address}: {}", doing(operation))),
        Event::Progress { address, status } => return Some(format!("{address}: {status}")),
        Event::Done { address, operation, id, seconds } => {
            let id = id.as_deref().map(|id| format!(" {id}")).unwrap_or_default();
            return Some(format!("{address}: {}{id} ({seconds:.1} s)", did(operation)));
        }
        Event::Deferred { address, reason } => return Some(format!("{address}: left for a later run: {reason}")),
        Event::Failed { address, operation, error } => return Some(format!("{address}: {operation} failed: {error}")),
        Event::Skipped { address, because, .. } => return Some(format!("{address}: skipped because {because} failed")),
        Event::Notice { message } => return Some(message.clone()),
    };
    verbose.then_some(text)
}
