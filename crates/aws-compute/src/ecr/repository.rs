//! Implementation of `ecr.repository`.

use aws_sdk_ecr::types::{ImageScanningConfiguration, ImageTagMutability, Repository as AwsRepository, Tag};
use futures::future::try_join_all;
use ohinfra_aws_core::{api_error, api_error_eventual, none_if_missing};
use ohinfra_core::contract::{
    Created, Deletion, Evidence, Found, Kind, Known, Live, Resolved, Subject, Update, attributes,
};
use ohinfra_core::error::ErrorKind;
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::ecr::{Repository, RepositoryInputs};

use super::Clients;

/// `ecr.repository`
pub struct RepositoryKind(pub(crate) Clients);

type Inputs = Resolved<Repository>;

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
fn attributes_of<'a>(name: &'a str, arn: &'a str, uri: &'a str) -> [(&'static str, &'a str); 5] {
    let registry = uri.split('/').next().unwrap_or_default();
    [("id", name), ("name", name), ("arn", arn), ("uri", uri), ("registry", registry)]
}

impl RepositoryKind {
    async fn describe(&self, region: &Region, name: &str) -> Result<Option<AwsRepository>, ProviderError> {
        let result = self.0.at(region).describe_repositories().repository_names(name).send().await;
        let answer = none_if_missing(result.map_err(api_error("ecr:DescribeRepositories")))?;
        Ok(answer.and_then(|answer| answer.repositories.unwrap_or_default().into_iter().next()))
    }

    async fn tags(&self, region: &Region, arn: &str) -> Result<Tags, ProviderError> {
        if let Some(tags) = self.0.known_tags(region, arn).await {
            return Ok(tags);
        }
        let result = self.0.at(region).list_tags_for_resource().resource_arn(arn).send().await;
        let tags =
            none_if_missing(result.map_err(api_error("ecr:ListTagsForResource")))?.and_then(|answer| answer.tags);
        Ok(tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value)).collect())
    }

    async fn lifecycle(&self, region: &Region, name: &str) -> Result<Option<String>, ProviderError> {
        let result = self.0.at(region).get_lifecycle_policy().repository_name(name).send().await;
        let answer = none_if_missing(result.map_err(api_error("ecr:GetLifecyclePolicy")))?;
        Ok(answer.and_then(|answer| answer.lifecycle_policy_text))
    }

    async fn put_lifecycle(&self, region: &Region, name: &str, policy: Option<&str>) -> Result<(), ProviderError> {
        let Some(policy) = policy else {
            let result = self.0.at(region).delete_lifecycle_policy().repository_name(name).send().await;
            return none_if_missing(result.map_err(api_error("ecr:DeleteLifecyclePolicy"))).map(|_| ());
        };
        let call = self.0.at(region).put_lifecycle_policy().repository_name(name).lifecycle_policy_text(policy);
        call.send().await.map(|_| ()).map_err(api_error_eventual("ecr:PutLifecyclePolicy"))
    }

    async fn read_one(&self, region: &Region, name: &str) -> Result<Option<Live>, ProviderError> {
        let Some(repository) = self.describe(region, name).await? else { return Ok(None) };
        let arn = repository.repository_arn().unwrap_or_default();
        let (tags, lifecycle_policy) =
            futures::future::try_join(self.tags(region, arn), self.lifecycle(region, name)).await?;
        let inputs = RepositoryInputs {
            repository_name: name.to_owned(),
            scan_on_push: repository.image_scanning_configuration().is_some_and(|scanning| scanning.scan_on_push),
            lifecycle_policy,
            immutable_tags: repository.image_tag_mutability() == Some(&ImageTagMutability::Immutable),
        };
        let uri = repository.repository_uri().unwrap_or_default();
        let live = Live::new(&inputs, attributes(attributes_of(name, arn, uri)));
        Ok(Some(live.tagged(tags)))
    }
}

impl Kind for RepositoryKind {
    type Definition = Repository;

    async fn find(&self, subject: &Subject, known: &Known<Repository>) -> Result<Option<Found>, ProviderError> {
        let region = &subject.region;
        let Some(repository) = self.describe(region, &known.repository_name).await? else { return Ok(None) };
        let tags = self.tags(region, repository.repository_arn().unwrap_or_default()).await?;
        Ok(Some(Found::new(&known.repository_name, Evidence::Tags(tags))))
    }

    async fn read(&self, region: &Region, ids: &[String]) -> Result<Vec<Option<Live>>, ProviderError> {
        try_join_all(ids.iter().map(|name| self.read_one(region, name))).await
    }

    async fn create(&self, subject: &Subject, inputs: &Inputs, tags: &Tags) -> Result<Created, ProviderError> {
        let operation = "ecr:CreateRepository";
        let name = &inputs.repository_name;
        let call = self.0.at(&subject.region).create_repository().repository_name(name);
        let call = call.image_scanning_configuration(scanning(inputs)).image_tag_mutability(mutability(inputs));
        let answer = call.set_tags(Some(to_tags(tags, operation)?)).send().await.map_err(api_error(operation))?;
        let repository = answer.repository.ok_or_else(|| ProviderError::incomplete(operation, "repository"))?;
        if let Some(policy) = &inputs.lifecycle_policy {
            self.put_lifecycle(&subject.region, name, Some(policy)).await?;
        }
        let (arn, uri) = (repository.repository_arn.unwrap_or_default(), repository.repository_uri.unwrap_or_default());
        Ok(Created { id: name.clone(), attributes: attributes(attributes_of(name, &arn, &uri)) })
    }

    async fn update(&self, subject: &Subject, name: &str, update: &Update<Inputs>) -> Result<(), ProviderError> {
        let client = self.0.at(&subject.region);
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
        let repository = self.describe(&subject.region, name).await?;
        let arn = repository.and_then(|repository| repository.repository_arn).unwrap_or_default();
        if !update.tags_to_set.is_empty() {
            let operation = "ecr:TagResource";
            let tags = to_tags(&update.tags_to_set, operation)?;
            client.tag_resource().resource_arn(&arn).set_tags(Some(tags)).send().await.map_err(api_error(operation))?;
        }
        if !update.tags_to_remove.is_empty() {
            let call = client.untag_resource().resource_arn(&arn).set_tag_keys(Some(update.tags_to_remove.clone()));
            call.send().await.map_err(api_error("ecr:UntagResource"))?;
        }
        Ok(())
    }

    async fn delete(&self, region: &Region, name: &str, _how: Deletion) -> Result<(), ProviderError> {
        // Including all images, which can be rebuilt.
        let result = self.0.at(region).delete_repository().repository_name(name).force(true).send().await;
        none_if_missing(result.map_err(api_error("ecr:DeleteRepository"))).map(|_| ())
    }
}
