//! How operators see what goes on: CloudWatch, CloudWatch Logs, SNS.

pub mod cloudwatch;
pub mod logs;
pub mod sns;

use ohinfra_aws_core::{Connection, Regional};
use ohinfra_core::contract::Provider;

/// Adds everything that this crate can do.
pub fn register(provider: Provider, connection: &Connection) -> Provider {
    let cloudwatch = Regional::new(connection, aws_sdk_cloudwatch::Client::new);
    let logs = Regional::new(connection, aws_sdk_cloudwatchlogs::Client::new);
    // AWS publishes rates, not concurrency; at about 0.1 s a call this stays below the rates of mutating calls.
    provider
        .kind(cloudwatch::alarm::AlarmKind(cloudwatch.clone()))
        .kind(cloudwatch::dashboard::DashboardKind(cloudwatch))
        .kind(logs::log_group::LogGroupKind(logs.clone()))
        .kind(logs::function_log_groups::FunctionLogGroupsKind(logs))
        .kind(sns::topic::TopicKind(Regional::new(connection, aws_sdk_sns::Client::new)))
        .at_most("cloudwatch", 4)
        .at_most("logs", 4)
        .at_most("sns", 8)
    // new kinds above this line
}
