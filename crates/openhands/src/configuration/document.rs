//! The configuration as one typed document: the given values, with the defaults of the table of keys for the others. Values
//! that no source gives and that have no default are `None`.

use std::collections::BTreeMap;

use ohinfra_core::Region;
use ohinfra_core::tags::Tags;
use serde::Deserialize;
#[cfg(test)]
use serde::Serialize;
use serde_json::{Value, json};

use super::checks::Checks;
use super::keys::{self, KEYS, Key, ValueType};
use super::sections::{
    Compute, Database, Images, Models, Monitoring, Network, RuntimeAccess, Sandbox, State, UserConfig, Waf,
};
use super::tree::Node;

/// Tables whose defaults apply only if a source gives the table.
const OPTIONAL: &[&str] = &["backend", "auth.saml", "auth.oidc"];

/// The document. It has one field per key.
#[derive(Deserialize)]
#[cfg_attr(test, derive(Serialize))]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    pub(super) name: String,
    pub(super) region: Region,
    pub(super) vpc_id: Option<String>,
    pub(super) hosted_zone_id: Option<String>,
    pub(super) domain_name: Option<String>,
    pub(super) sub_domain: String,
    pub(super) site_name: String,
    pub(super) skip_s3_endpoint: bool,
    pub(super) stage: Option<String>,
    pub(super) edge_runtime: String,
    pub(super) state: State,
    pub(super) backend: Option<BackendDocument>,
    pub(super) auth: AuthDocument,
    pub(super) edge: Vec<EdgeDocument>,
    pub(super) compute: Compute,
    pub(super) database: Database,
    pub(super) images: Images,
    pub(super) models: Models,
    pub(super) monitoring: Monitoring,
    pub(super) network: Network,
    pub(super) sandbox: Sandbox,
    pub(super) user_config: UserConfig,
    pub(super) waf: Waf,
    pub(super) tags: Tags,
}

/// `[backend]`
#[derive(Deserialize)]
#[cfg_attr(test, derive(Serialize))]
#[serde(deny_unknown_fields)]
pub(super) struct BackendDocument {
    pub(super) region: Option<Region>,
    pub(super) name: String,
}

/// `[auth]`
#[derive(Deserialize)]
#[cfg_attr(test, derive(Serialize))]
#[serde(deny_unknown_fields)]
pub(super) struct AuthDocument {
    pub(super) callback_domains: Vec<String>,
    pub(super) domain_prefix_suffix: String,
    pub(super) local_login: bool,
    pub(super) saml: Option<SamlDocument>,
    pub(super) oidc: Option<OidcDocument>,
}

/// `[auth.saml]`
#[derive(Deserialize)]
#[cfg_attr(test, derive(Serialize))]
#[serde(deny_unknown_fields)]
pub(super) struct SamlDocument {
    pub(super) name: Option<String>,
    pub(super) metadata_url: Option<String>,
    pub(super) metadata_file: Option<String>,
    pub(super) sign_out: bool,
    pub(super) attributes: BTreeMap<String, String>,
}

/// `[auth.oidc]`
#[derive(Deserialize)]
#[cfg_attr(test, derive(Serialize))]
#[serde(deny_unknown_fields)]
pub(super) struct OidcDocument {
    pub(super) name: Option<String>,
    pub(super) issuer: Option<String>,
    pub(super) client_id: Option<String>,
    pub(super) client_secret_name: Option<String>,
    pub(super) scopes: Vec<String>,
    pub(super) attributes: BTreeMap<String, String>,
}

/// `[[edge]]`
#[derive(Deserialize)]
#[cfg_attr(test, derive(Serialize))]
#[serde(deny_unknown_fields)]
pub(super) struct EdgeDocument {
    pub(super) suffix: Option<String>,
    pub(super) domain_name: Option<String>,
    pub(super) hosted_zone_id: Option<String>,
    pub(super) sub_domain: Option<String>,
    pub(super) runtime_access: RuntimeAccess,
}

impl Document {
    /// Creates the document from the given values. It has at least one edge.
    pub(super) fn new(tree: &Node, checks: &Checks) -> Result<Self, serde_json::Error> {
        let has_table = |path: &str| path.split('.').try_fold(tree, |node, name| node.table(name)).is_some();
        let edges = tree.list("edge").map_or(1, <[Node]>::len).max(1);
        let mut root = json!({ "edge": vec![json!({}); edges] });
        for key in KEYS {
            let is_absent = |table: &&str| key.path.starts_with(&format!("{table}.")) && !has_table(table);
            if OPTIONAL.iter().any(is_absent) {
                continue;
            }
            for edge in 0..if key.path.starts_with("edge.*.") { edges } else { 1 } {
                set(&mut root, &key.path.replace('*', &edge.to_string()), default(key));
            }
        }
        for (path, leaf) in &checks.leaves {
            // An empty string unsets a key; in a table, it is a value.
            let value = leaf.value.as_ref().filter(|value| **value != "" || keys::find(path).is_none());
            if let Some(value) = value {
                set(&mut root, path, value.clone());
            }
        }
        serde_json::from_value(root)
    }
}

/// Returns the default of a key; null if it has none.
fn default(key: &Key) -> Value {
    match key.holds {
        ValueType::TextTable => json!({}),
        ValueType::FlagTable(names) => names.iter().map(|name| ((*name).to_owned(), Value::from(true))).collect(),
        _ => keys::default(key.path).unwrap_or_default(),
    }
}

/// Sets the value at a path. Names in a table may contain dots.
fn set(root: &mut Value, path: &str, value: Value) {
    let in_table = |key: &&Key| matches!(key.holds, ValueType::TextTable | ValueType::FlagTable(_));
    let entry = |key: &Key| path.strip_prefix(key.path)?.strip_prefix('.').map(|name| (key.path, name));
    let (path, name) =
        KEYS.iter().filter(in_table).find_map(entry).map_or((path, None), |(path, name)| (path, Some(name)));
    let mut at = root;
    for part in path.split('.').chain(name) {
        at = match part.parse::<usize>() {
            Ok(index) if at.is_array() => &mut at[index],
            _ => &mut at[part],
        };
    }
    *at = value;
}

#[cfg(test)]
mod tests;
