//! AWS region names.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An AWS region name such as `us-west-2`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Region(String);

/// The error for a string that is not a region name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a region name: expected the form `us-west-2`")]
pub struct InvalidRegion(String);

impl Region {
    /// Returns `us-east-1`, the region of CloudFront, Lambda@Edge and their certificates.
    pub fn us_east_1() -> Self {
        Self("us-east-1".to_owned())
    }

    /// Creates a region. Validates only the form of the name, not its existence, because AWS keeps adding regions.
    pub fn new(text: &str) -> Result<Self, InvalidRegion> {
        let mut words = text.rsplit('-');
        let number = words.next().is_some_and(|w| !w.is_empty() && w.chars().all(|c| c.is_ascii_digit()));
        let rest: Vec<&str> = words.collect();
        let named = rest.len() >= 2 && rest.iter().all(|w| !w.is_empty() && w.chars().all(|c| c.is_ascii_lowercase()));
        if number && named && text.len() <= 25 {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidRegion(text.to_owned()))
        }
    }

    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Region {
    type Error = InvalidRegion;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::new(&text)
    }
}

impl From<Region> for String {
    fn from(region: Region) -> Self {
        region.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn region_names_are_validated_by_form() {
        for good in ["us-east-1", "ap-southeast-2", "us-gov-west-1", "cn-north-1"] {
            assert!(Region::new(good).is_ok(), "{good}");
        }
        for bad in ["", "us-east", "us_east_1", "US-EAST-1", "1-2-3", "us-east-1 "] {
            assert!(Region::new(bad).is_err(), "{bad}");
        }
    }
}
