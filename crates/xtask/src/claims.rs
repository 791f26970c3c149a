//! Documents that name the tests which prove what they say: every test that is named is there.

use std::path::PathBuf;

use anyhow::{Context as _, Result};

use crate::check::files;
use crate::shell::root;

/// The documents.
const DOCUMENTS: &[&str] = &["docs/failures.md", "docs/instance.md", "docs/request-path.md", "docs/security.md"];
/// Names in backticks are names of tests from this length on.
const SHORTEST: usize = 16;

/// The texts between two marks.
fn between(text: &str, mark: char) -> impl Iterator<Item = &str> {
    text.split(mark).skip(1).step_by(2)
}

/// What a document names and nothing defines.
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
            // Functions of Rust and Python, in backticks; an ellipsis ends a name that stands for several.
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
            // Titles of tests in JavaScript, in italics. Bold text is no title.
            let plain = line.replace("**", "");
            let titles: Vec<String> = between(&plain, '*').map(str::to_owned).collect();
            let titles = titles.iter().map(|title| (title.as_str(), vec![title.clone()]));
            for (name, forms) in functions.chain(titles) {
                if !texts.iter().any(|text| forms.iter().any(|form| text.contains(form))) {
                    missing.push(format!("{document} names the test `{name}`, which is not there"));
                }
            }
        }
    }
    Ok(missing)
}
