//! Errors and warnings that are collected and reported together.

use std::fmt;

use serde::Serialize;

/// The severity of a diagnostic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Blocks the run until it is resolved.
    Error,
    /// Does not block the run.
    Warning,
}

/// A problem, its place and the remedy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// The severity.
    pub severity: Severity,
    /// The place: `file:line:column`, an address or a flag. Empty if the message names it.
    pub place: String,
    /// The message.
    pub message: String,
    /// The remedy.
    pub help: Option<String>,
}

impl Diagnostic {
    /// Creates an error.
    pub fn error(place: impl fmt::Display, message: impl Into<String>) -> Self {
        Self { severity: Severity::Error, place: place.to_string(), message: message.into(), help: None }
    }

    /// Creates a warning.
    pub fn warning(place: impl fmt::Display, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(place, message) }
    }

    /// Adds the remedy.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Returns `true` if the diagnostic blocks the run.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.place.is_empty() {
            write!(f, "{}: ", self.place)?;
        }
        f.write_str(&self.message)
    }
}
