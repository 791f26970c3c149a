//! Files of the workspace.

use std::path::{Path, PathBuf};

use anyhow::Result;

/// The directory of the pages of the kinds.
pub(crate) const KINDS: &str = "docs/kinds";

/// Appends every file with this extension below a directory, sorted.
pub(crate) fn files(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) -> Result<()> {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder)?.map(|entry| entry.map(|e| e.path())).collect::<Result<_, _>>()?;
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, extension, found)?;
        } else if path.extension().is_some_and(|e| e == extension) {
            found.push(path);
        }
    }
    Ok(())
}
