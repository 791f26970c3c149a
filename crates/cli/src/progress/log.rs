//! Events as JSON Lines, on standard output or in a file.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use ohinfra_engine::Observer;
use ohinfra_engine::events::Event;

use super::to_json;
use crate::error::CommandError;
use crate::print::outln;

/// JSON Lines on standard output.
pub(super) struct JsonLines;

impl Observer for JsonLines {
    fn on(&self, event: &Event) {
        outln!("{}", to_json(event));
    }
}

/// JSON Lines appended to a file.
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
        // A write error (for example a full disk) must not stop the run.
        let _ = writeln!(file, "{}", to_json(event));
    }
}
