//! Validation of the given values against the table of keys: unknown keys, types and the form of strings.

use std::collections::BTreeSet;

use ohinfra_core::diagnostic::Diagnostic;
use serde_json::{Value, json};

use super::checks::{Checks, Leaf};
use super::keys::{KEYS, Key, REMOVED, ValueType, find, general};
use super::tree::{Node, NodeValue, Origin};

impl Checks {
    /// Validates every leaf of a tree against the table of keys. `path`: the path of the tree, empty at the root.
    pub(super) fn walk(&mut self, path: &str, node: &Node) {
        let join = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        match (&node.value, find(path)) {
            (NodeValue::Table(entries), Some(Key { holds: ValueType::TextTable, .. })) => {
                for (name, entry) in entries {
                    self.leaf(&join(name), entry, ValueType::Text, None);
                }
            }
            (NodeValue::Table(entries), Some(Key { holds: ValueType::FlagTable(names), .. })) => {
                for (name, entry) in entries {
                    if names.contains(&name.as_str()) {
                        self.leaf(&join(name), entry, ValueType::Flag, None);
                    } else {
                        let message = format!("unknown key `{}`", join(name));
                        self.problems.push(
                            Diagnostic::error(&entry.origin, message).help(format!("one of {}", names.join(", "))),
                        );
                    }
                }
            }
            (_, Some(key)) => self.leaf(path, node, key.holds, Some(key)),
            (NodeValue::Table(entries), None) if path.is_empty() || has_children(path) => {
                for (name, entry) in entries {
                    self.walk(&join(name), entry);
                }
            }
            (NodeValue::List(items), None) if path == "edge" => {
                for (n, item) in items.iter().enumerate() {
                    self.walk(&join(&n.to_string()), item);
                }
            }
            (_, None) if has_children(path) => {
                let header = if path == "edge" { "[[edge]]".to_owned() } else { format!("[{path}]") };
                self.problems.push(
                    Diagnostic::error(&node.origin, format!("`{path}` is a table, not a value"))
                        .help(format!("write it as `{header}`")),
                );
            }
            (_, None) => {
                let general = general(path);
                let parent = general.rsplit_once('.').map_or("", |(parent, _)| parent);
                let siblings = KEYS.iter().filter_map(|key| child_of(key.path, parent));
                self.problems.push(unknown(&general, &node.origin, siblings));
            }
        }
    }

    fn leaf(&mut self, path: &str, node: &Node, holds: ValueType, key: Option<&Key>) {
        let shown = general(path).replace("edge.*.", "[[edge]] ");
        let mut refuse = |message: String, help: Option<String>| {
            let problem = Diagnostic::error(&node.origin, message);
            self.problems.push(Diagnostic { help, ..problem });
        };
        let value = match read(node, holds) {
            Err(expected) => {
                refuse(format!("`{shown}` must be {expected}, not {}", node.value.describe()), None);
                None
            }
            Ok(value) if value == "" && key.is_some_and(|key| !key.default.is_empty()) => {
                let default = key.map_or("", |key| key.default);
                refuse(format!("`{shown}` is empty"), Some(format!("remove it to use the default, `{default}`")));
                None
            }
            Ok(value) => {
                let mut is_good = true;
                for rule in key.map_or(&[][..], |key| key.rules) {
                    let texts = value.as_array().map_or(std::slice::from_ref(&value), Vec::as_slice);
                    let violates = |text: &&str| !text.is_empty() && !(rule.is_met)(text);
                    for text in texts.iter().filter_map(Value::as_str).filter(violates) {
                        let message = match holds {
                            ValueType::Texts => format!("`{text}` is not {}", rule.what),
                            _ => format!("`{shown}` is `{text}`, which is not {}", rule.what),
                        };
                        refuse(message, Some(rule.help.to_owned()));
                        is_good = false;
                    }
                }
                is_good.then_some(value)
            }
        };
        self.leaves.insert(path.to_owned(), Leaf { value, origin: node.origin.clone() });
    }
}

fn child_of(path: &str, parent: &str) -> Option<String> {
    let rest = if parent.is_empty() { path } else { path.strip_prefix(parent)?.strip_prefix('.')? };
    let name = rest.split('.').next().unwrap_or(rest);
    Some(if parent.is_empty() { name.to_owned() } else { format!("{parent}.{name}") })
}

/// Returns the last part of a path.
fn name_of(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

fn has_children(path: &str) -> bool {
    let prefix = format!("{}.", general(path));
    KEYS.iter().any(|key| key.path.starts_with(&prefix))
}

fn unknown(path: &str, origin: &Origin, candidates: impl Iterator<Item = String>) -> Diagnostic {
    if let Some((_, help)) = REMOVED.iter().find(|(removed, _)| *removed == path) {
        return Diagnostic::error(origin, format!("the key `{path}` was removed")).help(*help);
    }
    let candidates: BTreeSet<String> = candidates.collect();
    let everywhere = KEYS.iter().map(|key| key.path.to_owned());
    let nearest = candidates
        .iter()
        .cloned()
        .chain(everywhere)
        .map(|candidate| (strsim::damerau_levenshtein(path, &candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len().min(path.len()) / 3)
        .min();
    let shown = path.replace("edge.*.", "[[edge]] ");
    let problem = Diagnostic::error(origin, format!("unknown key `{shown}`"));
    if let Some((_, nearest)) = nearest {
        return problem.help(format!("did you mean `{}`?", nearest.replace("edge.*.", "[[edge]] ")));
    }
    let known: Vec<String> = candidates.iter().map(|path| format!("`{}`", name_of(path))).collect();
    problem.help(format!("known keys here: {}", known.join(", ")))
}

/// Converts a value to the type of its key. Strings from flags and variables are parsed; strings from the file are not.
fn read(node: &Node, holds: ValueType) -> Result<Value, String> {
    let text = match &node.value {
        NodeValue::Text(text) => Some(text.as_str()),
        _ => None,
    };
    let loose = text.filter(|_| !matches!(node.origin, Origin::File { .. })).map(str::trim);
    match holds {
        ValueType::Text => match (&node.value, loose) {
            (NodeValue::Text(text), _) => Ok(json!(text)),
            _ => Err("a string".to_owned()),
        },
        ValueType::Choice(choices) => text
            .filter(|text| choices.contains(text))
            .map(|text| json!(text))
            .ok_or_else(|| choices.iter().map(|c| format!("`{c}`")).collect::<Vec<_>>().join(" or ")),
        ValueType::Flag => match (&node.value, loose) {
            (NodeValue::Flag(flag), _) => Ok(json!(flag)),
            (_, Some("true")) => Ok(json!(true)),
            (_, Some("false")) => Ok(json!(false)),
            _ => Err("`true` or `false`".to_owned()),
        },
        ValueType::Integer(min, max) => match (&node.value, loose) {
            (NodeValue::Integer(number), _) => Some(*number),
            (_, Some(text)) => text.parse().ok(),
            _ => None,
        }
        .filter(|number| (min..=max).contains(number))
        .map(|number| json!(number))
        .ok_or_else(|| format!("an integer from {min} to {max}")),
        ValueType::Number(min, max) => match (&node.value, loose) {
            #[expect(clippy::cast_precision_loss, reason = "numbers within the bounds are exact")]
            (NodeValue::Integer(number), _) => Some(*number as f64),
            (NodeValue::Number(number), _) => Some(*number),
            (_, Some(text)) => text.parse().ok(),
            _ => None,
        }
        .filter(|number| (min..=max).contains(number))
        .map(|number| json!(number))
        .ok_or_else(|| format!("a number from {min} to {max}")),
        ValueType::Texts => texts(&node.value).map(|list| json!(list)).ok_or_else(|| "a list of strings".to_owned()),
        ValueType::TextTable | ValueType::FlagTable(_) => Err("a table".to_owned()),
    }
}

/// Parses a list, a JSON list in a string, or a comma-separated string.
fn texts(value: &NodeValue) -> Option<Vec<String>> {
    match value {
        NodeValue::List(items) => items
            .iter()
            .map(|item| match &item.value {
                NodeValue::Text(text) => Some(text.clone()),
                _ => None,
            })
            .collect(),
        NodeValue::Text(text) if text.trim_start().starts_with('[') => serde_json::from_str(text).ok(),
        NodeValue::Text(text) => {
            Some(text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect())
        }
        _ => None,
    }
}
