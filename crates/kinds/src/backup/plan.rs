//! A backup plan: when, how long, where to.

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::Availability;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `backup.plan`
pub struct Plan;

/// Inputs of a backup plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanInputs<T = String> {
    /// Shown in the console. Not unique.
    pub plan_name: String,
    /// In the order given.
    pub rules: Vec<PlanRule<T>>,
}

/// A rule of a backup plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanRule<T = String> {
    /// Its name within the plan.
    pub rule_name: String,
    /// The vault that the recovery points go to.
    pub vault_name: T,
    /// A cron expression of AWS's, in UTC.
    pub schedule: String,
    /// Minutes within which it must start: at least 60.
    pub start_window_minutes: i64,
    /// Minutes within which it must end: at least 60 more than the start window.
    pub completion_window_minutes: i64,
    /// Days that a recovery point is kept.
    pub delete_after_days: i64,
}

impl Definition for Plan {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = PlanInputs<T>;

    fn schema() -> Schema {
        Schema::new("backup.plan", "A backup plan")
            .plain("plan_name")
            .plain("rules")
            .attribute("id", Availability::Early)
            .attribute("arn", Availability::Early)
    }
}
