//! An alarm on one metric.

use std::collections::BTreeMap;

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::{Availability, NOMINAL, REPLACE, UNORDERED};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `cloudwatch.alarm`
pub struct Alarm;

/// Inputs of a CloudWatch alarm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AlarmInputs<T = String> {
    /// Unique in the account and region. Replaces.
    pub alarm_name: String,
    /// What it means.
    pub description: String,
    /// Where the metric is.
    pub namespace: String,
    /// The metric.
    pub metric_name: String,
    /// `Average`, …
    pub statistic: String,
    /// Which of the metric's series.
    pub dimensions: BTreeMap<String, T>,
    /// The length of a period.
    pub period_seconds: i32,
    /// How many periods in a row.
    pub evaluation_periods: i32,
    /// The limit.
    pub threshold: f64,
    /// `GreaterThanThreshold`, …
    pub comparison: String,
    /// `notBreaching`, …
    pub treat_missing_data: String,
    /// Who is told.
    pub action_arns: Vec<T>,
}

impl Definition for Alarm {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = AlarmInputs<T>;

    fn schema() -> Schema {
        Schema::new("cloudwatch.alarm", "A CloudWatch alarm")
            .input("alarm_name", REPLACE | NOMINAL)
            .plain("description")
            .plain("namespace")
            .plain("metric_name")
            .plain("statistic")
            .plain("dimensions")
            .plain("period_seconds")
            .plain("evaluation_periods")
            .plain("threshold")
            .plain("comparison")
            .plain("treat_missing_data")
            .input("action_arns", UNORDERED)
            .attribute("id", Availability::Early)
            .attribute("name", Availability::Early)
            .attribute("arn", Availability::Ready)
            .named_by(&["alarm_name"])
    }
}
