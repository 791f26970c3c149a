//! Implementation of `cloudfront.distribution`. A distribution must be disabled at all edge locations before it can be deleted.

use aws_sdk_cloudfront::operation::get_distribution::GetDistributionOutput;
use aws_sdk_cloudfront::types::{DistributionConfig, DistributionConfigWithTags, Tag, TagKeys, Tags as AwsTags};
use ohinfra_aws_core::{Regional, SecretText, Secrets, api_error, api_error_eventual, none_if_missing};
use ohinfra_core::contract::{
    Created, Deletion, Evidence, Found, Kind, Known, Live, Readiness, Resolved, Subject, Update, attributes,
};
use ohinfra_core::error::ErrorKind;
use ohinfra_core::tag_index::KnownTags;
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::cloudfront::Distribution;

use super::configuration::{configuration, live_inputs, overlaid};
use super::{Clients, wrong};

/// `cloudfront.distribution`
pub struct DistributionKind(pub(crate) Clients);

type Inputs = Resolved<Distribution>;

const GET: &str = "cloudfront:GetDistribution";
const UPDATE: &str = "cloudfront:UpdateDistribution";

fn to_tags(tags: &Tags, operation: &str) -> Result<AwsTags, ProviderError> {
    let tag = |(key, value): (&String, &String)| Tag::builder().key(key).value(value).build();
    let tags: Result<Vec<Tag>, _> = tags.iter().map(tag).collect();
    Ok(AwsTags::builder().set_items(Some(tags.map_err(|error| wrong(operation, error))?)).build())
}

fn missing(operation: &str) -> ProviderError {
    ProviderError::new(ErrorKind::NotFound, operation, "the distribution no longer exists")
}

impl DistributionKind {
    /// Returns the header value: from the secret of this deployment, or from the exported parameter of another deployment.
    async fn header_secret(&self, arn: &str) -> Result<SecretText, ProviderError> {
        let Some((_, name)) = arn.strip_prefix("arn:").and_then(|rest| rest.split_once(":parameter")) else {
            return Secrets::new(self.0.connection()).text(arn).await;
        };
        let operation = "ssm:GetParameter";
        let client = Regional::new(self.0.connection(), aws_sdk_ssm::Client::new).in_region(&Region::us_east_1());
        let answer =
            client.get_parameter().name(name).with_decryption(true).send().await.map_err(api_error(operation))?;
        let value = answer.parameter.and_then(|parameter| parameter.value);
        value.map(SecretText::new).ok_or_else(|| ProviderError::incomplete(operation, "Value"))
    }

    async fn get(&self, region: &Region, id: &str) -> Result<Option<GetDistributionOutput>, ProviderError> {
        none_if_missing(self.0.in_region(region).get_distribution().id(id).send().await.map_err(api_error(GET)))
    }

    /// Returns the ARN of the distribution.
    async fn arn(&self, region: &Region, id: &str) -> Result<String, ProviderError> {
        let distribution = self.get(region, id).await?.and_then(|answer| answer.distribution);
        Ok(distribution.ok_or_else(|| missing(GET))?.arn)
    }

    async fn tags(&self, region: &Region, arn: &str, tags: KnownTags<'_>) -> Result<Tags, ProviderError> {
        if let Some(tags) = tags.get(region, arn).await {
            return Ok(tags);
        }
        let result = self.0.in_region(region).list_tags_for_resource().resource(arn).send().await;
        let answer = none_if_missing(result.map_err(api_error("cloudfront:ListTagsForResource")))?;
        let tags = answer.and_then(|answer| answer.tags).and_then(|tags| tags.items).unwrap_or_default();
        Ok(tags.into_iter().map(|tag| (tag.key, tag.value.unwrap_or_default())).collect())
    }

    async fn put(
        &self,
        region: &Region,
        id: &str,
        version: Option<String>,
        config: DistributionConfig,
    ) -> Result<(), ProviderError> {
        let call =
            self.0.in_region(region).update_distribution().id(id).set_if_match(version).distribution_config(config);
        call.send().await.map(|_| ()).map_err(api_error(UPDATE))
    }
}

impl Kind for DistributionKind {
    type Definition = Distribution;

    async fn find(&self, subject: &Subject, known: &Known<Distribution>) -> Result<Option<Found>, ProviderError> {
        let call = self.0.in_region(&subject.region).list_distributions().into_paginator().items().send();
        let listed = call.collect::<Result<Vec<_>, _>>().await.map_err(api_error("cloudfront:ListDistributions"))?;
        // A domain name belongs to one distribution only: a foreign distribution with one of the aliases is a conflict.
        let shares = |names: &[String]| names.iter().any(|name| known.aliases.contains(name));
        let mut foreign = None;
        for distribution in listed.into_iter().filter(|distribution| subject.seeks(&distribution.id)) {
            let named = distribution.aliases().is_some_and(|aliases| shares(aliases.items()));
            let ours = distribution.comment.contains(&subject.ownership.marker());
            if named || ours {
                let tags = self.tags(&subject.region, &distribution.arn, KnownTags::NONE).await?;
                let found = Found::new(distribution.id, Evidence::Tags(tags));
                if found.is_owned_by(&subject.ownership) {
                    return Ok(Some(found));
                }
                if named {
                    foreign = Some(found);
                }
            }
        }
        Ok(foreign)
    }

    async fn read_one(&self, region: &Region, id: &str, tags: KnownTags<'_>) -> Result<Option<Live>, ProviderError> {
        let Some(distribution) = self.get(region, id).await?.and_then(|answer| answer.distribution) else {
            return Ok(None);
        };
        let (arn, domain) = (&distribution.arn, &distribution.domain_name);
        let tags = self.tags(region, arn, tags).await?;
        let config = distribution.distribution_config();
        let config = config.ok_or_else(|| ProviderError::incomplete(GET, "DistributionConfig"))?;
        let attributes = attributes([("id", id), ("arn", arn), ("domain_name", domain)]);
        Ok(Some(Live::new(&live_inputs(id, config), attributes).tagged(tags)))
    }

    async fn create(&self, subject: &Subject, inputs: &Inputs, tags: &Tags) -> Result<Created, ProviderError> {
        let operation = "cloudfront:CreateDistributionWithTags";
        let secret = self.header_secret(&inputs.origin_header_secret_arn).await?;
        let config = configuration(inputs, &secret, &subject.token).map_err(|error| wrong(operation, error))?;
        let config = DistributionConfigWithTags::builder().distribution_config(config).tags(to_tags(tags, operation)?);
        let config = config.build();
        let call =
            self.0.in_region(&subject.region).create_distribution_with_tags().distribution_config_with_tags(config);
        let created = call.send().await.map_err(api_error_eventual(operation))?.distribution;
        let created = created.ok_or_else(|| ProviderError::incomplete(operation, "Distribution"))?;
        Ok(Created::new(&created.id, [("arn", &created.arn), ("domain_name", &created.domain_name)]))
    }

    async fn ready(&self, region: &Region, id: &str) -> Result<Readiness, ProviderError> {
        let answer = self.get(region, id).await?;
        Ok(match answer.and_then(|answer| answer.distribution) {
            Some(distribution) if distribution.status == "Deployed" => Readiness::Ready,
            Some(distribution) => Readiness::Waiting(distribution.status),
            None => Readiness::not_visible(),
        })
    }

    async fn update(&self, subject: &Subject, id: &str, update: &Update<Inputs>) -> Result<(), ProviderError> {
        if update.changed.is_empty() {
            return Ok(());
        }
        let desired = &update.desired;
        let answer = self.get(&subject.region, id).await?.ok_or_else(|| missing(UPDATE))?;
        let live = answer.distribution.ok_or_else(|| missing(UPDATE))?.distribution_config;
        let live = live.ok_or_else(|| ProviderError::incomplete(UPDATE, "DistributionConfig"))?;
        let secret = self.header_secret(&desired.origin_header_secret_arn).await?;
        let config = overlaid(live, desired, &secret).map_err(|error| wrong(UPDATE, error))?;
        self.put(&subject.region, id, answer.e_tag, config).await
    }

    async fn set_tags(&self, region: &Region, id: &str, tags: &Tags) -> Result<(), ProviderError> {
        let operation = "cloudfront:TagResource";
        let arn = self.arn(region, id).await?;
        let call = self.0.in_region(region).tag_resource().resource(arn).tags(to_tags(tags, operation)?);
        call.send().await.map(|_| ()).map_err(api_error(operation))
    }

    async fn remove_tags(&self, region: &Region, id: &str, keys: &[String]) -> Result<(), ProviderError> {
        let arn = self.arn(region, id).await?;
        let keys = TagKeys::builder().set_items(Some(keys.to_vec())).build();
        let call = self.0.in_region(region).untag_resource().resource(arn).tag_keys(keys);
        call.send().await.map(|_| ()).map_err(api_error("cloudfront:UntagResource"))
    }

    async fn delete(&self, region: &Region, id: &str, _how: Deletion) -> Result<(), ProviderError> {
        let Some(answer) = self.get(region, id).await? else { return Ok(()) };
        let version = answer.e_tag.clone();
        let Some(distribution) = answer.distribution else { return Ok(()) };
        let busy = |status: &str| ProviderError::new(ErrorKind::Dependency, "cloudfront:DeleteDistribution", status);
        if let Some(mut config) = distribution.distribution_config.filter(|config| config.enabled) {
            config.enabled = false;
            self.put(region, id, version, config).await?;
            return Err(busy("the distribution is being disabled"));
        }
        if distribution.status != "Deployed" {
            return Err(busy("the distribution is being disabled"));
        }
        let call = self.0.in_region(region).delete_distribution().id(id).set_if_match(version);
        none_if_missing(call.send().await.map_err(api_error("cloudfront:DeleteDistribution"))).map(|_| ())
    }
}
