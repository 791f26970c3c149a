//! Backup selection: the resources that a backup plan covers.

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::Availability;
use ohinfra_derive::Inputs;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `backup.selection`
pub struct Selection;

/// Inputs of a backup selection. AWS cannot change any of them in place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Inputs)]
pub struct SelectionInputs<T = String> {
    /// ID of the backup plan.
    #[input(replace)]
    pub plan_id: T,
    /// Name of the selection, unique within the plan.
    #[input(replace, nominal)]
    pub selection_name: String,
    /// ARN of the role that AWS Backup assumes.
    #[input(replace)]
    pub role_arn: T,
    /// Tag conditions. Resources with any of these tags are backed up.
    #[input(replace, unordered, structure)]
    pub tag_conditions: Vec<TagCondition>,
}

/// Condition that a resource has a tag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Inputs)]
pub struct TagCondition {
    /// Tag key.
    pub key: String,
    /// Tag value.
    pub value: String,
}

impl Definition for Selection {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = SelectionInputs<T>;

    fn schema() -> Schema {
        Schema::of::<SelectionInputs>("backup.selection", "The selection of resources that a backup plan covers")
            .attribute("id", Availability::Early)
            .named_by(&["plan_id", "selection_name"])
            .untagged()
    }
}
