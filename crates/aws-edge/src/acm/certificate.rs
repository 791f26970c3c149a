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
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::acm::{Certificate, CertificateInputs};
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

/// Returns `true` if a certificate is issued or pending validation.
fn is_good(certificate: &CertificateDetail) -> bool {
    matches!(certificate.status(), None | Some(CertificateStatus::PendingValidation | CertificateStatus::Issued))
}

impl CertificateKind {
    async fn tags(&self, region: &Region, arn: &str) -> Result<Option<Tags>, ProviderError> {
        if let Some(tags) = self.0.known_tags(region, arn).await {
            return Ok(Some(tags));
        }
        let result = self.0.at(region).list_tags_for_certificate().certificate_arn(arn).send().await;
        let answer = none_if_missing(result.map_err(api_error("acm:ListTagsForCertificate")))?;
        let tags = answer.map(|answer| answer.tags.unwrap_or_default());
        Ok(tags.map(|tags| tags.into_iter().map(|tag| (tag.key, tag.value.unwrap_or_default())).collect()))
    }

    async fn read_one(&self, region: &Region, arn: &str) -> Result<Option<Live>, ProviderError> {
        let (certificate, tags) = try_join(describe(&self.0, region, arn), self.tags(region, arn)).await?;
        let (Some(certificate), Some(tags)) = (certificate.filter(is_good), tags) else { return Ok(None) };
        let domain_name = certificate.domain_name().unwrap_or_default().to_owned();
        let others = certificate.subject_alternative_names().iter().filter(|name| **name != domain_name);
        let inputs = CertificateInputs { alternative_names: others.cloned().collect(), domain_name };
        Ok(Some(
            Live::new(&inputs, attributes_of(arn, Some(&certificate))).without_empty(&["domain_name"]).tagged(tags),
        ))
    }
}

impl Kind for CertificateKind {
    type Definition = Certificate;

    async fn find(&self, subject: &Subject, known: &Known<Certificate>) -> Result<Option<Found>, ProviderError> {
        let call = self.0.at(&subject.region).list_certificates();
        let call = call.certificate_statuses(CertificateStatus::Issued);
        let call = call.certificate_statuses(CertificateStatus::PendingValidation).into_paginator().items();
        let listed = call.send().collect::<Result<Vec<_>, _>>().await.map_err(api_error("acm:ListCertificates"))?;
        let of_domain = listed.into_iter().filter(|c| c.domain_name() == Some(&known.domain_name));
        let arns = of_domain.filter_map(|certificate| certificate.certificate_arn).filter(|arn| subject.seeks(arn));
        let tagged = try_join_all(arns.map(|arn| async {
            let tags = self.tags(&subject.region, &arn).await?.unwrap_or_default();
            Ok::<_, ProviderError>(Found::new(arn, Evidence::Tags(tags)))
        }));
        Ok(tagged.await?.into_iter().find(|found| found.is_owned_by(&subject.ownership)))
    }

    async fn read(&self, region: &Region, ids: &[String]) -> Result<Vec<Option<Live>>, ProviderError> {
        try_join_all(ids.iter().map(|arn| self.read_one(region, arn))).await
    }

    async fn create(&self, subject: &Subject, inputs: &Inputs, tags: &Tags) -> Result<Created, ProviderError> {
        let operation = "acm:RequestCertificate";
        let call = self.0.at(&subject.region).request_certificate().domain_name(&inputs.domain_name);
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

    async fn update(&self, subject: &Subject, arn: &str, update: &Update<Inputs>) -> Result<(), ProviderError> {
        let client = self.0.at(&subject.region);
        if !update.tags_to_set.is_empty() {
            let operation = "acm:AddTagsToCertificate";
            let call = client.add_tags_to_certificate().certificate_arn(arn);
            let call = call.set_tags(Some(to_tags(&update.tags_to_set, operation)?));
            call.send().await.map_err(api_error(operation))?;
        }
        if !update.tags_to_remove.is_empty() {
            let operation = "acm:RemoveTagsFromCertificate";
            let tags = update.tags_to_remove.iter().map(|key| Tag::builder().key(key).build());
            let tags: Result<Vec<_>, _> = tags.collect();
            let tags = tags.map_err(|error| ProviderError::new(ErrorKind::Invalid, operation, error.to_string()))?;
            let call = client.remove_tags_from_certificate().certificate_arn(arn).set_tags(Some(tags));
            call.send().await.map_err(api_error(operation))?;
        }
        Ok(())
    }

    async fn delete(&self, region: &Region, arn: &str, _how: Deletion) -> Result<(), ProviderError> {
        let result = self.0.at(region).delete_certificate().certificate_arn(arn).send().await;
        none_if_missing(result.map_err(api_error("acm:DeleteCertificate"))).map(|_| ())
    }
}
