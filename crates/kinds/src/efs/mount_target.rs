//! EFS mount target: the network address of a file system in a subnet.

use std::time::Duration;

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::{Availability, REPLACE, UNORDERED};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `efs.mount_target`
pub struct MountTarget;

/// Inputs of an EFS mount target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MountTargetInputs<T = String> {
    /// ID of the file system.
    pub file_system_id: T,
    /// ID of the subnet: one mount target per Availability Zone.
    pub subnet_id: String,
    /// IDs of the security groups of the network interface.
    pub security_group_ids: Vec<T>,
}

impl Definition for MountTarget {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = MountTargetInputs<T>;

    fn schema() -> Schema {
        Schema::new("efs.mount_target", "An EFS mount target")
            .input("file_system_id", REPLACE)
            .input("subnet_id", REPLACE)
            .input("security_group_ids", UNORDERED)
            .attribute("id", Availability::Early)
            .untagged()
            .named_by(&["file_system_id", "subnet_id"])
            .exclusive()
            .timeouts(Duration::from_secs(900), Duration::from_secs(900))
            .expected_create(Duration::from_secs(80))
    }
}
