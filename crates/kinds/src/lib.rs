//! Definitions of all resource kinds and lookups: plain data, one folder per AWS service, one file per kind, no I/O.
//!
//! A kind is a marker type with a [`Definition`]: its inputs (documented field by field) and its schema. The AWS implementation
//! is in the file of the same name in an `aws-*` crate. [`schemas`] lists every kind.

pub mod acm;
pub mod autoscaling;
pub mod backup;
pub mod cloudfront;
pub mod cloudwatch;
pub mod cognito;
pub mod ec2;
pub mod ecr;
pub mod efs;
pub mod elbv2;
pub mod iam;
pub mod kms;
pub mod lambda;
pub mod logs;
pub mod rds;
pub mod rdsdata;
pub mod route53;
pub mod s3;
pub mod secretsmanager;
pub mod sns;
pub mod ssm;
pub mod sts;
pub mod wafv2;

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;

/// Returns the schemas of all kinds, sorted by name.
pub fn schemas() -> Vec<Schema> {
    let mut schemas = vec![
        backup::Plan::schema(),
        backup::Selection::schema(),
        backup::Vault::schema(),
        cloudwatch::Dashboard::schema(),
        ec2::SecurityGroup::schema(),
        ec2::SecurityGroupRule::schema(),
        ec2::VpcEndpoint::schema(),
        iam::InstanceProfile::schema(),
        iam::Role::schema(),
        iam::RolePolicy::schema(),
        kms::Alias::schema(),
        kms::Key::schema(),
        logs::LogGroup::schema(),
        s3::Bucket::schema(),
        s3::BucketPolicy::schema(),
        secretsmanager::Secret::schema(),
        sns::Topic::schema(),
        acm::Certificate::schema(),
        acm::Issuance::schema(),
        route53::Record::schema(),
        ssm::Parameter::schema(),
        secretsmanager::ConnectionDetails::schema(),
        secretsmanager::SecretPolicy::schema(),
        efs::FileSystem::schema(),
        efs::MountTarget::schema(),
        efs::AccessPoint::schema(),
        rds::SubnetGroup::schema(),
        rds::ClusterParameterGroup::schema(),
        rds::Cluster::schema(),
        rds::Instance::schema(),
        rds::Proxy::schema(),
        rds::ProxyTargetGroup::schema(),
        rdsdata::Bootstrap::schema(),
        ec2::LaunchTemplate::schema(),
        autoscaling::Group::schema(),
        elbv2::LoadBalancer::schema(),
        elbv2::TargetGroup::schema(),
        elbv2::Target::schema(),
        elbv2::Listener::schema(),
        elbv2::ListenerRule::schema(),
        elbv2::SettledHeader::schema(),
        cloudwatch::Alarm::schema(),
        lambda::Archive::schema(),
        lambda::Function::schema(),
        lambda::Version::schema(),
        lambda::Permission::schema(),
        s3::Object::schema(),
        ecr::Image::schema(),
        ecr::Repository::schema(),
        cognito::UserPool::schema(),
        cognito::UserPoolDomain::schema(),
        cognito::UserPoolClient::schema(),
        cognito::ManagedLoginBranding::schema(),
        wafv2::WebAcl::schema(),
        cloudfront::ResponseHeadersPolicy::schema(),
        cloudfront::Distribution::schema(),
        cognito::IdentityProvider::schema(),
        logs::FunctionLogGroups::schema(),
        // new kinds above this line
    ];
    schemas.sort_by_key(|schema| schema.kind);
    schemas
}

#[cfg(test)]
mod tests;
