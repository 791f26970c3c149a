//! Shared parts of the ACM kinds.

pub mod certificate;
pub mod issuance;

use std::sync::Arc;

use aws_sdk_acm::Client;
use aws_sdk_acm::types::CertificateDetail;
use ohinfra_aws_core::{Regional, api_error, none_if_missing};
use ohinfra_core::{ProviderError, Region};

/// ACM clients.
pub(crate) type Clients = Arc<Regional<Client>>;

/// Returns the certificate with this ARN.
pub(crate) async fn describe(
    clients: &Clients,
    region: &Region,
    arn: &str,
) -> Result<Option<CertificateDetail>, ProviderError> {
    let result = clients.in_region(region).describe_certificate().certificate_arn(arn).send().await;
    Ok(none_if_missing(result.map_err(api_error("acm:DescribeCertificate")))?.and_then(|answer| answer.certificate))
}
