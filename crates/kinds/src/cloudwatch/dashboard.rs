//! CloudWatch dashboard.

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::Availability;
use ohinfra_derive::Inputs;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// `cloudwatch.dashboard`
pub struct Dashboard;

/// Inputs of a dashboard.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Inputs)]
pub struct DashboardInputs<T = String> {
    /// Name of the dashboard. Unique in the account; letters, digits, dashes and underscores.
    #[input(replace, nominal)]
    pub dashboard_name: String,
    /// Widgets (JSON). Must contain the ownership marker: dashboards have no tags, and one without the marker counts as foreign.
    #[input(document)]
    pub body: T,
}

impl Definition for Dashboard {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = DashboardInputs<T>;

    fn schema() -> Schema {
        Schema::of::<DashboardInputs>("cloudwatch.dashboard", "A dashboard")
            .attribute("id", Availability::Early)
            .attribute("name", Availability::Early)
            .named_by(&["dashboard_name"])
            .untagged()
    }
}
