//! Resource addresses: `stack/name`, unique within a deployment.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The address of a resource, for example `security/alb-sg`. Ordered by stack, then name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Address {
    stack: String,
    name: String,
}

/// The error for a string that is not an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not an address: expected `stack/name`, each of lowercase letters, digits and dashes (for example `security/alb-sg`)"
)]
pub struct InvalidAddress(String);

impl Address {
    /// The maximum length of an address, in characters. An address is the value of an ownership tag, which AWS limits to 256
    /// characters.
    pub const MAX_LENGTH: usize = 128;

    /// Creates an address from its two parts.
    pub fn new(stack: &str, name: &str) -> Result<Self, InvalidAddress> {
        let address = Self { stack: stack.to_owned(), name: name.to_owned() };
        let text = address.to_string();
        if is_word(stack) && is_word(name) && text.len() <= Self::MAX_LENGTH {
            Ok(address)
        } else {
            Err(InvalidAddress(text))
        }
    }

    /// Returns the stack: the part before the slash.
    pub fn stack(&self) -> &str {
        &self.stack
    }

    /// Returns the name within the stack: the part after the slash.
    pub fn name(&self) -> &str {
        &self.name
    }
}

fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.stack, self.name)
    }
}

impl FromStr for Address {
    type Err = InvalidAddress;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (stack, name) = text.split_once('/').ok_or_else(|| InvalidAddress(text.to_owned()))?;
        Self::new(stack, name).map_err(|_| InvalidAddress(text.to_owned()))
    }
}

impl TryFrom<String> for Address {
    type Error = InvalidAddress;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Address> for String {
    fn from(address: Address) -> Self {
        address.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_round_trips() {
        let address: Address = "security/alb-sg".parse().unwrap();
        assert_eq!((address.stack(), address.name()), ("security", "alb-sg"));
        assert_eq!(address.to_string(), "security/alb-sg");
    }

    #[test]
    fn an_invalid_address_is_rejected_with_the_expected_form() {
        for text in ["", "alb-sg", "/x", "x/", "a/b/c", "A/b", "a/b c", "a/ü"] {
            let error = text.parse::<Address>().unwrap_err().to_string();
            assert!(error.contains("expected `stack/name`"), "{error}");
        }
    }
}
