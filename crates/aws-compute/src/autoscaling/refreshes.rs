//! Instance refreshes and their results.

use aws_sdk_autoscaling::types::{InstanceRefresh, InstanceRefreshStatus};
use ohinfra_aws_core::{api_error, none_if_missing};
use ohinfra_core::contract::Readiness;
use ohinfra_core::error::ErrorKind;
use ohinfra_core::{ProviderError, Region};

use super::Clients;

const REFRESHES: &str = "autoscaling:DescribeInstanceRefreshes";

/// Returns the instance refreshes of a group, newest first.
pub(super) async fn refreshes(
    clients: &Clients,
    region: &Region,
    name: &str,
) -> Result<Vec<InstanceRefresh>, ProviderError> {
    let call = clients.in_region(region).describe_instance_refreshes().auto_scaling_group_name(name);
    let answer = none_if_missing(call.send().await.map_err(api_error(REFRESHES)))?;
    Ok(answer.and_then(|answer| answer.instance_refreshes).unwrap_or_default())
}

/// Returns `true` if a refresh has not ended.
pub(super) fn is_active(refresh: &InstanceRefresh) -> bool {
    !matches!(
        refresh.status(),
        None | Some(
            InstanceRefreshStatus::Successful
                | InstanceRefreshStatus::Failed
                | InstanceRefreshStatus::RollbackSuccessful
                | InstanceRefreshStatus::RollbackFailed
                | InstanceRefreshStatus::Cancelled
        )
    )
}

/// Returns the readiness of a group according to a refresh.
///
/// # Errors
/// The refresh failed, was rolled back or was canceled.
pub(super) fn state_of(name: &str, refresh: &InstanceRefresh) -> Result<Readiness, ProviderError> {
    let status = refresh.status().map_or("", InstanceRefreshStatus::as_str).to_owned();
    let reason = refresh.status_reason().map(|reason| format!(": {reason}")).unwrap_or_default();
    if is_active(refresh) {
        let done = refresh.percentage_complete().unwrap_or_default();
        return Ok(Readiness::Waiting(format!("instance refresh {status}, {done} %{reason}")));
    }
    if matches!(refresh.status(), None | Some(InstanceRefreshStatus::Successful)) {
        return Ok(Readiness::Ready);
    }
    let message = format!(
        "instance refresh of {name} ended with status {status}{reason}; see the boot log in the application log group"
    );
    Err(ProviderError::new(ErrorKind::Other, REFRESHES, message))
}
