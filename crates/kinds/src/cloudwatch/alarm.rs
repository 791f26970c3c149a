//! CloudWatch alarm on one metric.

use std::collections::BTreeMap;

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::Availability;
use ohinfra_derive::Inputs;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `cloudwatch.alarm`
pub struct Alarm;

/// Inputs of a CloudWatch alarm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Inputs)]
pub struct AlarmInputs<T = String> {
    /// Name of the alarm. Unique in the account and region.
    #[input(replace, nominal)]
    pub alarm_name: String,
    /// Description of the alarm.
    pub description: String,
    /// Namespace of the metric, for example `AWS/RDS`.
    pub namespace: String,
    /// Name of the metric.
    pub metric_name: String,
    /// Statistic per period: `Average`, `Sum`, `Maximum`, …
    pub statistic: String,
    /// Dimensions that select one time series of the metric.
    #[input(exact)]
    pub dimensions: BTreeMap<String, T>,
    /// Length of a period in seconds.
    pub period_seconds: i32,
    /// Number of consecutive periods in breach before the alarm fires.
    pub evaluation_periods: i32,
    /// Threshold, in the unit of the metric.
    pub threshold: f64,
    /// Comparison operator: `GreaterThanThreshold`, …
    pub comparison: String,
    /// Treatment of missing data points: `notBreaching`, …
    pub treat_missing_data: String,
    /// ARNs of the actions on the transition to the ALARM state, for example an SNS topic.
    #[input(unordered)]
    pub action_arns: Vec<T>,
}

impl Definition for Alarm {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = AlarmInputs<T>;

    fn schema() -> Schema {
        Schema::of::<AlarmInputs>("cloudwatch.alarm", "A CloudWatch alarm")
            .attribute("id", Availability::Early)
            .attribute("name", Availability::Early)
            .attribute("arn", Availability::Ready)
            .named_by(&["alarm_name"])
    }
}
