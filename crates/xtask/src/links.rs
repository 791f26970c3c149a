//! Checks the relative links of the documents and their anchors, and that the table of contents lists every page.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use anyhow::{Context as _, Result};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use crate::files::KINDS;
use crate::files::files;
use crate::shell::root;

/// The table of contents of the site.
pub(crate) const CONTENTS: &str = "docs/SUMMARY.md";
/// Documents outside `docs`.
const OTHERS: [&str; 5] = [
    "README.md",
    "CHANGELOG.md",
    "crates/openhands/tests/cloudformation/README.md",
    "tests/localstack/README.md",
    "tests/openhands/README.md",
];

/// The links and the headings of a document.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Document {
    /// The targets of links and pictures, each with its line number.
    pub(crate) links: Vec<(usize, String)>,
    anchors: BTreeSet<String>,
}

/// Returns the documents by their path in the repository.
pub(crate) fn documents() -> Result<BTreeMap<PathBuf, Document>> {
    let mut paths = Vec::new();
    files(&root().join("docs"), "md", &mut paths)?;
    paths.extend(OTHERS.iter().map(|path| root().join(path)));
    let mut documents = BTreeMap::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        documents.insert(path.strip_prefix(root())?.to_owned(), parse(&text));
    }
    Ok(documents)
}

/// Returns the path and the anchor of a link in a document; `None` if the link leaves the repository.
pub(crate) fn target(document: &Path, link: &str) -> Option<(PathBuf, Option<String>)> {
    if link.contains("://") || link.starts_with("mailto:") {
        return None;
    }
    let (path, anchor) = link.split_once('#').map_or((link, None), |(path, anchor)| (path, Some(anchor.to_owned())));
    if path.is_empty() {
        return Some((document.to_owned(), anchor));
    }
    let mut resolved = document.parent().unwrap_or(Path::new("")).to_owned();
    for part in Path::new(path).components() {
        match part {
            Component::ParentDir => _ = resolved.pop(),
            Component::Normal(name) => resolved.push(name),
            _ => {}
        }
    }
    Some((resolved, anchor))
}

/// Returns a problem for each link without a target, and for each page that the table of contents does not list.
pub(crate) fn problems() -> Result<Vec<String>> {
    let documents = documents()?;
    let mut problems = Vec::new();
    for (path, document) in &documents {
        for (line, link) in &document.links {
            let Some((file, anchor)) = target(path, link) else { continue };
            let place = format!("{}:{line}: `{link}`", path.display());
            if !root().join(&file).exists() {
                problems.push(format!("{place}: no such file"));
            } else if let Some(anchor) = anchor
                && documents.get(&file).is_some_and(|other| !other.anchors.contains(&anchor))
            {
                problems.push(format!("{place}: no heading has this anchor"));
            }
        }
    }
    let contents = Path::new(CONTENTS);
    let links = documents.get(contents).map(|contents| contents.links.as_slice()).unwrap_or_default();
    let listed: Vec<PathBuf> =
        links.iter().filter_map(|(_, link)| target(contents, link)).map(|(file, _)| file).collect();
    // The index of the kinds lists their pages.
    let is_listed = |path: &&PathBuf| path.starts_with(KINDS) || listed.contains(path) || *path == contents;
    let unlisted = documents.keys().filter(|path| !is_listed(path));
    problems.extend(unlisted.map(|path| format!("{CONTENTS}: {} is not listed", path.display())));
    Ok(problems)
}

/// Returns the links and the anchors of a Markdown text.
fn parse(text: &str) -> Document {
    let mut document = Document::default();
    let mut heading: Option<String> = None;
    for (event, range) in Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter() {
        let line = 1 + text.get(..range.start).unwrap_or_default().matches('\n').count();
        match event {
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                document.links.push((line, dest_url.into_string()));
            }
            Event::Html(html) | Event::InlineHtml(html) => {
                for attribute in ["src=\"", "srcset=\"", "href=\""] {
                    let values = html.split(attribute).skip(1).filter_map(|rest| rest.split('"').next());
                    document.links.extend(values.map(|value| (line, value.to_owned())));
                }
            }
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::Text(part) | Event::Code(part) => {
                if let Some(heading) = &mut heading {
                    heading.push_str(&part);
                }
            }
            Event::End(TagEnd::Heading(_)) => {
                let slug = slug(&heading.take().unwrap_or_default());
                let repeated = (1..).map(|n| format!("{slug}-{n}"));
                let anchor =
                    std::iter::once(slug.clone()).chain(repeated).find(|anchor| !document.anchors.contains(anchor));
                document.anchors.extend(anchor);
            }
            _ => {}
        }
    }
    document
}

/// Returns the anchor that GitHub and mdBook give to a heading.
fn slug(heading: &str) -> String {
    let kept = heading.trim().chars().filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c));
    kept.flat_map(char::to_lowercase).map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_pictures_and_headings_are_found() {
        let text = "# A `b` C!\n\n## Twice\n## Twice\n\n| a |\n| --- |\n| [x](y.md#z) |\n\n```\n[no](no.md)\n```\n\n\
                    <picture>\n<source srcset=\"dark.svg\">\n<img src=\"light.svg\">\n</picture>\n";
        let document = parse(text);
        assert_eq!(document.anchors.into_iter().collect::<Vec<_>>(), ["a-b-c", "twice", "twice-1"]);
        let links = [(8, "y.md#z"), (15, "dark.svg"), (16, "light.svg")];
        assert_eq!(document.links, links.map(|(line, link)| (line, link.to_owned())));
    }

    #[test]
    fn targets_are_relative_to_their_document() {
        let document = Path::new("docs/kinds/s3.md");
        let expected = |path: &str, anchor: Option<&str>| Some((PathBuf::from(path), anchor.map(str::to_owned)));
        assert_eq!(target(document, "../../README.md#install"), expected("README.md", Some("install")));
        assert_eq!(target(document, "#object"), expected("docs/kinds/s3.md", Some("object")));
        assert_eq!(target(document, "sns.md"), expected("docs/kinds/sns.md", None));
        assert_eq!(target(document, "https://example.com/a#b"), None);
    }
}
