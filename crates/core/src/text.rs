//! Text with references to attributes of other resources.

use std::fmt;
use std::ops::Add;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Address;

/// A reference to one attribute of another resource.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Reference {
    /// The referenced resource.
    pub resource: Address,
    /// The name of the attribute.
    pub attribute: String,
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.resource, self.attribute)
    }
}

/// One part of a [`Text`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Part {
    /// Literal text.
    Literal(String),
    /// An attribute of another resource.
    Reference(Reference),
}

/// A sequence of literal text and references to attributes of other resources.
///
/// Serialized as a JSON string if it has no references, otherwise as `{"$text": [part, …]}`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text(Vec<Part>);

impl Text {
    /// Returns the parts in order; adjacent literals are merged.
    pub fn parts(&self) -> &[Part] {
        &self.0
    }

    /// Returns the text if it has no references.
    pub fn known(&self) -> Option<&str> {
        match self.0.as_slice() {
            [] => Some(""),
            [Part::Literal(text)] => Some(text),
            _ => None,
        }
    }

    fn push(&mut self, part: Part) {
        match (self.0.last_mut(), part) {
            (_, Part::Literal(text)) if text.is_empty() => {}
            (Some(Part::Literal(last)), Part::Literal(text)) => last.push_str(&text),
            (_, part) => self.0.push(part),
        }
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        let mut result = Self::default();
        result.push(Part::Literal(text));
        result
    }
}

impl From<Reference> for Text {
    fn from(reference: Reference) -> Self {
        Self(vec![Part::Reference(reference)])
    }
}

impl<T: Into<Self>> Add<T> for Text {
    type Output = Self;

    fn add(mut self, other: T) -> Self {
        for part in other.into().0 {
            self.push(part);
        }
        self
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.known() {
            Some(text) => serializer.serialize_str(text),
            None => std::collections::BTreeMap::from([("$text", &self.0)]).serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Known(String),
            Parts {
                #[serde(rename = "$text")]
                parts: Vec<Part>,
            },
        }
        Ok(match Form::deserialize(deserializer)? {
            Form::Known(text) => Self::from(text),
            Form::Parts { parts } => {
                let mut text = Self::default();
                for part in parts {
                    text.push(part);
                }
                text
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reference() -> Reference {
        Reference { resource: "security/alb-sg".parse().unwrap(), attribute: "id".into() }
    }

    #[test]
    fn literal_text_is_a_plain_json_string() {
        let text = Text::from("a") + "b" + "";
        assert_eq!(serde_json::to_string(&text).unwrap(), r#""ab""#);
        assert_eq!(text.known(), Some("ab"));
    }

    #[test]
    fn text_with_a_reference_round_trips_through_json() {
        let text = Text::from("arn:") + reference() + "/*";
        let json = serde_json::to_string(&text).unwrap();
        assert_eq!(json, r#"{"$text":["arn:",{"resource":"security/alb-sg","attribute":"id"},"/*"]}"#);
        assert_eq!(serde_json::from_str::<Text>(&json).unwrap(), text);
        assert_eq!(text.known(), None);
    }
}
