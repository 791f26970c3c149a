//! Implementation of `acm.issuance`, an action-only resource.

use aws_sdk_acm::types::{CertificateDetail, CertificateStatus, DomainStatus};
use ohinfra_core::contract::{
    Created, Deletion, Found, Kind, Known, Live, Readiness, Resolved, Subject, Update, attributes,
};
use ohinfra_core::error::ErrorKind;
use ohinfra_core::tag_index::KnownTags;
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::acm::{Issuance, IssuanceLive};

use super::{Clients, describe};

/// `acm.issuance`
pub struct IssuanceKind(pub(crate) Clients);

type Inputs = Resolved<Issuance>;

/// Returns a message that lists the domains with pending validation and their DNS records.
fn pending(certificate: &CertificateDetail) -> String {
    let open = certificate.domain_validation_options().iter();
    let open = open.filter(|option| option.validation_status() != Some(&DomainStatus::Success));
    let open = open.map(|option| match option.resource_record() {
        Some(record) => {
            let (name, kind, value) = (&record.name, record.r#type.as_str(), &record.value);
            format!("{} (is {name} {kind} {value} publicly resolvable?)", option.domain_name)
        }
        None => option.domain_name.clone(),
    });
    format!("pending validation: {}", open.collect::<Vec<_>>().join(", "))
}

impl IssuanceKind {
    async fn issued(&self, region: &Region, arn: &str) -> Result<bool, ProviderError> {
        let certificate = describe(&self.0, region, arn).await?;
        Ok(certificate.is_some_and(|certificate| certificate.status() == Some(&CertificateStatus::Issued)))
    }
}

impl Kind for IssuanceKind {
    type Definition = Issuance;

    async fn find(&self, _subject: &Subject, _known: &Known<Issuance>) -> Result<Option<Found>, ProviderError> {
        Ok(None)
    }

    async fn read_one(&self, region: &Region, arn: &str, _tags: KnownTags<'_>) -> Result<Option<Live>, ProviderError> {
        let issued = self.issued(region, arn).await?;
        let inputs = IssuanceLive { certificate_arn: Some(arn.to_owned()), ..IssuanceLive::default() };
        Ok(issued.then(|| Live::new(&inputs, attributes([("id", arn), ("arn", arn)]))))
    }

    async fn create(&self, _subject: &Subject, inputs: &Inputs, _tags: &Tags) -> Result<Created, ProviderError> {
        let arn = &inputs.certificate_arn;
        Ok(Created::new(arn, [("id", arn), ("arn", arn)]))
    }

    async fn ready(&self, region: &Region, arn: &str) -> Result<Readiness, ProviderError> {
        let Some(certificate) = describe(&self.0, region, arn).await? else {
            return Ok(Readiness::not_visible());
        };
        match certificate.status() {
            Some(CertificateStatus::Issued) => Ok(Readiness::Ready),
            None | Some(CertificateStatus::PendingValidation) => Ok(Readiness::Waiting(pending(&certificate))),
            Some(status) => {
                let reason = certificate.failure_reason().map_or("no reason given", |reason| reason.as_str());
                let message =
                    format!("the certificate is {}: {reason}; check the CAA records of the domain", status.as_str());
                Err(ProviderError::new(ErrorKind::Other, "acm:DescribeCertificate", message))
            }
        }
    }

    async fn update(&self, _subject: &Subject, _arn: &str, _update: &Update<Inputs>) -> Result<(), ProviderError> {
        Ok(())
    }

    async fn delete(&self, _region: &Region, _arn: &str, _how: Deletion) -> Result<(), ProviderError> {
        Ok(())
    }
}
