//! CloudWatch dashboard.

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::{Availability, DOCUMENT, NOMINAL, REPLACE};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `cloudwatch.dashboard`
pub struct Dashboard;

/// Inputs of a dashboard.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DashboardInputs<T = String> {
    /// Name of the dashboard. Unique in the account; letters, digits, dashes and underscores.
    pub dashboard_name: String,
    /// Widgets (JSON). Must contain the ownership marker: dashboards have no tags, and one without the marker counts as foreign.
    pub body: T,
}

impl Definition for Dashboard {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = DashboardInputs<T>;

    fn schema() -> Schema {
        Schema::new("cloudwatch.dashboard", "A dashboard")
            .input("dashboard_name", REPLACE | NOMINAL)
            .input("body", DOCUMENT)
            .attribute("id", Availability::Early)
            .attribute("name", Availability::Early)
            .named_by(&["dashboard_name"])
            .untagged()
    }
}
