//! DNS, certificates, content delivery and sign-in: Route 53, ACM, AWS WAF, CloudFront, Cognito.

pub mod acm;
pub mod cloudfront;
pub mod cognito;
pub mod route53;
pub mod wafv2;

use std::sync::Arc;

use ohinfra_aws_core::{Connection, Regional, Secrets};
use ohinfra_core::Provider;
use ohinfra_core::Region;
use ohinfra_core::users::UserDirectory;

/// Returns the user directory of a Cognito user pool.
pub fn users(connection: &Connection, region: &Region, pool: &str) -> Arc<dyn UserDirectory> {
    let client = aws_sdk_cognitoidentityprovider::Client::new(&connection.config(region));
    Arc::new(cognito::users::UserPoolUsers::new(client, pool))
}

/// Registers all kinds and lookups of this crate.
pub fn register(provider: Provider, connection: &Connection) -> Provider {
    let acm = Regional::new(connection, aws_sdk_acm::Client::new);
    let cloudfront = Regional::new(connection, aws_sdk_cloudfront::Client::new);
    let cognito = Regional::new(connection, aws_sdk_cognitoidentityprovider::Client::new);
    let route53 = Regional::new(connection, aws_sdk_route53::Client::new);
    let wafv2 = Regional::new(connection, aws_sdk_wafv2::Client::new);
    // AWS publishes rate limits, not concurrency limits; at about 0.1 s per call, these limits stay below the mutation rates.
    provider
        .kind(acm::certificate::CertificateKind(acm.clone()))
        .kind(acm::issuance::IssuanceKind(acm))
        .kind(cloudfront::distribution::DistributionKind(cloudfront.clone()))
        .kind(cloudfront::response_headers_policy::ResponseHeadersPolicyKind(cloudfront))
        .kind(cognito::identity_provider::IdentityProviderKind {
            clients: cognito.clone(),
            secrets: Secrets::new(connection),
        })
        .kind(cognito::managed_login_branding::ManagedLoginBrandingKind(cognito.clone()))
        .kind(cognito::user_pool::UserPoolKind(cognito.clone()))
        .kind(cognito::user_pool_client::UserPoolClientKind(cognito.clone()))
        .kind(cognito::user_pool_domain::UserPoolDomainKind(cognito))
        .kind(route53::record::RecordKind::new(route53.clone()))
        .kind(wafv2::web_acl::WebAclKind(wafv2))
        .lookup(route53::lookups::HostedZoneLookUp(route53.clone()))
        .lookup(route53::lookups::HostedZonesLookUp(route53))
        .concurrency_limit("acm", 4)
        .concurrency_limit("cloudfront", 4)
        .concurrency_limit("cognito", 4)
        // Five requests per second and account.
        .concurrency_limit("route53", 2)
        .concurrency_limit("wafv2", 2)
    // new kinds above this line
}
