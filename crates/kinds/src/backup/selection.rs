//! Which resources a backup plan backs up.

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::{Availability, NOMINAL, REPLACE, UNORDERED};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `backup.selection`
pub struct Selection;

/// Inputs of a backup selection. AWS can change nothing of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SelectionInputs<T = String> {
    /// The plan. Replaces.
    pub plan_id: T,
    /// Its name within the plan. Replaces.
    pub selection_name: String,
    /// The role that AWS Backup uses. Replaces.
    pub role_arn: T,
    /// A resource with any of these tags is backed up. Replaces.
    pub tag_conditions: Vec<TagCondition>,
}

/// A tag that must be equal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagCondition {
    /// The tag's key.
    pub key: String,
    /// Its value.
    pub value: String,
}

impl Definition for Selection {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = SelectionInputs<T>;

    fn schema() -> Schema {
        Schema::new("backup.selection", "Which resources a backup plan backs up")
            .input("plan_id", REPLACE)
            .input("selection_name", REPLACE | NOMINAL)
            .input("role_arn", REPLACE)
            .input("tag_conditions", REPLACE | UNORDERED)
            .attribute("id", Availability::Early)
            .named_by(&["plan_id", "selection_name"])
            .untagged()
    }
}
