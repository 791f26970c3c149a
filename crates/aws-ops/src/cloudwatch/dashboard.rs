//! Implementation of `cloudwatch.dashboard`.

use ohinfra_aws_core::{api_error, none_if_missing};
use ohinfra_core::contract::{
    Created, Deletion, Evidence, Found, Kind, Known, Live, Resolved, Subject, Update, attributes,
};
use ohinfra_core::error::ErrorKind;
use ohinfra_core::tag_index::KnownTags;
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::cloudwatch::{Dashboard, DashboardLive};

use super::Clients;

/// `cloudwatch.dashboard`
pub struct DashboardKind(pub(crate) Clients);

type Inputs = Resolved<Dashboard>;

impl DashboardKind {
    async fn body(&self, region: &Region, name: &str) -> Result<Option<String>, ProviderError> {
        let result = self.0.in_region(region).get_dashboard().dashboard_name(name).send().await;
        Ok(none_if_missing(result.map_err(api_error("cloudwatch:GetDashboard")))?
            .and_then(|answer| answer.dashboard_body))
    }

    async fn put(&self, region: &Region, inputs: &Inputs) -> Result<(), ProviderError> {
        let operation = "cloudwatch:PutDashboard";
        let call = self
            .0
            .in_region(region)
            .put_dashboard()
            .dashboard_name(&inputs.dashboard_name)
            .dashboard_body(&inputs.body);
        let answer = call.send().await.map_err(api_error(operation))?;
        // The call succeeds even if it reports invalid widgets.
        match answer.dashboard_validation_messages().first().and_then(|message| message.message()) {
            None => Ok(()),
            Some(message) => Err(ProviderError::new(ErrorKind::Invalid, operation, message)),
        }
    }
}

impl Kind for DashboardKind {
    type Definition = Dashboard;

    async fn find(&self, subject: &Subject, known: &Known<Dashboard>) -> Result<Option<Found>, ProviderError> {
        let name = &known.dashboard_name;
        // A dashboard has no tags: its body contains the ownership marker.
        Ok(self.body(&subject.region, name).await?.map(|body| {
            let ours = body.contains(&subject.ownership.marker());
            Found::new(name.clone(), if ours { Evidence::Ours } else { Evidence::NotOurs })
        }))
    }

    async fn read_one(&self, region: &Region, name: &str, _tags: KnownTags<'_>) -> Result<Option<Live>, ProviderError> {
        let body = self.body(region, name).await?;
        Ok(body.map(|body| {
            let inputs = DashboardLive { dashboard_name: Some(name.to_owned()), body: Some(body) };
            Live::new(&inputs, attributes([("id", name), ("name", name)]))
        }))
    }

    async fn create(&self, subject: &Subject, inputs: &Inputs, _tags: &Tags) -> Result<Created, ProviderError> {
        self.put(&subject.region, inputs).await?;
        let name = &inputs.dashboard_name;
        Ok(Created::new(name, [("id", name), ("name", name)]))
    }

    async fn update(&self, subject: &Subject, _name: &str, update: &Update<Inputs>) -> Result<(), ProviderError> {
        self.put(&subject.region, &update.desired).await
    }

    async fn delete(&self, region: &Region, name: &str, _how: Deletion) -> Result<(), ProviderError> {
        let result = self.0.in_region(region).delete_dashboards().dashboard_names(name).send().await;
        none_if_missing(result.map_err(api_error("cloudwatch:DeleteDashboards"))).map(|_| ())
    }
}
