//! A group of instances. A new version of its template starts an instance refresh.

use std::time::Duration;

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::{Availability, NOMINAL, REPLACE, UNORDERED};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// How long an instance refresh watches a new instance after it is in service. The boot takes six to eight minutes, and a boot that
/// fails within this time is rolled back.
pub const WARM_UP: Duration = Duration::from_secs(600);
/// From the end of the old instance until the new one is in service: draining, termination, launch.
const EXCHANGE: Duration = Duration::from_secs(180);

/// `autoscaling.group`
pub struct Group;

/// Inputs of an Auto Scaling group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupInputs<T = String> {
    /// Unique in the account and region. Replaces.
    pub group_name: String,
    /// The launch template.
    pub template_id: T,
    /// Its version. A new one starts an instance refresh, which is waited for.
    pub template_version: T,
    /// Instances: the least, the most and what is wanted.
    pub size: i32,
    /// Where they run.
    pub subnet_ids: Vec<String>,
    /// Who sends them requests.
    pub target_group_arns: Vec<T>,
    /// `ELB` or `EC2`.
    pub health_check_type: String,
    /// How long after its start an instance may be unhealthy.
    pub health_check_grace_seconds: i32,
}

impl Definition for Group {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = GroupInputs<T>;

    fn schema() -> Schema {
        Schema::new("autoscaling.group", "An Auto Scaling group")
            .input("group_name", REPLACE | NOMINAL)
            .plain("template_id")
            .plain("template_version")
            .plain("size")
            .input("subnet_ids", UNORDERED)
            .input("target_group_arns", UNORDERED)
            .plain("health_check_type")
            .plain("health_check_grace_seconds")
            .attribute("id", Availability::Ready)
            .attribute("name", Availability::Early)
            .attribute("arn", Availability::Ready)
            .named_by(&["group_name"])
            .timeouts(Duration::from_secs(3600), Duration::from_secs(1800))
            .usually(Duration::from_secs(60))
            .usually_updated_in(EXCHANGE + WARM_UP)
    }
}
