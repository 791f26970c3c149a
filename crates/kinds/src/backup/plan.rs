//! Backup plan: schedule, retention and target vault.

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::Availability;
use ohinfra_derive::Inputs;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `backup.plan`
pub struct Plan;

/// Inputs of a backup plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Inputs)]
pub struct PlanInputs<T = String> {
    /// Display name of the plan. Not unique.
    pub plan_name: String,
    /// Rules of the plan. The order is significant.
    #[input(structure)]
    pub rules: Vec<PlanRule<T>>,
}

/// Rule of a backup plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Inputs)]
pub struct PlanRule<T = String> {
    /// Name of the rule, unique within the plan.
    pub rule_name: String,
    /// Name of the vault that stores the recovery points.
    pub vault_name: T,
    /// Schedule: an AWS cron expression in UTC.
    pub schedule: String,
    /// Time in minutes within which a backup must start: at least 60.
    pub start_window_minutes: i64,
    /// Time in minutes within which a backup must complete: at least 60 more than the start window.
    pub completion_window_minutes: i64,
    /// Retention of recovery points in days.
    pub delete_after_days: i64,
}

impl Definition for Plan {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = PlanInputs<T>;

    fn schema() -> Schema {
        Schema::of::<PlanInputs>("backup.plan", "A backup plan")
            .attribute("id", Availability::Early)
            .attribute("arn", Availability::Early)
    }
}
