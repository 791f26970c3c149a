//! A way into a file system with its own root and user.

use std::time::Duration;

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::{Availability, REPLACE};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `efs.access_point`
pub struct AccessPoint;

/// Inputs of an access point of a file system.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AccessPointInputs<T = String> {
    /// The file system.
    pub file_system_id: T,
    /// The folder that it shows as the root.
    pub path: String,
    /// Everybody who comes this way is this user.
    pub user_id: i64,
    /// And in this group.
    pub group_id: i64,
    /// The mode of the folder if it must be made, in octal: `0777`.
    pub permissions: String,
}

impl Definition for AccessPoint {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = AccessPointInputs<T>;

    fn schema() -> Schema {
        Schema::new("efs.access_point", "An access point of a file system")
            .input("file_system_id", REPLACE)
            .input("path", REPLACE)
            .input("user_id", REPLACE)
            .input("group_id", REPLACE)
            .input("permissions", REPLACE)
            .attribute("id", Availability::Ready)
            .attribute("arn", Availability::Early)
            .timeouts(Duration::from_secs(300), Duration::from_secs(300))
    }
}
