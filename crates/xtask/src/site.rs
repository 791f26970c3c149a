//! Builds the documentation as a site with mdBook.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::files::KINDS;
use crate::links::{CONTENTS, documents, target};
use crate::shell::{command, installed, root, run};

/// The version of mdBook.
const MDBOOK: &str = "0.5.4";
/// The configuration of mdBook.
const CONFIGURATION: &str = "docs/book.toml";

/// The style sheet that the configuration names.
const STYLE: &str = "docs/site.css";

/// Builds the site in `target/site`.
pub(crate) fn build() -> Result<()> {
    let program = installed("mdbook", MDBOOK, &["--no-default-features", "--features", "search"])?;
    let (source, site) = (root().join("target/site-source"), root().join("target/site"));
    copy(&source)?;
    let (from, to) = (source.to_string_lossy(), site.to_string_lossy());
    run(&mut command(program, &["build", &*from, "--dest-dir", &*to]))?;
    println!("wrote {}", site.join("index.html").display());
    Ok(())
}

/// Copies the documents and all files that they link to, with their paths, so that relative links stay valid.
fn copy(folder: &Path) -> Result<()> {
    if folder.exists() {
        std::fs::remove_dir_all(folder)?;
    }
    let mut paths = vec![PathBuf::from(STYLE)];
    for (path, document) in documents()? {
        paths.extend(document.links.iter().filter_map(|(_, link)| target(&path, link)).map(|(file, _)| file));
        paths.push(path);
    }
    paths.sort();
    paths.dedup();
    for path in paths.iter().filter(|path| root().join(path).is_file()) {
        let copy = folder.join(path);
        std::fs::create_dir_all(copy.parent().unwrap_or(folder))?;
        std::fs::copy(root().join(path), copy).with_context(|| path.display().to_string())?;
    }
    std::fs::copy(root().join(CONFIGURATION), folder.join("book.toml"))?;
    let contents = from_root(&std::fs::read_to_string(root().join(CONTENTS))?);
    let kinds: Vec<&PathBuf> = paths.iter().filter(|path| path.starts_with(KINDS)).collect();
    let mut file = std::fs::File::create(folder.join("SUMMARY.md"))?;
    std::io::Write::write_all(&mut file, with_kinds(&contents, &kinds).as_bytes())?;
    Ok(())
}

/// Returns the table of contents with links relative to the root.
fn from_root(contents: &str) -> String {
    let mut parts = contents.split("](");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (link, rest) = part.split_once(')').unwrap_or((part, ""));
        let path = target(Path::new(CONTENTS), link).map_or_else(|| link.into(), |(path, _)| path);
        text.push_str(&format!("]({}){rest}", path.display()));
    }
    text
}

/// Adds the pages of the kinds to the table of contents, below their index.
fn with_kinds(contents: &str, kinds: &[&PathBuf]) -> String {
    let mut text = String::new();
    for line in contents.lines() {
        text.push_str(&format!("{line}\n"));
        if line.ends_with("(docs/kinds.md)") {
            for path in kinds {
                let name = path.file_stem().unwrap_or_default().to_string_lossy();
                text.push_str(&format!("  - [{name}]({})\n", path.display()));
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contents_are_rewritten_relative_to_the_root() {
        let text = "# Contents\n\n[Introduction](../README.md)\n\n- [Guide](guide.md)\n";
        // The index of the kinds gets their pages.
        let kinds = "- [Kinds](docs/kinds.md)\n- [State](docs/state.md)\n";
        let expected = "- [Kinds](docs/kinds.md)\n  - [s3.bucket](docs/kinds/s3.bucket.md)\n- [State](docs/state.md)\n";
        assert_eq!(with_kinds(kinds, &[&PathBuf::from("docs/kinds/s3.bucket.md")]), expected);
        assert_eq!(from_root(text), "# Contents\n\n[Introduction](README.md)\n\n- [Guide](docs/guide.md)\n");
    }
}
