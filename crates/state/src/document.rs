//! The state document: versioned, plain, without secrets.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use ohinfra_core::inputs::{Attributes, Inputs};
use ohinfra_core::{Address, Region};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The version of the format that this tool writes.
pub const FORMAT_VERSION: u32 = 2;

/// The state of one deployment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StateDocument {
    /// The version of this format.
    pub format_version: u32,
    /// Made once, with the first state of a deployment: two states of different lineage have nothing to do with each other.
    #[schemars(with = "String")]
    pub lineage: String,
    /// Counts the writes.
    pub serial: u64,
    /// The deployment's name.
    pub deployment: String,
    /// The version of the tool that wrote it.
    pub tool_version: String,
    /// What has been made, by address.
    #[serde(default)]
    pub resources: BTreeMap<Address, ResourceState>,
    /// What a run was about to make, and of which it was not seen how it ended: looked for by the next run, whatever is configured then.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub pending: BTreeMap<Address, Pending>,
    /// Names of imported resources that a destroy has left in AWS: the next apply looks for them under these.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(with = "BTreeMap<Address, BTreeMap<String, Value>>")]
    pub kept: BTreeMap<Address, Inputs>,
    /// Outputs: stack, then name, to value.
    #[serde(default)]
    pub outputs: BTreeMap<String, BTreeMap<String, Value>>,
    /// Answers of look-ups that change only with `--upgrade` (the machine image, the database version).
    #[serde(default)]
    pub pins: BTreeMap<String, Value>,
}

/// One resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResourceState {
    /// The name of its kind.
    pub kind: String,
    /// The region it lives in.
    pub region: Region,
    /// Its identity in AWS.
    pub id: String,
    /// What was last applied. Secrets are digests.
    #[schemars(with = "BTreeMap<String, Value>")]
    pub inputs: Inputs,
    /// Inputs of an imported or adopted resource that stay as they are in AWS, whatever the configuration says: names and
    /// descriptions that AWS cannot change.
    #[serde(default, skip_serializing_if = "Inputs::is_empty")]
    #[schemars(with = "BTreeMap<String, Value>")]
    pub kept: Inputs,
    /// Whether `ohinfra import` brought it under management.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub imported: bool,
    /// What dependents refer to, as last read.
    #[schemars(with = "BTreeMap<String, Value>")]
    pub attributes: Attributes,
    /// What it needs: so that it can be removed without a configuration.
    #[serde(default)]
    pub depends_on: BTreeSet<Address>,
    /// Whether `destroy` leaves it in AWS.
    #[serde(default)]
    pub retain: bool,
    /// How far it has come.
    pub status: Status,
    /// Counts the replacements: part of the idempotency token.
    #[serde(default)]
    pub generation: u64,
    /// Replaced ones that still have to be deleted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deposed: Vec<String>,
    /// Replaced ones that were left in AWS because they hold data.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<String>,
    /// Whether what has to be deleted could not be deleted yet, through nobody's fault: a later run tries again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deferred: bool,
    /// When it was made or adopted.
    #[schemars(with = "String")]
    pub created_at: Timestamp,
    /// When it was last changed.
    #[schemars(with = "String")]
    pub updated_at: Timestamp,
}

/// A resource that may have been made: enough to look for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pending {
    /// The name of its kind.
    pub kind: String,
    /// The region it lives in.
    pub region: Region,
    /// What was known of its inputs: its name, above all. Secrets are digests.
    #[schemars(with = "BTreeMap<String, Value>")]
    pub inputs: Inputs,
    /// What it needs.
    #[serde(default)]
    pub depends_on: BTreeSet<Address>,
    /// Whether `destroy` leaves it in AWS.
    #[serde(default)]
    pub retain: bool,
}

/// How far a resource has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// AWS knows it; it was not seen ready yet.
    Creating,
    /// It is ready.
    Ready,
    /// Its deletion was asked for and not seen to end.
    Deleting,
}

impl StateDocument {
    /// A resource that depends on itself, which no run can have written: nothing could be deleted in such an order.
    pub fn circle(&self) -> Option<&Address> {
        let mut left: BTreeMap<&Address, usize> = BTreeMap::new();
        let mut users: BTreeMap<&Address, Vec<&Address>> = BTreeMap::new();
        for (address, resource) in &self.resources {
            let needs: BTreeSet<&Address> =
                resource.depends_on.iter().filter(|need| self.resources.contains_key(*need)).collect();
            left.insert(address, needs.len());
            for need in needs {
                users.entry(need).or_default().push(address);
            }
        }
        let mut free: Vec<&Address> =
            left.iter().filter(|(_, needs)| **needs == 0).map(|(address, _)| *address).collect();
        while let Some(address) = free.pop() {
            left.remove(address);
            for user in users.get(address).into_iter().flatten() {
                if let Some(needs) = left.get_mut(user) {
                    *needs -= 1;
                    if *needs == 0 {
                        free.push(user);
                    }
                }
            }
        }
        left.into_keys().next()
    }

    /// The state of a deployment that has made nothing.
    pub fn new(deployment: &str, tool_version: &str) -> Self {
        Self {
            format_version: FORMAT_VERSION,
            lineage: uuid::Uuid::new_v4().to_string(),
            serial: 0,
            deployment: deployment.to_owned(),
            tool_version: tool_version.to_owned(),
            resources: BTreeMap::new(),
            pending: BTreeMap::new(),
            kept: BTreeMap::new(),
            outputs: BTreeMap::new(),
            pins: BTreeMap::new(),
        }
    }

    /// The bytes that are stored: indented, with a line end.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }
}
