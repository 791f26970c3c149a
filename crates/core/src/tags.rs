//! Tags, and the two tags by which a deployment knows what it owns.

use std::collections::BTreeMap;

use crate::Address;

/// Tag key to tag value.
pub type Tags = BTreeMap<String, String>;

/// The tag that names the deployment.
pub const DEPLOYMENT: &str = "ohinfra:deployment";
/// The tag that names the address within it.
pub const ADDRESS: &str = "ohinfra:address";

/// Whose a resource is: one address of one deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ownership {
    /// The deployment's name.
    pub deployment: String,
    /// The address within it.
    pub address: Address,
}

impl Ownership {
    /// The two tags.
    pub fn tags(&self) -> Tags {
        Tags::from([(DEPLOYMENT.to_owned(), self.deployment.clone()), (ADDRESS.to_owned(), self.address.to_string())])
    }

    /// Whether these tags say that the resource is this one.
    pub fn matches(&self, tags: &Tags) -> bool {
        tags.get(DEPLOYMENT) == Some(&self.deployment)
            && tags.get(ADDRESS).is_some_and(|address| *address == self.address.to_string())
    }

    /// The same two facts as one line of text, for things that take text but no tags (a dashboard's body).
    pub fn marker(&self) -> String {
        format!("{DEPLOYMENT}={} {ADDRESS}={}", self.deployment, self.address)
    }
}

/// Whether AWS itself set this tag (nobody else may set or remove one of these).
pub fn is_reserved(key: &str) -> bool {
    key.starts_with("aws:")
}
