//! The address of a file system in a subnet.

use std::time::Duration;

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::{Availability, REPLACE, UNORDERED};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `efs.mount_target`
pub struct MountTarget;

/// Inputs of a mount target of a file system.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MountTargetInputs<T = String> {
    /// The file system.
    pub file_system_id: T,
    /// The subnet: one per availability zone.
    pub subnet_id: String,
    /// The groups of its network interface.
    pub security_group_ids: Vec<T>,
}

impl Definition for MountTarget {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = MountTargetInputs<T>;

    fn schema() -> Schema {
        Schema::new("efs.mount_target", "A mount target of a file system")
            .input("file_system_id", REPLACE)
            .input("subnet_id", REPLACE)
            .input("security_group_ids", UNORDERED)
            .attribute("id", Availability::Early)
            .untagged()
            .named_by(&["file_system_id", "subnet_id"])
            .exclusive()
            .timeouts(Duration::from_secs(900), Duration::from_secs(900))
            .usually(Duration::from_secs(80))
    }
}
