//! Where data is kept and how it is backed up: S3, AWS Backup.

pub mod backup;
pub mod s3;

use aws_config::SdkConfig;
use ohinfra_aws_core::{Connection, Regional};
use ohinfra_core::contract::Provider;

/// Adds everything that this crate can do.
pub fn register(provider: Provider, connection: &Connection) -> Provider {
    let s3 = Regional::new(connection, s3_client);
    let backup = Regional::new(connection, aws_sdk_backup::Client::new);
    // AWS publishes rates, not concurrency; at about 0.1 s a call this stays below the rates of mutating calls.
    provider
        .kind(s3::bucket::BucketKind(s3.clone()))
        .kind(s3::bucket_policy::BucketPolicyKind(s3))
        .kind(backup::plan::PlanKind(backup.clone()))
        .kind(backup::selection::SelectionKind(backup.clone()))
        .kind(backup::vault::VaultKind(backup))
        .at_most("s3", 12)
        .at_most("backup", 4)
    // new kinds above this line
}

/// A client of S3. Where the endpoint is not AWS's own, the bucket goes into the path: its name need not resolve there.
pub fn s3_client(config: &SdkConfig) -> aws_sdk_s3::Client {
    let path_style = config.endpoint_url().is_some();
    aws_sdk_s3::Client::from_conf(aws_sdk_s3::config::Builder::from(config).force_path_style(path_style).build())
}
