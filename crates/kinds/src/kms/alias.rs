//! KMS key alias.

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::Availability;
use ohinfra_derive::Inputs;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `kms.alias`
pub struct Alias;

/// Inputs of a KMS key alias.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Inputs)]
pub struct AliasInputs<T = String> {
    /// Name of the alias, with the prefix `alias/`.
    #[input(replace, nominal)]
    pub alias_name: String,
    /// ID of the key.
    pub target_key_id: T,
}

impl Definition for Alias {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = AliasInputs<T>;

    fn schema() -> Schema {
        Schema::of::<AliasInputs>("kms.alias", "A KMS key alias")
            .attribute("id", Availability::Early)
            .named_by(&["alias_name"])
            .untagged()
    }
}
