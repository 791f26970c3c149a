//! Monitoring and notifications: CloudWatch, CloudWatch Logs, SNS.

pub mod cloudwatch;
pub mod logs;
pub mod sns;

use ohinfra_aws_core::{Connection, Regional};
use ohinfra_core::Provider;

/// Registers all kinds of this crate.
pub fn register(provider: Provider, connection: &Connection) -> Provider {
    let cloudwatch = Regional::new(connection, aws_sdk_cloudwatch::Client::new);
    let logs = Regional::new(connection, aws_sdk_cloudwatchlogs::Client::new);
    // AWS publishes rate limits, not concurrency limits; at about 0.1 s per call, these limits stay below the mutation rates.
    provider
        .kind(cloudwatch::alarm::AlarmKind(cloudwatch.clone()))
        .kind(cloudwatch::dashboard::DashboardKind(cloudwatch))
        .kind(logs::log_group::LogGroupKind(logs.clone()))
        .kind(logs::function_log_groups::FunctionLogGroupsKind(logs))
        .kind(sns::topic::TopicKind(Regional::new(connection, aws_sdk_sns::Client::new)))
        .concurrency_limit("cloudwatch", 4)
        .concurrency_limit("logs", 4)
        .concurrency_limit("sns", 8)
    // new kinds above this line
}
