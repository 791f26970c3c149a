//! Implementation of `acm.certificate`. A certificate is ready when ACM reports its validation records; `acm.issuance` waits for
//! the issuance.

use aws_sdk_acm::types::{CertificateDetail, CertificateStatus, Tag, ValidationMethod};
use futures::future::{try_join, try_join_all};
use ohinfra_aws_core::{api_error, none_if_missing};
use ohinfra_core::contract::{
    Created, Deletion, Evidence, Found, Kind, Known, Live, Readiness, Resolved, Subject, Update,
};
use ohinfra_core::error::ErrorKind;
use ohinfra_core::inputs::Attributes;
use ohinfra_core::tag_index::KnownTags;
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::acm::{Certificate, CertificateLive};
use serde_json::Value;

use super::{Clients, describe};

/// `acm.certificate`
pub struct CertificateKind(pub(crate) Clients);

type Inputs = Resolved<Certificate>;

fn to_tags(tags: &Tags, operation: &str) -> Result<Vec<Tag>, ProviderError> {
    let tag = |(key, value): (&String, &String)| Tag::builder().key(key).value(value).build();
    let tags: Result<Vec<Tag>, _> = tags.iter().map(tag).collect();
    tags.map_err(|error| ProviderError::new(ErrorKind::Invalid, operation, error.to_string()))
}

/// Returns the distinct validation records, sorted by name. A domain name and its wildcard share one record.
fn records(certificate: &CertificateDetail) -> Option<Vec<(String, String)>> {
    let options = certificate.domain_validation_options();
    let record = |option: &aws_sdk_acm::types::DomainValidation| {
        let record = option.resource_record()?;
        Some((record.name.trim_end_matches('.').to_owned(), record.value.clone()))
    };
    let mut records = options.iter().map(record).collect::<Option<Vec<_>>>()?;
    records.sort();
    records.dedup();
    (!records.is_empty()).then_some(records)
}

fn attributes_of(arn: &str, certificate: Option<&CertificateDetail>) -> Attributes {
    let mut attributes = ohinfra_core::contract::attributes([("id", arn), ("arn", arn)]);
    for (n, (name, value)) in certificate.and_then(records).unwrap_or_default().into_iter().enumerate() {
        attributes.insert(format!("validation_name_{}", n + 1), Value::from(name));
        attributes.insert(format!("validation_value_{}", n + 1), Value::from(value));
    }
    attributes
}

/// Converts the live certificate. ACM lists the primary name among the alternative ones: unless the response has both, the
/// other names are unknown.
fn live_inputs(certificate: &CertificateDetail) -> CertificateLive {
    let names = certificate.domain_name.as_ref().zip(certificate.subject_alternative_names.as_ref());
    CertificateLive {
        domain_name: certificate.domain_name.clone(),
        alternative_names: names.map(|(first, all)| all.iter().filter(|name| *name != first).cloned().collect()),
    }
}

/// Returns `true` if a certificate is issued or pending validation.
fn is_good(certificate: &CertificateDetail) -> bool {
    matches!(certificate.status(), None | Some(CertificateStatus::PendingValidation | CertificateStatus::Issued))
}

impl CertificateKind {
    async fn tags(&self, region: &Region, arn: &str, tags: KnownTags<'_>) -> Result<Option<Tags>, ProviderError> {
        if let Some(tags) = tags.get(region, arn).await {
            return Ok(Some(tags));
        }
        let result = self.0.in_region(region).list_tags_for_certificate().certificate_arn(arn).send().await;
        let answer = none_if_missing(result.map_err(api_error("acm:ListTagsForCertificate")))?;
        let tags = answer.map(|answer| answer.tags.unwrap_or_default());
        Ok(tags.map(|tags| tags.into_iter().map(|tag| (tag.key, tag.value.unwrap_or_default())).collect()))
    }
}

impl Kind for CertificateKind {
    type Definition = Certificate;

    async fn find(&self, subject: &Subject, known: &Known<Certificate>) -> Result<Option<Found>, ProviderError> {
        let call = self.0.in_region(&subject.region).list_certificates();
        let call = call.certificate_statuses(CertificateStatus::Issued);
        let call = call.certificate_statuses(CertificateStatus::PendingValidation).into_paginator().items();
        let listed = call.send().collect::<Result<Vec<_>, _>>().await.map_err(api_error("acm:ListCertificates"))?;
        let of_domain = listed.into_iter().filter(|c| c.domain_name() == Some(&known.domain_name));
        let arns = of_domain.filter_map(|certificate| certificate.certificate_arn).filter(|arn| subject.seeks(arn));
        let tagged = try_join_all(arns.map(|arn| async {
            let tags = self.tags(&subject.region, &arn, KnownTags::NONE).await?.unwrap_or_default();
            Ok::<_, ProviderError>(Found::new(arn, Evidence::Tags(tags)))
        }));
        Ok(tagged.await?.into_iter().find(|found| found.is_owned_by(&subject.ownership)))
    }

    async fn read_one(&self, region: &Region, arn: &str, tags: KnownTags<'_>) -> Result<Option<Live>, ProviderError> {
        let (certificate, tags) = try_join(describe(&self.0, region, arn), self.tags(region, arn, tags)).await?;
        let (Some(certificate), Some(tags)) = (certificate.filter(is_good), tags) else { return Ok(None) };
        Ok(Some(Live::new(&live_inputs(&certificate), attributes_of(arn, Some(&certificate))).tagged(tags)))
    }

    async fn create(&self, subject: &Subject, inputs: &Inputs, tags: &Tags) -> Result<Created, ProviderError> {
        let operation = "acm:RequestCertificate";
        let call = self.0.in_region(&subject.region).request_certificate().domain_name(&inputs.domain_name);
        let others = (!inputs.alternative_names.is_empty()).then(|| inputs.alternative_names.clone());
        let call = call.set_subject_alternative_names(others).validation_method(ValidationMethod::Dns);
        // At most 32 word characters; valid for one hour. Later runs find the certificate by its tags.
        let call = call.idempotency_token(&subject.token).set_tags(Some(to_tags(tags, operation)?));
        let arn = call.send().await.map_err(api_error(operation))?.certificate_arn;
        let arn = arn.ok_or_else(|| ProviderError::incomplete(operation, "CertificateArn"))?;
        Ok(Created { attributes: attributes_of(&arn, None), id: arn })
    }

    async fn ready(&self, region: &Region, arn: &str) -> Result<Readiness, ProviderError> {
        let certificate = describe(&self.0, region, arn).await?;
        // DescribeCertificate returns the records a few seconds after RequestCertificate.
        Ok(match certificate.as_ref().and_then(records) {
            Some(_) => Readiness::Ready,
            None => Readiness::Waiting("waiting for DNS validation records".to_owned()),
        })
    }

    async fn update(&self, _subject: &Subject, _arn: &str, _update: &Update<Inputs>) -> Result<(), ProviderError> {
        Ok(())
    }

    async fn set_tags(&self, region: &Region, arn: &str, tags: &Tags) -> Result<(), ProviderError> {
        let operation = "acm:AddTagsToCertificate";
        let call = self.0.in_region(region).add_tags_to_certificate().certificate_arn(arn);
        let call = call.set_tags(Some(to_tags(tags, operation)?));
        call.send().await.map(|_| ()).map_err(api_error(operation))
    }

    async fn remove_tags(&self, region: &Region, arn: &str, keys: &[String]) -> Result<(), ProviderError> {
        let operation = "acm:RemoveTagsFromCertificate";
        let tags: Result<Vec<_>, _> = keys.iter().map(|key| Tag::builder().key(key).build()).collect();
        let tags = tags.map_err(|error| ProviderError::new(ErrorKind::Invalid, operation, error.to_string()))?;
        let call = self.0.in_region(region).remove_tags_from_certificate().certificate_arn(arn).set_tags(Some(tags));
        call.send().await.map(|_| ()).map_err(api_error(operation))
    }

    async fn delete(&self, region: &Region, arn: &str, _how: Deletion) -> Result<(), ProviderError> {
        let result = self.0.in_region(region).delete_certificate().certificate_arn(arn).send().await;
        none_if_missing(result.map_err(api_error("acm:DeleteCertificate"))).map(|_| ())
    }
}
