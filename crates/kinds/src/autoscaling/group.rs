//! Auto Scaling group. A new launch template version starts an instance refresh.

use std::time::Duration;

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::Availability;
use ohinfra_derive::Inputs;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// Warm-up of an instance refresh: the time that it observes a new instance after the instance is in service. A boot takes six to
/// eight minutes; a boot that fails within this time is rolled back.
pub const WARM_UP: Duration = Duration::from_secs(600);
/// Time from the end of the old instance until the new one is in service: draining, termination, launch.
const EXCHANGE: Duration = Duration::from_secs(180);

/// `autoscaling.group`
pub struct Group;

/// Inputs of an Auto Scaling group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Inputs)]
pub struct GroupInputs<T = String> {
    /// Name of the group. Unique in the account and region.
    #[input(replace, nominal)]
    pub group_name: String,
    /// ID of the launch template.
    pub template_id: T,
    /// Version of the launch template. A new version starts an instance refresh, and apply waits for its completion.
    pub template_version: T,
    /// Number of instances: minimum, maximum and desired capacity.
    pub size: i32,
    /// IDs of the subnets of the instances.
    #[input(unordered)]
    pub subnet_ids: Vec<String>,
    /// ARNs of the load balancer target groups of the instances.
    #[input(unordered)]
    pub target_group_arns: Vec<T>,
    /// Health check type: `ELB` or `EC2`.
    pub health_check_type: String,
    /// Grace period for health checks after the launch of an instance, in seconds.
    pub health_check_grace_seconds: i32,
}

impl Definition for Group {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = GroupInputs<T>;

    fn schema() -> Schema {
        Schema::of::<GroupInputs>("autoscaling.group", "An Auto Scaling group")
            .attribute("id", Availability::Ready)
            .attribute("name", Availability::Early)
            .attribute("arn", Availability::Ready)
            .named_by(&["group_name"])
            .timeouts(Duration::from_secs(3600), Duration::from_secs(1800))
            .expected_create(Duration::from_secs(60))
            .expected_update(EXCHANGE + WARM_UP)
    }
}
