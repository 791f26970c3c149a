//! The state document: versioned JSON without secrets.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use ohinfra_core::inputs::{Attributes, Inputs};
use ohinfra_core::{Address, Region};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The format version that this version of ohinfra writes.
pub const FORMAT_VERSION: u32 = 2;

/// The state of one deployment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StateDocument {
    /// The version of the format.
    pub format_version: u32,
    /// A UUID generated with the first state of a deployment. States with different lineages are unrelated.
    #[schemars(with = "String")]
    pub lineage: String,
    /// The number of writes.
    pub serial: u64,
    /// The deployment's name.
    pub deployment: String,
    /// The version of ohinfra that wrote the document.
    pub tool_version: String,
    /// The managed resources, by address.
    #[serde(default)]
    pub resources: BTreeMap<Address, ResourceState>,
    /// Creations that were started and whose outcome is unknown. The next run looks for these resources, even if they are no
    /// longer configured.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub pending: BTreeMap<Address, Pending>,
    /// Names of imported resources that a destroy retained in AWS. The next apply looks for them under these names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(with = "BTreeMap<Address, BTreeMap<String, Value>>")]
    pub kept: BTreeMap<Address, Inputs>,
    /// The outputs: maps stack and name to value.
    #[serde(default)]
    pub outputs: BTreeMap<String, BTreeMap<String, Value>>,
    /// Pinned lookup results, which change only with `--upgrade` (the machine image, the database version).
    #[serde(default)]
    pub pins: BTreeMap<String, Value>,
}

/// The state of one resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResourceState {
    /// The name of the kind.
    pub kind: String,
    /// The region.
    pub region: Region,
    /// The identity in AWS.
    pub id: String,
    /// The last applied inputs. Secrets are stored as digests.
    #[schemars(with = "BTreeMap<String, Value>")]
    pub inputs: Inputs,
    /// Inputs of an imported or adopted resource that keep their values in AWS regardless of the configuration: names and
    /// descriptions that AWS cannot change.
    #[serde(default, skip_serializing_if = "Inputs::is_empty")]
    #[schemars(with = "BTreeMap<String, Value>")]
    pub kept: Inputs,
    /// `true` if the resource was imported with `ohinfra import`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub imported: bool,
    /// The attributes that dependents can reference, as last read.
    #[schemars(with = "BTreeMap<String, Value>")]
    pub attributes: Attributes,
    /// The addresses of its dependencies, recorded so that the resource can be deleted without a configuration.
    #[serde(default)]
    pub depends_on: BTreeSet<Address>,
    /// `true` if `destroy` retains the resource in AWS.
    #[serde(default)]
    pub retain: bool,
    /// The status.
    pub status: Status,
    /// The number of replacements; part of the idempotency token.
    #[serde(default)]
    pub generation: u64,
    /// The identities of replaced resources that still have to be deleted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deposed: Vec<String>,
    /// The identities of replaced resources that were retained in AWS because they hold data.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<String>,
    /// `true` if AWS does not allow a required deletion yet. A later run retries it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deferred: bool,
    /// The time when the resource was created or adopted.
    #[schemars(with = "String")]
    pub created_at: Timestamp,
    /// The time of the last change.
    #[schemars(with = "String")]
    pub updated_at: Timestamp,
}

/// A resource that may have been created, with the data needed to find it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pending {
    /// The name of the kind.
    pub kind: String,
    /// The region.
    pub region: Region,
    /// The inputs known at that time, above all the name. Secrets are stored as digests.
    #[schemars(with = "BTreeMap<String, Value>")]
    pub inputs: Inputs,
    /// The addresses of its dependencies.
    #[serde(default)]
    pub depends_on: BTreeSet<Address>,
    /// `true` if `destroy` retains the resource in AWS.
    #[serde(default)]
    pub retain: bool,
    /// `true` if a create call may have had an effect: it was about to be sent after no equal object was found.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub attempted: bool,
}

/// The status of a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Created in AWS, but not known to be ready.
    Creating,
    /// Ready.
    Ready,
    /// Deletion requested, but not known to be complete.
    Deleting,
}

impl ResourceState {
    /// Returns the record of an object that exists in AWS and that no document contains yet. The engine completes it when an
    /// apply adopts the object.
    pub fn found(kind: &str, region: &Region, id: &str) -> Self {
        Self {
            kind: kind.to_owned(),
            region: region.clone(),
            id: id.to_owned(),
            inputs: Inputs::new(),
            kept: Inputs::new(),
            imported: false,
            attributes: Attributes::new(),
            depends_on: BTreeSet::new(),
            retain: false,
            status: Status::Creating,
            generation: 0,
            deposed: Vec::new(),
            left: Vec::new(),
            deferred: false,
            created_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
        }
    }

    /// Returns all IDs that this resource may still have in AWS: deposed, then current.
    pub fn known_ids(&self) -> impl Iterator<Item = &String> {
        self.deposed.iter().chain([&self.id])
    }
}

impl StateDocument {
    /// Returns a resource whose dependencies contain a cycle, if any. Such a state is invalid: it has no order of deletion.
    pub fn find_cycle(&self) -> Option<&Address> {
        let mut remaining: BTreeMap<&Address, usize> = BTreeMap::new();
        let mut dependents: BTreeMap<&Address, Vec<&Address>> = BTreeMap::new();
        for (address, resource) in &self.resources {
            let needs: BTreeSet<&Address> =
                resource.depends_on.iter().filter(|need| self.resources.contains_key(*need)).collect();
            remaining.insert(address, needs.len());
            for need in needs {
                dependents.entry(need).or_default().push(address);
            }
        }
        let mut ready: Vec<&Address> =
            remaining.iter().filter(|(_, needs)| **needs == 0).map(|(address, _)| *address).collect();
        while let Some(address) = ready.pop() {
            remaining.remove(address);
            for dependent in dependents.get(address).into_iter().flatten() {
                if let Some(needs) = remaining.get_mut(dependent) {
                    *needs -= 1;
                    if *needs == 0 {
                        ready.push(dependent);
                    }
                }
            }
        }
        remaining.into_keys().next()
    }

    /// Creates the state of a deployment without resources.
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

    /// Serializes the document as stored: indented JSON with a trailing newline.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }
}
