//! EFS access point: an entry into a file system with a fixed root directory and POSIX user.

use std::time::Duration;

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::{Availability, REPLACE};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `efs.access_point`
pub struct AccessPoint;

/// Inputs of an EFS access point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AccessPointInputs<T = String> {
    /// ID of the file system.
    pub file_system_id: T,
    /// Directory of the file system that clients see as the root.
    pub path: String,
    /// POSIX user ID enforced for all clients.
    pub user_id: i64,
    /// POSIX group ID enforced for all clients.
    pub group_id: i64,
    /// Mode of the root directory, in octal (`0777`), if EFS creates the directory.
    pub permissions: String,
}

impl Definition for AccessPoint {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = AccessPointInputs<T>;

    fn schema() -> Schema {
        Schema::new("efs.access_point", "An EFS access point")
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
