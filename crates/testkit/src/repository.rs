//! Files of the repository, read when a test runs: a crate includes only its own files.

use std::path::Path;

/// Returns the text of a file of the repository, for example `config/single-domain.toml`.
pub fn repository_file(path: &str) -> String {
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
    std::fs::read_to_string(&place).unwrap_or_else(|error| unreachable!("BUG: {}: {error}", place.display()))
}
