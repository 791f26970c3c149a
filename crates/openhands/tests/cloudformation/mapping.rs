//! `kinds.toml`: the CloudFormation type of each kind, and the property of each input.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// Properties by the name of the input, or of a member within it.
pub(crate) type Mappings = BTreeMap<String, Property>;

/// A kind.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Kind {
    /// CloudFormation has no such type; the reason is for the reader.
    None {
        #[serde(rename = "none")]
        _reason: String,
    },
    /// A resource type.
    Type {
        #[serde(rename = "type")]
        name: String,
        #[serde(flatten)]
        inputs: Mappings,
    },
}

/// The properties of an input.
#[derive(Deserialize)]
#[serde(from = "Form")]
pub(crate) struct Property {
    /// Paths of properties; empty if CloudFormation has none.
    pub(crate) paths: Vec<String>,
    /// The reason why the kind and CloudFormation differ in whether a change replaces the resource.
    pub(crate) replaces: Option<String>,
    /// The reason why AWS accepts values that CloudFormation refuses.
    pub(crate) accepts: Option<String>,
    values: BTreeMap<String, Value>,
}

impl Property {
    /// Returns the value of an input as CloudFormation spells it.
    pub(crate) fn value(&self, value: &Value) -> Value {
        let name = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        self.values.get(&name).unwrap_or(value).clone()
    }
}

/// The forms of a property in the file.
#[derive(Deserialize)]
#[serde(untagged)]
enum Form {
    Paths(Paths),
    Absent(Absent),
    Detailed(Detailed),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Paths {
    One(String),
    Several(Vec<String>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Absent {
    #[serde(rename = "none")]
    _reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Detailed {
    path: Paths,
    replaces: Option<String>,
    accepts: Option<String>,
    #[serde(default)]
    values: BTreeMap<String, Value>,
}

impl Paths {
    fn list(self) -> Vec<String> {
        match self {
            Self::One(path) => vec![path],
            Self::Several(paths) => paths,
        }
    }
}

impl From<Form> for Property {
    fn from(form: Form) -> Self {
        let none = Self { paths: Vec::new(), replaces: None, accepts: None, values: BTreeMap::new() };
        match form {
            Form::Absent(Absent { .. }) => none,
            Form::Paths(paths) => Self { paths: paths.list(), ..none },
            Form::Detailed(Detailed { path, replaces, accepts, values }) => {
                Self { paths: path.list(), replaces, accepts, values }
            }
        }
    }
}

/// Reads `kinds.toml`.
pub(crate) fn load() -> BTreeMap<String, Kind> {
    toml::from_str(include_str!("kinds.toml")).unwrap()
}
