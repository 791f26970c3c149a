//! The IAM actions of a kind: the names of operations in the source files of its implementation.
//!
//! An implementation names the operation of every call for its error messages. The operations of a shared function or constant belong to
//! every kind whose implementation names it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Operations whose IAM action has another name or that check several actions, and an action that is part of a policy.
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudfront.html>
const ACTIONS: &[(&str, &[&str])] = &[
    ("cloudfront:CreateDistributionWithTags", &["cloudfront:CreateDistribution", "cloudfront:TagResource"]),
    ("lambda:InvokeFunction", &[]),
];

/// The implementations of a service.
pub(crate) struct Service {
    /// The source of each kind, by its name without the service.
    kinds: BTreeMap<String, String>,
    shared: Vec<Item>,
}

/// A function, a constant or the methods of a type that kinds share.
struct Item {
    /// The module; empty for the module of the service.
    module: String,
    name: String,
    text: String,
}

impl Service {
    /// Reads the source files of a service with these kinds.
    pub(crate) fn read(service: &str, kinds: &[&str]) -> std::io::Result<Self> {
        let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new(""));
        let mut files: Vec<PathBuf> = Vec::new();
        for entry in std::fs::read_dir(crates)? {
            let source = entry?.path().join("src");
            files.push(source.join(format!("{service}.rs")));
            if let Ok(folder) = std::fs::read_dir(source.join(service)) {
                files.extend(folder.filter_map(|entry| entry.ok().map(|entry| entry.path())));
            }
        }
        // This crate names no operations.
        files.retain(|path| path.is_file() && !path.starts_with(crates.join("kinds")));
        files.sort();
        let mut found = Self { kinds: BTreeMap::new(), shared: Vec::new() };
        for path in files {
            let text = std::fs::read_to_string(&path)?;
            let text = text.split("#[cfg(test)]").next().unwrap_or_default().to_owned();
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            found.shared.extend(items(if name == service { "" } else { &name }, &text));
            if kinds.contains(&name.as_str()) {
                found.kinds.insert(name, text);
            }
        }
        let text = std::fs::read_to_string(crates.join("aws-core/src/secrets.rs"))?;
        found.shared.push(Item { module: String::new(), name: "Secrets".to_owned(), text });
        Ok(found)
    }

    /// Returns the actions of a kind.
    pub(crate) fn actions(&self, kind: &str) -> BTreeSet<&str> {
        let mut texts = vec![(kind, self.kinds.get(kind).map(String::as_str).unwrap_or_default())];
        let mut used = BTreeSet::new();
        let mut actions = BTreeSet::new();
        while let Some((module, text)) = texts.pop() {
            for operation in operations(text) {
                match ACTIONS.iter().find(|(name, _)| *name == operation) {
                    Some((_, checked)) => actions.extend(*checked),
                    None => drop(actions.insert(operation)),
                }
            }
            for (n, item) in self.shared.iter().enumerate() {
                let is_in_scope = item.module.is_empty()
                    || item.module == module && module != kind
                    || text.contains(&format!("{}::", item.module));
                if is_in_scope && words(text).any(|word| word == item.name) && used.insert(n) {
                    texts.push((&item.module, &item.text));
                }
            }
        }
        actions
    }
}

/// Returns the words of a source text.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_')
}

/// Returns the functions, the constants and the types with methods of a module.
fn items(module: &str, text: &str) -> Vec<Item> {
    let mut items: Vec<Item> = Vec::new();
    for line in text.lines() {
        let declaration = without_visibility(line);
        if ["fn ", "const ", "impl "].iter().any(|word| declaration.starts_with(word)) {
            let names: Vec<&str> = words(declaration).skip(1).filter(|word| !word.is_empty()).collect();
            // `impl Kind for BucketKind {`: the type is the last name.
            let name = if declaration.starts_with("impl ") { names.last() } else { names.first() };
            let name = name.copied().unwrap_or_default();
            items.push(Item { module: module.to_owned(), name: name.to_owned(), text: String::new() });
        }
        if let Some(item) = items.last_mut() {
            item.text.push_str(line);
            item.text.push('\n');
        }
    }
    items
}

/// Returns a line at the level of the module without visibility and `async`.
fn without_visibility(line: &str) -> &str {
    let line = ["pub(crate) ", "pub(super) ", "pub "].iter().find_map(|word| line.strip_prefix(word)).unwrap_or(line);
    line.strip_prefix("async ").unwrap_or(line)
}

/// Returns the string literals that are names of operations, such as `s3:GetObject`, except those of errors without a call.
fn operations(text: &str) -> impl Iterator<Item = &str> {
    let texts: Vec<&str> = text.split('"').collect();
    let is_error = |before: &str| {
        let before = before.trim_end().trim_end_matches(',');
        ["ErrorKind::Invalid", "ErrorKind::Other"].iter().any(|kind| before.ends_with(kind))
    };
    let is_operation = |text: &str| {
        text.split_once(':').is_some_and(|(service, action)| {
            !service.is_empty()
                && service.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
                && action.starts_with(|c: char| c.is_ascii_uppercase())
                && action.chars().all(|c| c.is_ascii_alphanumeric())
        })
    };
    let pairs = texts.windows(2).filter_map(|pair| pair.first().copied().zip(pair.last().copied()));
    pairs
        .filter(|(before, text)| is_operation(text) && !is_error(before))
        .map(|(_, text)| text)
        .collect::<Vec<_>>()
        .into_iter()
}
