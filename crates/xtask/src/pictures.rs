//! Draws the diagrams in `docs/pictures` with D2, in a light and a dark version.

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::shell::output;
use crate::tools;

/// The directory of the sources and of the pictures.
const FOLDER: &str = "docs/pictures";
/// The names of the diagrams.
const DIAGRAMS: &[&str] = &["deployment", "operation", "request-path"];

/// Returns the path and the current text of every diagram.
pub(crate) fn made() -> Result<Vec<(String, String)>> {
    let pictures: Value = serde_json::from_str(&output(&mut tools::node("pictures.mjs", DIAGRAMS)?)?)?;
    let pictures = pictures.as_object().context("pictures.mjs printed no object")?;
    let named =
        pictures.iter().map(|(name, svg)| (format!("{FOLDER}/{name}"), svg.as_str().unwrap_or_default().to_owned()));
    Ok(named.collect())
}
