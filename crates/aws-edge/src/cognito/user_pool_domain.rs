//! Implementation of `cognito.user_pool_domain`.

use aws_sdk_cognitoidentityprovider::types::{DomainDescriptionType, DomainStatusType};
use ohinfra_aws_core::{api_error, api_error_eventual, none_if_missing};
use ohinfra_core::contract::{
    Created, Deletion, Evidence, Found, Kind, Known, Live, Readiness, Resolved, Subject, Update,
};
use ohinfra_core::tag_index::KnownTags;
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::cognito::{UserPoolDomain, UserPoolDomainLive};

use super::Clients;

/// `cognito.user_pool_domain`
pub struct UserPoolDomainKind(pub(crate) Clients);

type Inputs = Resolved<UserPoolDomain>;

fn attributes(region: &Region, domain: &str) -> ohinfra_core::inputs::Attributes {
    let full = format!("{domain}.auth.{region}.amazoncognito.com");
    ohinfra_core::contract::attributes([("id", domain), ("domain", domain), ("full_domain", &full)])
}

impl UserPoolDomainKind {
    /// Returns the domain. For an unused domain, Cognito returns an empty description.
    async fn get(&self, region: &Region, domain: &str) -> Result<Option<DomainDescriptionType>, ProviderError> {
        let result = self.0.in_region(region).describe_user_pool_domain().domain(domain).send().await;
        let answer = none_if_missing(result.map_err(api_error("cognito-idp:DescribeUserPoolDomain")))?;
        Ok(answer.and_then(|answer| answer.domain_description).filter(|found| found.user_pool_id().is_some()))
    }
}

impl Kind for UserPoolDomainKind {
    type Definition = UserPoolDomain;

    async fn find(&self, subject: &Subject, known: &Known<UserPoolDomain>) -> Result<Option<Found>, ProviderError> {
        // The pool is the only evidence of ownership: without a pool, no domain is owned. The creation fails if another pool uses
        // the domain.
        let Some(pool) = &known.user_pool_id else { return Ok(None) };
        let found = self.get(&subject.region, &known.domain).await?;
        Ok(found.map(|found| {
            let ours = found.user_pool_id() == Some(pool);
            Found::new(&known.domain, if ours { Evidence::Ours } else { Evidence::NotOurs })
        }))
    }

    async fn read_one(
        &self,
        region: &Region,
        domain: &str,
        _tags: KnownTags<'_>,
    ) -> Result<Option<Live>, ProviderError> {
        let found = self.get(region, domain).await?;
        Ok(found.map(|found| {
            let inputs = UserPoolDomainLive {
                domain: Some(domain.to_owned()),
                user_pool_id: found.user_pool_id().map(str::to_owned),
                // A domain without a version has the classic hosted UI.
                managed_login_version: Some(found.managed_login_version().unwrap_or(1)),
            };
            Live::new(&inputs, attributes(region, domain))
        }))
    }

    async fn create(&self, subject: &Subject, inputs: &Inputs, _tags: &Tags) -> Result<Created, ProviderError> {
        let call = self.0.in_region(&subject.region).create_user_pool_domain().domain(&inputs.domain);
        let call = call.user_pool_id(&inputs.user_pool_id).managed_login_version(inputs.managed_login_version);
        call.send().await.map_err(api_error_eventual("cognito-idp:CreateUserPoolDomain"))?;
        Ok(Created { id: inputs.domain.clone(), attributes: attributes(&subject.region, &inputs.domain) })
    }

    async fn ready(&self, region: &Region, domain: &str) -> Result<Readiness, ProviderError> {
        Ok(match self.get(region, domain).await?.and_then(|found| found.status) {
            Some(DomainStatusType::Active) => Readiness::Ready,
            Some(status) => Readiness::Waiting(status.as_str().to_owned()),
            None => Readiness::not_visible(),
        })
    }

    async fn update(&self, subject: &Subject, domain: &str, update: &Update<Inputs>) -> Result<(), ProviderError> {
        let desired = &update.desired;
        let call = self.0.in_region(&subject.region).update_user_pool_domain().domain(domain);
        let call = call.user_pool_id(&desired.user_pool_id).managed_login_version(desired.managed_login_version);
        call.send().await.map(|_| ()).map_err(api_error("cognito-idp:UpdateUserPoolDomain"))
    }

    async fn delete(&self, region: &Region, domain: &str, _how: Deletion) -> Result<(), ProviderError> {
        let Some(pool) = self.get(region, domain).await?.and_then(|found| found.user_pool_id) else { return Ok(()) };
        let call = self.0.in_region(region).delete_user_pool_domain().domain(domain).user_pool_id(pool);
        none_if_missing(call.send().await.map_err(api_error("cognito-idp:DeleteUserPoolDomain"))).map(|_| ())
    }

    async fn gone(&self, region: &Region, domain: &str) -> Result<Readiness, ProviderError> {
        Ok(match self.get(region, domain).await? {
            Some(found) => Readiness::Waiting(found.status().map_or("DELETING", DomainStatusType::as_str).to_owned()),
            None => Readiness::Ready,
        })
    }
}
