//! The readers of the engine's events: a terminal, plain lines, JSON lines, a log file.

mod lines;
mod log;
mod terminal;

use std::sync::Arc;

use ohinfra_engine::events::Event;
use ohinfra_engine::{Clock as _, Observer, SystemClock};

use crate::error::CommandError;
use crate::run::Run;

/// Several readers of one stream.
struct All(Vec<Box<dyn Observer>>);

impl Observer for All {
    fn on(&self, event: &Event) {
        for observer in &self.0 {
            observer.on(event);
        }
    }
}

/// The readers that the user wants. `json`: events go to standard output as JSON instead of to the terminal.
pub(crate) fn observer(run: &Run<'_>, json: bool) -> Result<Arc<dyn Observer>, CommandError> {
    let mut observers: Vec<Box<dyn Observer>> = Vec::new();
    if json {
        observers.push(Box::new(log::JsonLines));
    } else if run.surroundings.is_terminal {
        observers.push(Box::new(terminal::Terminal::new(run.arguments.verbose)));
    } else {
        observers.push(Box::new(lines::PlainLines { verbose: run.arguments.verbose }));
    }
    if let Some(path) = &run.arguments.log {
        observers.push(Box::new(log::LogFile::open(path)?));
    }
    Ok(Arc::new(All(observers)))
}

/// An event as one JSON object, with the time.
fn to_json(event: &Event) -> String {
    let mut value = serde_json::to_value(event).unwrap_or_default();
    value["time"] = SystemClock.now().to_string().into();
    value.to_string()
}

/// The word for a step that goes on.
fn doing(operation: &str) -> &'static str {
    match operation {
        "create" => "creating",
        "update" => "updating",
        "trim" => "removing old entries",
        "delete" => "deleting",
        _ => "leaving",
    }
}

/// The word for a step that is done.
fn did(operation: &str) -> &'static str {
    match operation {
        "create" => "created",
        "update" => "updated",
        "trim" => "removed old entries",
        "delete" => "deleted",
        "adopt" => "adopted",
        _ => "left in AWS",
    }
}
