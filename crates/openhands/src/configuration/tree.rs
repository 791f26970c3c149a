//! Layered values with their origins. Precedence: defaults < file < environment < `--context` < `--set`.

use std::collections::BTreeMap;
use std::fmt;

use ohinfra_core::diagnostic::Diagnostic;
use toml::de::{DeTable, DeValue};

/// The sources of a configuration.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// The configuration file: its name for messages, and its content.
    pub file: Option<(String, String)>,
    /// Environment variables that start with `OHINFRA_`.
    pub environment: Vec<(String, String)>,
    /// `--context key=value` flags, with the context names of the CDK project.
    pub contexts: Vec<String>,
    /// `--set key=value` flags.
    pub sets: Vec<String>,
}

impl Sources {
    pub(super) fn file_name(&self) -> String {
        self.file.as_ref().map_or_else(|| "configuration".to_owned(), |(name, _)| name.clone())
    }
}

/// The origin of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    File { name: String, line: usize, column: usize },
    Flag(String),
    Variable(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { name, line, column } => write!(f, "{name}:{line}:{column}"),
            Self::Flag(flag) => f.write_str(flag),
            Self::Variable(name) => write!(f, "environment variable {name}"),
        }
    }
}

/// A value with its origin.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    pub(super) value: NodeValue,
    pub(super) origin: Origin,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum NodeValue {
    Text(String),
    Integer(i64),
    Number(f64),
    Flag(bool),
    List(Vec<Node>),
    Table(BTreeMap<String, Node>),
    Other(&'static str),
}

impl NodeValue {
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Text(text) => format!("the string `{text}`"),
            Self::Integer(number) => format!("the number {number}"),
            Self::Number(number) => format!("the number {number}"),
            Self::Flag(flag) => format!("`{flag}`"),
            Self::List(_) => "a list".to_owned(),
            Self::Table(_) => "a table".to_owned(),
            Self::Other(what) => format!("a {what}"),
        }
    }
}

impl Node {
    pub(super) fn table(&self, name: &str) -> Option<&Self> {
        match &self.value {
            NodeValue::Table(entries) => entries.get(name).filter(|node| matches!(node.value, NodeValue::Table(_))),
            _ => None,
        }
    }

    pub(super) fn list(&self, name: &str) -> Option<&[Node]> {
        match &self.value {
            NodeValue::Table(entries) => match &entries.get(name)?.value {
                NodeValue::List(items) => Some(items),
                _ => None,
            },
            _ => None,
        }
    }

    fn put(&mut self, path: &[&str], node: Self) -> Result<(), String> {
        let [first, rest @ ..] = path else { return Err("the key is empty".to_owned()) };
        match &mut self.value {
            NodeValue::Table(entries) if rest.is_empty() => {
                entries.insert((*first).to_owned(), node);
                Ok(())
            }
            NodeValue::Table(entries) => {
                let empty = Self { value: NodeValue::Table(BTreeMap::new()), origin: node.origin.clone() };
                entries.entry((*first).to_owned()).or_insert(empty).put(rest, node)
            }
            NodeValue::List(items) => match first.parse::<usize>() {
                Ok(n) if n < items.len() && !rest.is_empty() => {
                    items.get_mut(n).map_or(Ok(()), |item| item.put(rest, node))
                }
                _ => Err(format!("list index `{first}` is out of range: the list has {} entries, from 0", items.len())),
            },
            _ => Err(format!("the parent of `{first}` is a value, not a table")),
        }
    }
}

/// Context names of the CDK project and the corresponding configuration keys.
const CONTEXTS: &[(&str, &str)] = &[
    ("vpcId", "vpc_id"),
    ("hostedZoneId", "hosted_zone_id"),
    ("domainName", "domain_name"),
    ("subDomain", "sub_domain"),
    ("region", "region"),
    ("siteName", "site_name"),
    ("authCallbackDomains", "auth.callback_domains"),
    ("authDomainPrefixSuffix", "auth.domain_prefix_suffix"),
    ("edgeStackSuffix", "edge.0.suffix"),
    ("sandboxAwsAccess", "sandbox.aws_access"),
    ("sandboxAwsPolicyFile", "sandbox.aws_policy_file"),
    ("skipS3Endpoint", "skip_s3_endpoint"),
    ("stage", "stage"),
    ("project", "tags.Project"),
    ("purpose", "tags.Purpose"),
];

/// Merges all sources. Returns the tree and the problems found.
pub(super) fn merge(sources: &Sources) -> (Node, Vec<Diagnostic>) {
    let mut problems = Vec::new();
    let root_origin = Origin::Flag(sources.file_name());
    let mut root = Node { value: NodeValue::Table(BTreeMap::new()), origin: root_origin };
    if let Some((name, text)) = &sources.file {
        root = from_toml(name, text, &mut problems);
    }
    for (variable, value) in &sources.environment {
        let Some(path) = variable.strip_prefix("OHINFRA_") else { continue };
        // Variables that configure the tool and its tests, not the deployment.
        if ["CONFIG", "FAKE_CLOUD"].contains(&path) || path.starts_with("TEST_") {
            continue;
        }
        let path = path.to_lowercase().replace("__", ".");
        put(&mut root, &path, value, Origin::Variable(variable.clone()), &mut problems);
    }
    for context in &sources.contexts {
        let flag = format!("--context {context}");
        let Some((name, value)) = pair(context, &flag, &mut problems) else { continue };
        let Some((_, path)) = CONTEXTS.iter().find(|(context, _)| *context == name) else {
            let supported = CONTEXTS.iter().map(|(context, _)| *context).collect::<Vec<_>>().join(", ");
            problems.push(
                Diagnostic::error(flag, format!("unknown context `{name}`"))
                    .help(format!("supported contexts: {supported}")),
            );
            continue;
        };
        let migration = format!("`--context {name}=…` sets the key `{path}`; set it in the configuration file instead");
        problems.push(Diagnostic::warning("", migration));
        if *path == "edge.0.suffix" {
            one_edge(&mut root, &flag);
            // The CDK project uses `Test`; stack names are lowercase here.
            put(&mut root, path, &value.to_lowercase(), Origin::Flag(flag), &mut problems);
            continue;
        }
        put(&mut root, path, value, Origin::Flag(flag), &mut problems);
    }
    for set in &sources.sets {
        let flag = format!("--set {set}");
        if let Some((path, value)) = pair(set, &flag, &mut problems) {
            put(&mut root, path, value, Origin::Flag(flag), &mut problems);
        }
    }
    (root, problems)
}

fn pair<'a>(text: &'a str, flag: &str, problems: &mut Vec<Diagnostic>) -> Option<(&'a str, &'a str)> {
    let pair = text.split_once('=').map(|(key, value)| (key.trim(), value)).filter(|(key, _)| !key.is_empty());
    if pair.is_none() {
        problems.push(Diagnostic::error(flag, "expected `key=value`"));
    }
    pair
}

fn put(root: &mut Node, path: &str, value: &str, origin: Origin, problems: &mut Vec<Diagnostic>) {
    // Tag keys may contain dots. Other keys have at most two parts, except in lists.
    let parts: Vec<&str> = match path.split_once('.') {
        Some(("tags", name)) => vec!["tags", name],
        _ => path.split('.').collect(),
    };
    let node = Node { value: NodeValue::Text(value.to_owned()), origin: origin.clone() };
    if let Err(message) = root.put(&parts, node) {
        problems.push(Diagnostic::error(origin, message));
    }
}

fn one_edge(root: &mut Node, flag: &str) {
    if let NodeValue::Table(entries) = &mut root.value {
        let origin = Origin::Flag(flag.to_owned());
        let edge = Node { value: NodeValue::Table(BTreeMap::new()), origin: origin.clone() };
        let list = Node { value: NodeValue::List(vec![edge]), origin };
        entries.entry("edge".to_owned()).or_insert(list);
    }
}

fn from_toml(name: &str, text: &str, problems: &mut Vec<Diagnostic>) -> Node {
    let (table, errors) = DeTable::parse_recoverable(text);
    let origin = |offset: usize| {
        let before = text.get(..offset).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Origin::File { name: name.to_owned(), line, column }
    };
    for error in errors {
        let place = origin(error.span().map_or(0, |span| span.start));
        problems.push(Diagnostic::error(place, error.message().replace('\n', "; ")));
    }
    Node { value: from_table(table.get_ref(), &origin), origin: origin(0) }
}

fn from_table(table: &DeTable<'_>, origin: &dyn Fn(usize) -> Origin) -> NodeValue {
    let entry = |(key, value): (&toml::Spanned<std::borrow::Cow<'_, str>>, &toml::Spanned<DeValue<'_>>)| {
        let node = Node { value: from_value(value.get_ref(), origin), origin: origin(key.span().start) };
        (key.get_ref().clone().into_owned(), node)
    };
    NodeValue::Table(table.iter().map(entry).collect())
}

fn from_value(value: &DeValue<'_>, origin: &dyn Fn(usize) -> Origin) -> NodeValue {
    match value {
        DeValue::String(text) => NodeValue::Text(text.clone().into_owned()),
        DeValue::Integer(number) => i64::from_str_radix(&number.as_str().replace('_', ""), number.radix())
            .map_or(NodeValue::Other("number out of range"), NodeValue::Integer),
        DeValue::Float(number) => {
            number.as_str().replace('_', "").parse().map_or(NodeValue::Other("number"), NodeValue::Number)
        }
        DeValue::Boolean(flag) => NodeValue::Flag(*flag),
        DeValue::Datetime(_) => NodeValue::Other("date"),
        DeValue::Array(items) => NodeValue::List(
            items
                .iter()
                .map(|item| Node { value: from_value(item.get_ref(), origin), origin: origin(item.span().start) })
                .collect(),
        ),
        DeValue::Table(table) => from_table(table, origin),
    }
}
