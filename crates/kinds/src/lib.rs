//! What can be provisioned and looked up: plain data, one folder per AWS service, one file per kind, no I/O.
//!
//! A kind is a marker type with a [`Definition`]: its inputs (documented field by field) and its schema. How AWS does it
//! is in the file of the same name in an `aws-*` crate. [`schemas`] lists every kind.

pub mod backup;
pub mod cloudwatch;
pub mod ec2;
pub mod iam;
pub mod kms;
pub mod logs;
pub mod route53;
pub mod s3;
pub mod secretsmanager;
pub mod sns;
pub mod sts;

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;

/// The schema of every kind, by name.
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
        // new kinds above this line
    ];
    schemas.sort_by_key(|schema| schema.kind);
    schemas
}

#[cfg(test)]
mod tests;
