//! Builds the documentation as a site with mdBook.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::links::{CONTENTS, documents, target};
use crate::shell::{command, installed, root, run};

/// The version of mdBook.
const MDBOOK: &str = "0.5.2";
/// The configuration of mdBook.
const CONFIGURATION: &str = "docs/book.toml";

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
    let mut paths: Vec<PathBuf> = Vec::new();
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
    let contents = std::fs::read_to_string(root().join(CONTENTS))?;
    let mut file = std::fs::File::create(folder.join("SUMMARY.md"))?;
    std::io::Write::write_all(&mut file, from_root(&contents).as_bytes())?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contents_are_rewritten_relative_to_the_root() {
        let text = "# Contents\n\n[Introduction](../README.md)\n\n- [Guide](guide.md)\n";
        assert_eq!(from_root(text), "# Contents\n\n[Introduction](README.md)\n\n- [Guide](docs/guide.md)\n");
    }
}
