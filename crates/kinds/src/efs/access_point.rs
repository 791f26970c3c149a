//! EFS access point: an entry into a file system with a fixed root directory and POSIX user.

use std::time::Duration;

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::Availability;
use ohinfra_derive::Inputs;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `efs.access_point`
pub struct AccessPoint;

/// Inputs of an EFS access point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Inputs)]
pub struct AccessPointInputs<T = String> {
    /// ID of the file system.
    #[input(replace)]
    pub file_system_id: T,
    /// Directory of the file system that clients see as the root.
    #[input(replace)]
    pub path: String,
    /// POSIX user ID enforced for all clients.
    #[input(replace)]
    pub user_id: i64,
    /// POSIX group ID enforced for all clients.
    #[input(replace)]
    pub group_id: i64,
    /// Mode of the root directory, in octal (`0777`), if EFS creates the directory.
    #[input(replace)]
    pub permissions: String,
}

impl Definition for AccessPoint {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = AccessPointInputs<T>;

    fn schema() -> Schema {
        Schema::of::<AccessPointInputs>("efs.access_point", "An EFS access point")
            .attribute("id", Availability::Ready)
            .attribute("arn", Availability::Early)
            .timeouts(Duration::from_secs(300), Duration::from_secs(300))
    }
}
