//! Events as JSON, one object a line: to standard output, or to a file.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use ohinfra_engine::Observer;
use ohinfra_engine::events::Event;

use super::to_json;
use crate::error::CommandError;
use crate::say::outln;

/// To standard output.
pub(super) struct JsonLines;

impl Observer for JsonLines {
    fn on(&self, event: &Event) {
        outln!("{}", to_json(event));
    }
}

/// To a file, after what it holds already.
pub(super) struct LogFile(Mutex<File>);

impl LogFile {
    pub(super) fn open(path: &Path) -> Result<Self, CommandError> {
        let file = File::options().create(true).append(true).open(path);
        file.map(|file| Self(Mutex::new(file))).map_err(|error| CommandError::file("write", path, &error))
    }
}

impl Observer for LogFile {
    fn on(&self, event: &Event) {
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A log that cannot be written (a full disk) must not stop what is under way.
        let _ = writeln!(file, "{}", to_json(event));
    }
}
