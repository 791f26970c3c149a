//! Observers of engine events: a terminal, plain lines, JSON Lines, a log file.

mod lines;
mod log;
mod terminal;

use std::sync::Arc;

use ohinfra_engine::events::Event;
use ohinfra_engine::{Clock as _, Observer, SystemClock};

use crate::args::Arguments;
use crate::error::CommandError;

/// Several observers of the same events.
struct All(Vec<Box<dyn Observer>>);

impl Observer for All {
    fn on(&self, event: &Event) {
        for observer in &self.0 {
            observer.on(event);
        }
    }
}

/// Returns the observer for the user's options. `json`: print events to standard output as JSON Lines, instead of progress.
pub(crate) fn observer(
    arguments: &Arguments,
    is_terminal: bool,
    json: bool,
) -> Result<Arc<dyn Observer>, CommandError> {
    let mut observers: Vec<Box<dyn Observer>> = Vec::new();
    let verbose = arguments.verbose;
    if json {
        observers.push(Box::new(log::JsonLines));
    } else if is_terminal {
        observers.push(Box::new(terminal::Terminal::new(verbose)));
    } else {
        observers.push(Box::new(lines::PlainLines { verbose }));
    }
    if let Some(path) = &arguments.log {
        observers.push(Box::new(log::LogFile::open(path)?));
    }
    Ok(Arc::new(All(observers)))
}

/// Returns an event as a JSON object on one line, with the time.
fn to_json(event: &Event) -> String {
    let mut value = serde_json::to_value(event).unwrap_or_default();
    value["time"] = SystemClock.now().to_string().into();
    value.to_string()
}

/// Returns the present participle of an operation, for running steps.
fn doing(operation: &str) -> &'static str {
    match operation {
        "create" => "creating",
        "update" => "updating",
        "trim" => "removing old entries",
        "delete" => "deleting",
        _ => "retaining",
    }
}

/// Returns the past participle of an operation, for completed steps.
fn did(operation: &str) -> &'static str {
    match operation {
        "create" => "created",
        "update" => "updated",
        "trim" => "removed old entries",
        "delete" => "deleted",
        "adopt" => "adopted",
        _ => "retained",
    }
}
