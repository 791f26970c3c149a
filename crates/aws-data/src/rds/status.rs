//! RDS statuses that end a wait.
//!
//! <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/accessing-monitoring.html>

use ohinfra_core::contract::Readiness;
use ohinfra_core::error::ErrorKind;
use ohinfra_core::{ProviderError, Region};

use super::Clients;

/// Permanent statuses and their remedies.
const TERMINAL: &[(&str, &str)] = &[
    ("cloning-failed", "delete the resource and run the same command again"),
    ("failed", "AWS cannot recover the resource; restore a backup or a snapshot"),
    ("inaccessible-encryption-credentials", "the KMS key was deleted; restore a backup that uses another key"),
    (
        "inaccessible-encryption-credentials-recoverable",
        "enable the KMS key, allow RDS to use it, then start the cluster",
    ),
    ("incompatible-create", "delete the resource and run the same command again"),
    (
        "incompatible-network",
        "correct the subnets, their free IP addresses or the DNS settings of the VPC, then run the same command again",
    ),
    ("incompatible-option-group", "correct the option group, then run the same command again"),
    ("incompatible-parameters", "correct the parameter group, then reboot the instance"),
    ("incompatible-restore", "restore another backup"),
    ("insufficient-capacity", "AWS lacks capacity; delete the resource and run the same command again later"),
    ("insufficient-resource-limits", "raise the named quota, then run the same command again"),
    ("migration-failed", "delete the resource and run the same command again"),
    ("restore-error", "restore another backup"),
    ("stopped", "start the cluster with `aws rds start-db-cluster`"),
    ("storage-full", "add storage"),
    ("suspended", "restore the network or the target database; AWS then reactivates the proxy"),
];

/// Converts a status to a readiness; `reason` is awaited only for a permanent status.
///
/// # Errors
/// The status is permanent.
pub(super) async fn readiness(
    operation: &'static str,
    status: Option<&str>,
    reason: impl Future<Output = Option<String>>,
) -> Result<Readiness, ProviderError> {
    match status {
        Some("available") => Ok(Readiness::Ready),
        Some(status) => match TERMINAL.iter().find(|(terminal, _)| *terminal == status) {
            Some((_, remedy)) => {
                let reason = reason.await.map(|reason| format!(" ({reason})")).unwrap_or_default();
                Err(ProviderError::new(
                    ErrorKind::Other,
                    operation,
                    format!("the status is `{status}`{reason}: {remedy}"),
                ))
            }
            None => Ok(Readiness::Waiting(status.to_owned())),
        },
        None => Ok(Readiness::not_visible()),
    }
}

/// Returns the latest event message of a resource within the last day; `None` without the permission `rds:DescribeEvents`.
pub(super) async fn last_event(
    clients: &Clients,
    region: &Region,
    source: aws_sdk_rds::types::SourceType,
    name: &str,
) -> Option<String> {
    let call =
        clients.in_region(region).describe_events().source_type(source).source_identifier(name).duration(24 * 60);
    let answer = call.send().await.ok()?;
    answer.events().iter().max_by_key(|event| event.date()).and_then(|event| event.message().map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn of(status: &str) -> Result<Readiness, ProviderError> {
        readiness("rds:DescribeDBClusters", Some(status), async { Some("the disk broke".to_owned()) }).await
    }

    #[tokio::test]
    async fn permanent_status_fails_with_reason_and_remedy() {
        for status in [
            "failed",
            "incompatible-network",
            "incompatible-parameters",
            "inaccessible-encryption-credentials",
            "storage-full",
            "stopped",
            "insufficient-resource-limits",
            "suspended",
        ] {
            let error = of(status).await.unwrap_err();
            assert!(!error.is_transient(), "{status}");
            assert!(error.message.contains(&format!("`{status}` (the disk broke): ")), "{}", error.message);
        }
    }

    #[tokio::test]
    async fn other_statuses_are_waited_for() {
        assert_eq!(of("available").await.unwrap(), Readiness::Ready);
        for status in ["creating", "modifying", "upgrading", "starting", "reactivating", "a-new-one"] {
            assert_eq!(of(status).await.unwrap(), Readiness::Waiting(status.to_owned()));
        }
    }
}
