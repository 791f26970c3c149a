//! A numbered description of instances.

use std::collections::BTreeMap;

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::{Availability, NOMINAL, REPLACE, UNORDERED};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `ec2.launch_template`
pub struct LaunchTemplate;

/// Inputs of a launch template.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LaunchTemplateInputs<T = String> {
    /// Unique in the account and region. Replaces.
    pub template_name: String,
    /// The image.
    pub image_id: String,
    /// The type.
    pub instance_type: String,
    /// What the instance may do.
    pub instance_profile_arn: T,
    /// Who may talk to it.
    pub security_group_ids: Vec<T>,
    /// `required`: the metadata service answers only requests with a token (version 2). `optional`: also those without.
    pub http_tokens: String,
    /// How many hops the answer of the metadata service may make.
    pub hop_limit: i32,
    /// The volumes.
    pub volumes: Vec<Volume>,
    /// Tags of the volumes. AWS tags all volumes of a template alike.
    pub volume_tags: BTreeMap<String, String>,
    /// What it runs when it starts: plain text of at most 16 KiB in base64.
    pub user_data: T,
    /// Tags of instances.
    pub instance_tags: BTreeMap<String, String>,
}

/// A volume of an instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Volume {
    /// What the image calls it: `/dev/xvda`.
    pub device_name: String,
    /// Its size in GiB.
    pub size_gb: i32,
    /// Operations a second (gp3).
    pub iops: i32,
    /// MiB a second (gp3).
    pub throughput: i32,
    /// Its type: `gp3`.
    pub volume_type: String,
    /// Whether it is encrypted.
    pub encrypted: bool,
    /// Whether it is deleted with the instance.
    pub delete_on_termination: bool,
}

impl Definition for LaunchTemplate {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = LaunchTemplateInputs<T>;

    fn schema() -> Schema {
        Schema::new("ec2.launch_template", "A launch template")
            .input("template_name", REPLACE | NOMINAL)
            .plain("image_id")
            .plain("instance_type")
            .plain("instance_profile_arn")
            .input("security_group_ids", UNORDERED)
            .plain("http_tokens")
            .plain("hop_limit")
            .plain("volumes")
            .plain("volume_tags")
            .plain("user_data")
            .plain("instance_tags")
            .attribute("id", Availability::Early)
            .attribute("name", Availability::Early)
            .attribute("version", Availability::ChangesOnUpdate)
            .named_by(&["template_name"])
    }
}
