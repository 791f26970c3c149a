//! Scaling activities: the reason why a group has no instance.

use aws_sdk_autoscaling::types::{Activity, ScalingActivityStatusCode};
use ohinfra_aws_core::{api_error, none_if_missing};
use ohinfra_core::contract::Readiness;
use ohinfra_core::error::ErrorKind;
use ohinfra_core::{ProviderError, Region};

use super::Clients;

const ACTIVITIES: &str = "autoscaling:DescribeScalingActivities";
/// Maximum number of consecutive failed launches. AWS retries: a cause such as an instance profile that is not visible yet, or a
/// lack of capacity, may be temporary.
const FAILURES: usize = 3;

/// Returns the scaling activities of a group: those in progress, then newest first.
async fn activities(clients: &Clients, region: &Region, name: &str) -> Result<Vec<Activity>, ProviderError> {
    let call = clients.in_region(region).describe_scaling_activities().auto_scaling_group_name(name);
    let answer = none_if_missing(call.send().await.map_err(api_error(ACTIVITIES)))?;
    Ok(answer.and_then(|answer| answer.activities).unwrap_or_default())
}

/// Returns the ID of the newest activity.
pub(super) async fn newest(clients: &Clients, region: &Region, name: &str) -> Result<Option<String>, ProviderError> {
    let newest = activities(clients, region, name).await?.into_iter().next();
    Ok(newest.and_then(|activity| activity.activity_id))
}

/// Returns the wait reason of a group without an instance in service.
///
/// # Errors
/// [`FAILURES`] consecutive launches have failed since the activity `before`; the message is from AWS.
pub(super) async fn failed_launches(
    clients: &Clients,
    region: &Region,
    name: &str,
    before: Option<&str>,
) -> Result<Readiness, ProviderError> {
    let activities = activities(clients, region, name).await?;
    let has_failed = |activity: &&Activity| {
        matches!(activity.status_code(), Some(ScalingActivityStatusCode::Failed | ScalingActivityStatusCode::Cancelled))
    };
    let since = activities.iter().take_while(|activity| before.is_none() || activity.activity_id() != before);
    let failures: Vec<&Activity> = since.take_while(has_failed).collect();
    let message = failures.first().and_then(|activity| activity.status_message().or_else(|| activity.cause()));
    let message = message.map(|message| format!(": {message}")).unwrap_or_default();
    if failures.len() >= FAILURES {
        let message = format!("{name} failed to launch an instance{message}");
        return Err(ProviderError::new(ErrorKind::Other, ACTIVITIES, message));
    }
    Ok(Readiness::Waiting(format!("no instance in service yet{message}")))
}
