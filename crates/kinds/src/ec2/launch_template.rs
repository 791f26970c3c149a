//! EC2 launch template.

use std::collections::BTreeMap;

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::Availability;
use ohinfra_derive::Inputs;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `ec2.launch_template`
pub struct LaunchTemplate;

/// Inputs of a launch template.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Inputs)]
pub struct LaunchTemplateInputs<T = String> {
    /// Name of the template. Unique in the account and region.
    #[input(replace, nominal)]
    pub template_name: String,
    /// ID of the machine image (AMI).
    pub image_id: String,
    /// Instance type, for example `m7g.large`.
    pub instance_type: String,
    /// ARN of the instance profile that gives instances their role.
    pub instance_profile_arn: T,
    /// IDs of the security groups of the instances.
    #[input(unordered)]
    pub security_group_ids: Vec<T>,
    /// Session tokens of the instance metadata service: `required` (version 2 only) or `optional` (version 1 also).
    pub http_tokens: String,
    /// Maximum number of network hops of a metadata response.
    pub hop_limit: i32,
    /// EBS volumes of an instance.
    #[input(structure)]
    pub volumes: Vec<Volume>,
    /// Tags of the volumes. AWS applies the same tags to all volumes of a template.
    pub volume_tags: BTreeMap<String, String>,
    /// User data (plain text) that an instance runs at boot; at most 16 KiB in base64.
    pub user_data: T,
    /// Tags of the instances.
    pub instance_tags: BTreeMap<String, String>,
}

/// An EBS volume of an instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Inputs)]
pub struct Volume {
    /// Device name, as the image defines it: `/dev/xvda`.
    pub device_name: String,
    /// Size in GiB.
    pub size_gb: i32,
    /// Provisioned I/O operations per second (gp3).
    pub iops: i32,
    /// Provisioned throughput in MiB/s (gp3).
    pub throughput: i32,
    /// Volume type: `gp3`.
    pub volume_type: String,
    /// Encrypts the volume.
    pub encrypted: bool,
    /// Deletes the volume when the instance terminates.
    pub delete_on_termination: bool,
}

impl Definition for LaunchTemplate {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = LaunchTemplateInputs<T>;

    fn schema() -> Schema {
        Schema::of::<LaunchTemplateInputs>("ec2.launch_template", "A launch template")
            .attribute("id", Availability::Early)
            .attribute("name", Availability::Early)
            .attribute("version", Availability::ChangesOnUpdate)
            .named_by(&["template_name"])
    }
}
