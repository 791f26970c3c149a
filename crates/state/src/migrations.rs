//! Reads and migrates state documents of all format versions.

use serde_json::{Value, json};

use crate::document::{FORMAT_VERSION, StateDocument};
use crate::store::StateError;

/// The migrations: `MIGRATIONS[n]` migrates version n + 1 to version n + 2.
const MIGRATIONS: &[fn(Value) -> Value] = &[with_kept_names];

/// Migrates to version 2, which adds the names that imported resources keep. All fields of version 1 stay unchanged.
fn with_kept_names(mut document: Value) -> Value {
    if let Some(fields) = document.as_object_mut() {
        fields.insert("format_version".to_owned(), json!(2));
    }
    document
}

/// Parses a document. Older versions are migrated.
///
/// # Errors
/// [`StateError::TooNew`] for a newer format version, [`StateError::Corrupt`] for any other invalid document.
pub fn parse(bytes: &[u8], place: &str) -> Result<StateDocument, StateError> {
    let corrupt = |reason: String| StateError::Corrupt { place: place.to_owned(), reason };
    let mut value: Value = serde_json::from_slice(bytes).map_err(|error| corrupt(error.to_string()))?;
    let version = value.get("format_version").and_then(Value::as_u64).unwrap_or(0);
    if version > u64::from(FORMAT_VERSION) {
        return Err(StateError::TooNew { place: place.to_owned(), found: version, supported: FORMAT_VERSION });
    }
    let Some(older) = version.checked_sub(1).and_then(|n| usize::try_from(n).ok()) else {
        return Err(corrupt("missing `format_version`".to_owned()));
    };
    for migrate in MIGRATIONS.iter().skip(older) {
        value = migrate(value);
    }
    let document: StateDocument = serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        corrupt(format!("at `{path}`: {}", error.into_inner()))
    })?;
    match document.find_cycle() {
        Some(address) => Err(corrupt(format!("the dependencies of `{address}` contain a cycle"))),
        None => Ok(document),
    }
}
