//! Access control and secrets: IAM, KMS, Secrets Manager, Parameter Store.

pub mod iam;
pub mod kms;
pub mod secretsmanager;
pub mod ssm;

use ohinfra_aws_core::{Connection, Regional};
use ohinfra_core::Provider;

/// Registers all kinds and lookups of this crate.
pub fn register(provider: Provider, connection: &Connection) -> Provider {
    let iam = Regional::new(connection, aws_sdk_iam::Client::new);
    let kms = Regional::new(connection, aws_sdk_kms::Client::new);
    let secrets = Regional::new(connection, aws_sdk_secretsmanager::Client::new);
    let parameters = Regional::new(connection, aws_sdk_ssm::Client::new);
    let pools = Regional::new(connection, aws_sdk_cognitoidentityprovider::Client::new);
    // AWS publishes rate limits, not concurrency limits; at about 0.1 s per call, these limits stay below the mutation rates.
    provider
        .kind(iam::instance_profile::InstanceProfileKind(iam.clone()))
        .kind(iam::role::RoleKind(iam.clone()))
        .kind(iam::role_policy::RolePolicyKind(iam))
        .kind(kms::alias::AliasKind(kms.clone()))
        .kind(kms::key::KeyKind(kms))
        .kind(secretsmanager::connection_details::ConnectionDetailsKind(secrets.clone()))
        .kind(secretsmanager::secret::SecretKind { secrets: secrets.clone(), pools })
        .kind(secretsmanager::secret_policy::SecretPolicyKind(secrets.clone()))
        .kind(ssm::parameter::ParameterKind(parameters.clone()))
        .lookup(ssm::lookups::PublishedParameterLookUp(parameters))
        .lookup(secretsmanager::lookups::SecretLookUp(secrets))
        .concurrency_limit("iam", 6)
        .concurrency_limit("kms", 6)
        .concurrency_limit("secretsmanager", 8)
        .concurrency_limit("ssm", 4)
    // new kinds above this line
}
