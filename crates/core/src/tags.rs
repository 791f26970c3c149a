//! Tags, including the two ownership tags.

use std::collections::BTreeMap;

use crate::Address;

/// Maps tag key to tag value.
pub type Tags = BTreeMap<String, String>;

/// The ownership tag with the name of the deployment.
pub const DEPLOYMENT: &str = "ohinfra:deployment";
/// The ownership tag with the address within the deployment.
pub const ADDRESS: &str = "ohinfra:address";

/// The owner of a resource: one address of one deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ownership {
    /// The deployment's name.
    pub deployment: String,
    /// The address within it.
    pub address: Address,
}

impl Ownership {
    /// Returns the two ownership tags.
    pub fn tags(&self) -> Tags {
        Tags::from([(DEPLOYMENT.to_owned(), self.deployment.clone()), (ADDRESS.to_owned(), self.address.to_string())])
    }

    /// Returns `true` if the tags contain both ownership tags of this owner.
    pub fn matches(&self, tags: &Tags) -> bool {
        tags.get(DEPLOYMENT) == Some(&self.deployment)
            && tags.get(ADDRESS).is_some_and(|address| *address == self.address.to_string())
    }

    /// Returns the ownership as a single line of text, for resources that have a text body but no tags (a dashboard).
    pub fn marker(&self) -> String {
        format!("{DEPLOYMENT}={} {ADDRESS}={}", self.deployment, self.address)
    }
}

/// Returns `true` for a tag key reserved by AWS, which users can neither set nor remove.
pub fn is_reserved(key: &str) -> bool {
    key.starts_with("aws:")
}
