//! Compute and request routing: Auto Scaling, Elastic Load Balancing, Lambda, ECR.

pub mod autoscaling;
pub mod ecr;
pub mod elbv2;
pub mod lambda;

use std::sync::Arc;

use ohinfra_aws_core::{Connection, Regional};
use ohinfra_core::Provider;
use ohinfra_core::package::Packages;

/// Registers all kinds and lookups of this crate. `packages` renders the content that they deploy.
pub fn register(provider: Provider, connection: &Connection, packages: &Arc<dyn Packages>) -> Provider {
    let autoscaling = Regional::new(connection, aws_sdk_autoscaling::Client::new);
    let ecr = Regional::new(connection, aws_sdk_ecr::Client::new);
    let elbv2 = Regional::new(connection, aws_sdk_elasticloadbalancingv2::Client::new);
    let lambda = Regional::new(connection, aws_sdk_lambda::Client::new);
    // AWS publishes rate limits, not concurrency limits; at about 0.1 s per call, these limits stay below the mutation rates.
    provider
        .kind(autoscaling::group::GroupKind::new(autoscaling))
        .kind(ecr::image::ImageKind { clients: ecr.clone(), packages: Arc::clone(packages) })
        .kind(ecr::repository::RepositoryKind(ecr))
        .lookup(ecr::lookups::BuildxLookUp)
        .lookup(ecr::lookups::ImageDigestLookUp)
        .kind(elbv2::listener::ListenerKind(elbv2.clone()))
        .kind(elbv2::listener_rule::ListenerRuleKind(elbv2.clone()))
        .kind(elbv2::load_balancer::LoadBalancerKind(elbv2.clone()))
        .kind(elbv2::settled_header::SettledHeaderKind(elbv2.clone()))
        .kind(elbv2::target::TargetKind(elbv2.clone()))
        .kind(elbv2::target_group::TargetGroupKind(elbv2))
        .kind(lambda::archive::ArchiveKind { clients: lambda.clone(), packages: Arc::clone(packages) })
        .kind(lambda::function::FunctionKind { clients: lambda.clone(), packages: Arc::clone(packages) })
        .kind(lambda::permission::PermissionKind(lambda.clone()))
        .kind(lambda::version::VersionKind(lambda))
        .concurrency_limit("autoscaling", 4)
        .concurrency_limit("ecr", 4)
        .concurrency_limit("elbv2", 6)
        .concurrency_limit("lambda", 6)
    // new kinds above this line
}
