//! Implementation of the AWS Backup lookup.

use futures::future::BoxFuture;
use ohinfra_aws_core::api_error;
use ohinfra_core::error::ErrorKind;
use ohinfra_core::lookup::{AnswersLookUp, Lookup};
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::backup::OptedIn;
use serde_json::{Value, json};

use super::Clients;

/// `backup.opted_in`
pub struct OptedInLookUp(pub(crate) Clients);

impl AnswersLookUp for OptedInLookUp {
    fn name(&self) -> &'static str {
        <OptedIn as Lookup>::NAME
    }

    fn answer<'a>(&'a self, region: &'a Region, _question: Value) -> BoxFuture<'a, Result<Value, ProviderError>> {
        Box::pin(async move {
            let operation = "backup:DescribeRegionSettings";
            let answer = self.0.in_region(region).describe_region_settings().send().await.map_err(api_error(operation));
            match answer {
                Ok(answer) => Ok(json!(answer.resource_type_opt_in_preference.unwrap_or_default())),
                Err(error) if matches!(error.kind, ErrorKind::Credentials | ErrorKind::Throttled) => Err(error),
                // The response is used only for a warning: without the permission there is no warning.
                Err(_) => Ok(json!({})),
            }
        })
    }
}
