//! Shared parts of the CloudWatch Logs kinds.

pub mod function_log_groups;
pub mod log_group;

use aws_sdk_cloudwatchlogs::Client;
use ohinfra_aws_core::api_error;
use ohinfra_core::ProviderError;

async fn put_retention(client: &Client, name: &str, days: i32) -> Result<(), ProviderError> {
    let call = client.put_retention_policy().log_group_name(name).retention_in_days(days);
    call.send().await.map(|_| ()).map_err(api_error("logs:PutRetentionPolicy"))
}
