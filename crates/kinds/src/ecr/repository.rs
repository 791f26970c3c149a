//! Container image repository.

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::{Availability, DOCUMENT, NOMINAL, REPLACE};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `ecr.repository`
pub struct Repository;

/// Inputs of a container image repository.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RepositoryInputs<T = String> {
    /// Name of the repository. Unique in the account and region; lowercase.
    pub repository_name: String,
    /// Scans each pushed image for known vulnerabilities.
    pub scan_on_push: bool,
    /// Lifecycle policy (JSON) that expires images. Unset: images never expire.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lifecycle_policy: Option<T>,
    /// Prevents a push from moving a tag to another image.
    pub immutable_tags: bool,
}

impl Definition for Repository {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = RepositoryInputs<T>;

    fn schema() -> Schema {
        Schema::new("ecr.repository", "A container image repository")
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
