//! Checks that every test named in the documents exists.

use std::path::PathBuf;

use anyhow::{Context as _, Result};

use crate::files::files;
use crate::shell::root;

/// Documents that name the tests of their statements.
const DOCUMENTS: &[&str] = &["docs/failures.md", "docs/instance.md", "docs/request-path.md", "docs/security.md"];
/// Minimum length of a test name, in bytes; shorter names in backticks are not test names.
const SHORTEST: usize = 16;

/// Returns the texts between pairs of marks.
fn between(text: &str, mark: char) -> impl Iterator<Item = &str> {
    text.split(mark).skip(1).step_by(2)
}

/// Returns a problem for each named test that no source file defines.
pub(crate) fn missing() -> Result<Vec<String>> {
    let mut sources: Vec<PathBuf> = Vec::new();
    for (folder, extension) in
        [("crates", "rs"), ("tests", "rs"), ("crates", "py"), ("crates", "mjs"), ("tests", "mjs")]
    {
        files(&root().join(folder), extension, &mut sources)?;
    }
    let texts: Vec<String> = sources.iter().map(std::fs::read_to_string).collect::<Result<_, _>>()?;
    let mut missing = Vec::new();
    for document in DOCUMENTS {
        let text = std::fs::read_to_string(root().join(document)).with_context(|| (*document).to_owned())?;
        for line in text.lines() {
            // Rust and Python functions, in backticks; a trailing ellipsis marks a prefix of several names.
            let is_name = |name: &&str| {
                let name = name.trim_end_matches('…');
                name.len() >= SHORTEST
                    && name.contains('_')
                    && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            };
            let functions = between(line, '`').filter(is_name).map(|name| {
                let name = name.trim_end_matches('…');
                (name, vec![format!("fn {name}"), format!("def {name}")])
            });
            // Titles of JavaScript tests, in italics. Bold text is not a title.
            let plain = line.replace("**", "");
            let titles: Vec<String> = between(&plain, '*').map(str::to_owned).collect();
            let titles = titles.iter().map(|title| (title.as_str(), vec![title.clone()]));
            for (name, forms) in functions.chain(titles) {
                if !texts.iter().any(|text| forms.iter().any(|form| text.contains(form))) {
                    missing.push(format!("{document}: test `{name}` not found"));
                }
            }
        }
    }
    Ok(missing)
}
