//! Reading a state document of any version that was ever written.

use serde_json::{Value, json};

use crate::document::{FORMAT_VERSION, StateDocument};
use crate::store::StateError;

/// `MIGRATIONS[n]` makes version n + 2 of version n + 1.
const MIGRATIONS: &[fn(Value) -> Value] = &[with_kept_names];

/// Version 2 has the names that imported resources keep. A document of version 1 has none: all its fields stay as they are.
fn with_kept_names(mut document: Value) -> Value {
    if let Some(fields) = document.as_object_mut() {
        fields.insert("format_version".to_owned(), json!(2));
    }
    document
}

/// Reads a document; older ones are brought up to date, newer ones are refused.
pub fn parse(bytes: &[u8], place: &str) -> Result<StateDocument, StateError> {
    let corrupt = |reason: String| StateError::Corrupt { place: place.to_owned(), reason };
    let mut value: Value = serde_json::from_slice(bytes).map_err(|error| corrupt(error.to_string()))?;
    let version = value.get("format_version").and_then(Value::as_u64).unwrap_or(0);
    if version > u64::from(FORMAT_VERSION) {
        return Err(StateError::TooNew { place: place.to_owned(), found: version, supported: FORMAT_VERSION });
    }
    let Some(older) = version.checked_sub(1).and_then(|n| usize::try_from(n).ok()) else {
        return Err(corrupt("it has no `format_version`".to_owned()));
    };
    for migrate in MIGRATIONS.iter().skip(older) {
        value = migrate(value);
    }
    let document: StateDocument = serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        corrupt(format!("at `{path}`: {}", error.into_inner()))
    })?;
    match document.circle() {
        Some(address) => Err(corrupt(format!("`{address}` depends on itself through others"))),
        None => Ok(document),
    }
}
