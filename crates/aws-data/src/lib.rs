//! Storage, databases and backup: S3, EFS, RDS, AWS Backup.

pub mod backup;
mod bounded;
pub mod efs;
pub mod rds;
pub mod rdsdata;
pub mod s3;

use std::sync::Arc;

use aws_config::SdkConfig;
use ohinfra_aws_core::{Connection, Regional};
use ohinfra_core::Provider;
use ohinfra_core::package::Packages;

/// Registers all kinds and lookups of this crate. `packages` renders the content that they deploy.
pub fn register(provider: Provider, connection: &Connection, packages: &Arc<dyn Packages>) -> Provider {
    let s3 = Regional::new(connection, s3_client);
    let backup = Regional::new(connection, aws_sdk_backup::Client::new);
    let efs = Regional::new(connection, aws_sdk_efs::Client::new);
    let rds = Regional::new(connection, aws_sdk_rds::Client::new);
    let rdsdata = Regional::new(connection, aws_sdk_rdsdata::Client::new);
    // AWS publishes rate limits, not concurrency limits; at about 0.1 s per call, these limits stay below the mutation rates.
    provider
        .kind(s3::bucket::BucketKind(s3.clone()))
        .kind(s3::bucket_policy::BucketPolicyKind(s3.clone()))
        .kind(s3::object::ObjectKind { clients: s3, packages: Arc::clone(packages) })
        .kind(efs::access_point::AccessPointKind(efs.clone()))
        .kind(efs::file_system::FileSystemKind(efs.clone()))
        .kind(efs::mount_target::MountTargetKind(efs))
        .kind(rds::cluster::ClusterKind(rds.clone()))
        .kind(rds::cluster_parameter_group::ClusterParameterGroupKind(rds.clone()))
        .kind(rds::instance::InstanceKind(rds.clone()))
        .kind(rds::proxy::ProxyKind(rds.clone()))
        .kind(rds::proxy_target_group::ProxyTargetGroupKind(rds.clone()))
        .kind(rds::subnet_group::SubnetGroupKind(rds.clone()))
        .lookup(rds::lookups::EngineVersionsLookUp(rds))
        .kind(rdsdata::bootstrap::BootstrapKind { clients: rdsdata, packages: Arc::clone(packages) })
        .kind(backup::plan::PlanKind(backup.clone()))
        .kind(backup::selection::SelectionKind(backup.clone()))
        .kind(backup::vault::VaultKind(backup.clone()))
        .lookup(backup::lookups::OptedInLookUp(backup))
        .concurrency_limit("s3", 12)
        .concurrency_limit("backup", 4)
        .concurrency_limit("efs", 4)
        .concurrency_limit("rds", 6)
        .concurrency_limit("rdsdata", 4)
    // new kinds above this line
}

/// Creates an S3 client. With a custom endpoint, the bucket name goes into the path, because a host name with it may not resolve.
pub fn s3_client(config: &SdkConfig) -> aws_sdk_s3::Client {
    let path_style = config.endpoint_url().is_some();
    aws_sdk_s3::Client::from_conf(aws_sdk_s3::config::Builder::from(config).force_path_style(path_style).build())
}
