//! A repository of container images.

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::{Availability, DOCUMENT, NOMINAL, REPLACE};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `ecr.repository`
pub struct Repository;

/// Inputs of a repository of container images.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RepositoryInputs<T = String> {
    /// Unique in the account and region; lower case. Replaces.
    pub repository_name: String,
    /// Whether images are searched for known flaws.
    pub scan_on_push: bool,
    /// Which images expire.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lifecycle_policy: Option<T>,
    /// Whether a tag stays with its image.
    pub immutable_tags: bool,
}

impl Definition for Repository {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = RepositoryInputs<T>;

    fn schema() -> Schema {
        Schema::new("ecr.repository", "A repository of container images")
            .input("repository_name", REPLACE | NOMINAL)
            .plain("scan_on_push")
            .input("lifecycle_policy", DOCUMENT)
            .plain("immutable_tags")
            .attribute("id", Availability::Early)
            .attribute("name", Availability::Early)
            .attribute("arn", Availability::Early)
            .attribute("uri", Availability::Early)
            .attribute("registry", Availability::Early)
            .named_by(&["repository_name"])
    }
}
