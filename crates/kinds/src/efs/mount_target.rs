//! EFS mount target: the network address of a file system in a subnet.

use std::time::Duration;

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::Availability;
use ohinfra_derive::Inputs;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `efs.mount_target`
pub struct MountTarget;

/// Inputs of an EFS mount target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Inputs)]
pub struct MountTargetInputs<T = String> {
    /// ID of the file system.
    #[input(replace)]
    pub file_system_id: T,
    /// ID of the subnet: one mount target per Availability Zone.
    #[input(replace)]
    pub subnet_id: String,
    /// IDs of the security groups of the network interface.
    #[input(unordered)]
    pub security_group_ids: Vec<T>,
}

impl Definition for MountTarget {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = MountTargetInputs<T>;

    fn schema() -> Schema {
        Schema::of::<MountTargetInputs>("efs.mount_target", "An EFS mount target")
            .attribute("id", Availability::Early)
            .untagged()
            .named_by(&["file_system_id", "subnet_id"])
            .exclusive()
            .timeouts(Duration::from_secs(900), Duration::from_secs(900))
            .expected_create(Duration::from_secs(80))
    }
}
