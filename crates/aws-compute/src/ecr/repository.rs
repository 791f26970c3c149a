//! Implementation of `ecr.repository`.

use aws_sdk_ecr::types::{ImageScanningConfiguration, ImageTagMutability, Repository as AwsRepository, Tag};
use futures::future::try_join;
use ohinfra_aws_core::{api_error, api_error_eventual, none_if_missing};
use ohinfra_core::contract::{
    Created, Deletion, Evidence, Found, Kind, Known, Live, Resolved, Subject, Update, returned,
};
use ohinfra_core::error::ErrorKind;
use ohinfra_core::inputs::Attributes;
use ohinfra_core::tag_index::KnownTags;
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::ecr::{Repository, RepositoryLive};

use super::Clients;

/// `ecr.repository`
pub struct RepositoryKind(pub(crate) Clients);

type Inputs = Resolved<Repository>;

const DESCRIBE: &str = "ecr:DescribeRepositories";

fn to_tags(tags: &Tags, operation: &str) -> Result<Vec<Tag>, ProviderError> {
    let tag = |(key, value): (&String, &String)| Tag::builder().key(key).value(value).build();
    let tags: Result<Vec<Tag>, _> = tags.iter().map(tag).collect();
    tags.map_err(|error| ProviderError::new(ErrorKind::Invalid, operation, error.to_string()))
}

fn scanning(inputs: &Inputs) -> ImageScanningConfiguration {
    ImageScanningConfiguration::builder().scan_on_push(inputs.scan_on_push).build()
}

fn mutability(inputs: &Inputs) -> ImageTagMutability {
    if inputs.immutable_tags { ImageTagMutability::Immutable } else { ImageTagMutability::Mutable }
}

/// Returns the attributes of a repository. The registry is the first part of the URI.
fn attributes_of(name: &str, repository: &AwsRepository) -> Attributes {
    let uri = repository.repository_uri();
    let registry = uri.and_then(|uri| uri.split('/').next());
    let (name, arn) = (Some(name), repository.repository_arn());
    returned([("id", name), ("name", name), ("arn", arn), ("uri", uri), ("registry", registry)])
}

/// Returns the ARN of a described repository.
fn arn_of(repository: &AwsRepository) -> Result<&str, ProviderError> {
    repository.repository_arn().ok_or_else(|| ProviderError::incomplete(DESCRIBE, "repositoryArn"))
}

impl RepositoryKind {
    async fn describe(&self, region: &Region, name: &str) -> Result<Option<AwsRepository>, ProviderError> {
        let result = self.0.in_region(region).describe_repositories().repository_names(name).send().await;
        let answer = none_if_missing(result.map_err(api_error(DESCRIBE)))?;
        Ok(answer.and_then(|answer| answer.repositories.unwrap_or_default().into_iter().next()))
    }

    async fn arn(&self, region: &Region, name: &str) -> Result<String, ProviderError> {
        let caller = self.0.connection().caller().details().await?;
        Ok(format!("arn:{}:ecr:{region}:{}:repository/{name}", caller.partition(), caller.account))
    }

    async fn tags(&self, region: &Region, arn: &str, known: KnownTags<'_>) -> Result<Tags, ProviderError> {
        if let Some(tags) = known.get(region, arn).await {
            return Ok(tags);
        }
        let result = self.0.in_region(region).list_tags_for_resource().resource_arn(arn).send().await;
        let tags =
            none_if_missing(result.map_err(api_error("ecr:ListTagsForResource")))?.and_then(|answer| answer.tags);
        Ok(tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value)).collect())
    }

    async fn lifecycle(&self, region: &Region, name: &str) -> Result<Option<String>, ProviderError> {
        let result = self.0.in_region(region).get_lifecycle_policy().repository_name(name).send().await;
        let answer = none_if_missing(result.map_err(api_error("ecr:GetLifecyclePolicy")))?;
        Ok(answer.and_then(|answer| answer.lifecycle_policy_text))
    }

    async fn put_lifecycle(&self, region: &Region, name: &str, policy: Option<&str>) -> Result<(), ProviderError> {
        let Some(policy) = policy else {
            let result = self.0.in_region(region).delete_lifecycle_policy().repository_name(name).send().await;
            return none_if_missing(result.map_err(api_error("ecr:DeleteLifecyclePolicy"))).map(|_| ());
        };
        let call = self.0.in_region(region).put_lifecycle_policy().repository_name(name).lifecycle_policy_text(policy);
        call.send().await.map(|_| ()).map_err(api_error_eventual("ecr:PutLifecyclePolicy"))
    }
}

impl Kind for RepositoryKind {
    type Definition = Repository;

    async fn find(&self, subject: &Subject, known: &Known<Repository>) -> Result<Option<Found>, ProviderError> {
        let region = &subject.region;
        let Some(repository) = self.describe(region, &known.repository_name).await? else { return Ok(None) };
        let tags = self.tags(region, arn_of(&repository)?, KnownTags::NONE).await?;
        Ok(Some(Found::new(&known.repository_name, Evidence::Tags(tags))))
    }

    async fn read_one(&self, region: &Region, name: &str, tags: KnownTags<'_>) -> Result<Option<Live>, ProviderError> {
        let Some(repository) = self.describe(region, name).await? else { return Ok(None) };
        let tags = self.tags(region, arn_of(&repository)?, tags);
        let (tags, lifecycle_policy) = try_join(tags, self.lifecycle(region, name)).await?;
        let mutability = repository.image_tag_mutability();
        let inputs = RepositoryLive {
            repository_name: Some(name.to_owned()),
            scan_on_push: repository.image_scanning_configuration().map(|scanning| scanning.scan_on_push),
            lifecycle_policy,
            immutable_tags: mutability.map(|mutability| *mutability == ImageTagMutability::Immutable),
        };
        Ok(Some(Live::new(&inputs, attributes_of(name, &repository)).tagged(tags)))
    }

    async fn create(&self, subject: &Subject, inputs: &Inputs, tags: &Tags) -> Result<Created, ProviderError> {
        let operation = "ecr:CreateRepository";
        let name = &inputs.repository_name;
        let call = self.0.in_region(&subject.region).create_repository().repository_name(name);
        let call = call.image_scanning_configuration(scanning(inputs)).image_tag_mutability(mutability(inputs));
        let answer = call.set_tags(Some(to_tags(tags, operation)?)).send().await.map_err(api_error(operation))?;
        let repository = answer.repository.ok_or_else(|| ProviderError::incomplete(operation, "repository"))?;
        if let Some(policy) = &inputs.lifecycle_policy {
            self.put_lifecycle(&subject.region, name, Some(policy)).await?;
        }
        Ok(Created { id: name.clone(), attributes: attributes_of(name, &repository) })
    }

    async fn update(&self, subject: &Subject, name: &str, update: &Update<Inputs>) -> Result<(), ProviderError> {
        let client = self.0.in_region(&subject.region);
        let desired = &update.desired;
        if update.changes("scan_on_push") {
            let call = client.put_image_scanning_configuration().repository_name(name);
            let call = call.image_scanning_configuration(scanning(desired));
            call.send().await.map_err(api_error("ecr:PutImageScanningConfiguration"))?;
        }
        if update.changes("immutable_tags") {
            let call =
                client.put_image_tag_mutability().repository_name(name).image_tag_mutability(mutability(desired));
            call.send().await.map_err(api_error("ecr:PutImageTagMutability"))?;
        }
        if update.changes("lifecycle_policy") {
            self.put_lifecycle(&subject.region, name, desired.lifecycle_policy.as_deref()).await?;
        }
        Ok(())
    }

    async fn set_tags(&self, region: &Region, name: &str, tags: &Tags) -> Result<(), ProviderError> {
        let operation = "ecr:TagResource";
        let call = self.0.in_region(region).tag_resource().resource_arn(self.arn(region, name).await?);
        let call = call.set_tags(Some(to_tags(tags, operation)?));
        call.send().await.map(|_| ()).map_err(api_error(operation))
    }

    async fn remove_tags(&self, region: &Region, name: &str, keys: &[String]) -> Result<(), ProviderError> {
        let call = self.0.in_region(region).untag_resource().resource_arn(self.arn(region, name).await?);
        let call = call.set_tag_keys(Some(keys.to_vec()));
        call.send().await.map(|_| ()).map_err(api_error("ecr:UntagResource"))
    }

    async fn delete(&self, region: &Region, name: &str, _how: Deletion) -> Result<(), ProviderError> {
        // Including all images, which can be rebuilt.
        let result = self.0.in_region(region).delete_repository().repository_name(name).force(true).send().await;
        none_if_missing(result.map_err(api_error("ecr:DeleteRepository"))).map(|_| ())
    }
}
