//! Container image repository.

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::Availability;
use ohinfra_derive::Inputs;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `ecr.repository`
pub struct Repository;

/// Inputs of a container image repository.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Inputs)]
pub struct RepositoryInputs<T = String> {
    /// Name of the repository. Unique in the account and region; lowercase.
    #[input(replace, nominal)]
    pub repository_name: String,
    /// Scans each pushed image for known vulnerabilities.
    pub scan_on_push: bool,
    /// Lifecycle policy (JSON) that expires images. Unset: images never expire.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[input(document)]
    pub lifecycle_policy: Option<T>,
    /// Prevents a push from moving a tag to another image.
    pub immutable_tags: bool,
}

impl Definition for Repository {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = RepositoryInputs<T>;

    fn schema() -> Schema {
        Schema::of::<RepositoryInputs>("ecr.repository", "A container image repository")
            .attribute("id", Availability::Early)
            .attribute("name", Availability::Early)
            .attribute("arn", Availability::Early)
            .attribute("uri", Availability::Early)
            .attribute("registry", Availability::Early)
            .named_by(&["repository_name"])
    }
}
