//! Scaling activities: why a group has no instance.

use aws_sdk_autoscaling::types::{Activity, ScalingActivityStatusCode};
use ohinfra_aws_core::{failed, is_missing};
use ohinfra_core::contract::Readiness;
use ohinfra_core::error::ErrorKind;
use ohinfra_core::{ProviderError, Region};

use super::Clients;

const ACTIVITIES: &str = "autoscaling:DescribeScalingActivities";
/// Launches that may fail in a row. AWS tries again by itself: what the first one lacks (an instance profile that is not visible
/// yet, capacity) the next one may have.
const FAILURES: usize = 3;

/// The scaling activities of a group: those in progress, then the newest first.
async fn activities(clients: &Clients, region: &Region, name: &str) -> Result<Vec<Activity>, ProviderError> {
    let call = clients.at(region).describe_scaling_activities().auto_scaling_group_name(name);
    let answer = is_missing(call.send().await.map_err(failed(ACTIVITIES)))?;
    Ok(answer.and_then(|answer| answer.activities).unwrap_or_default())
}

/// The identity of the newest activity.
pub(super) async fn newest(clients: &Clients, region: &Region, name: &str) -> Result<Option<String>, ProviderError> {
    let newest = activities(clients, region, name).await?.into_iter().next();
    Ok(newest.and_then(|activity| activity.activity_id))
}

/// What a group without an instance in service is waiting for: an error, in AWS's words, once several launches in a row have failed
/// since the activity `before`.
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
    let words = failures.first().and_then(|activity| activity.status_message().or_else(|| activity.cause()));
    let words = words.map(|words| format!(": {words}")).unwrap_or_default();
    if failures.len() >= FAILURES {
        let message = format!("{name} cannot start an instance{words}");
        return Err(ProviderError::new(ErrorKind::Other, ACTIVITIES, message));
    }
    Ok(Readiness::Waiting(format!("no instance is in service yet{words}")))
}
