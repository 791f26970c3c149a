//! Implementation of `secretsmanager.secret_policy`.

use ohinfra_aws_core::{api_error, none_if_missing};
use ohinfra_core::contract::{
    Created, Deletion, Evidence, Found, Kind, Known, Live, Resolved, Subject, Update, attributes,
};
use ohinfra_core::tag_index::KnownTags;
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::secretsmanager::{SecretPolicy, SecretPolicyLive};

use super::Clients;

/// `secretsmanager.secret_policy`
pub struct SecretPolicyKind(pub(crate) Clients);

type Inputs = Resolved<SecretPolicy>;

impl SecretPolicyKind {
    async fn document(&self, region: &Region, arn: &str) -> Result<Option<String>, ProviderError> {
        let result = self.0.in_region(region).get_resource_policy().secret_id(arn).send().await;
        match result.map_err(api_error("secretsmanager:GetResourcePolicy")) {
            // The secret is scheduled for deletion, including its policy.
            Err(error) if error.code.as_deref() == Some("InvalidRequestException") => Ok(None),
            result => {
                Ok(none_if_missing(result)?.and_then(|answer| answer.resource_policy).filter(|text| !text.is_empty()))
            }
        }
    }

    async fn put(&self, region: &Region, inputs: &Inputs) -> Result<(), ProviderError> {
        let call = self.0.in_region(region).put_resource_policy().secret_id(&inputs.secret_arn);
        let call = call.resource_policy(&inputs.document).block_public_policy(true);
        call.send().await.map(|_| ()).map_err(api_error("secretsmanager:PutResourcePolicy"))
    }
}

impl Kind for SecretPolicyKind {
    type Definition = SecretPolicy;

    async fn find(&self, subject: &Subject, known: &Known<SecretPolicy>) -> Result<Option<Found>, ProviderError> {
        let Some(arn) = &known.secret_arn else { return Ok(None) };
        Ok(self.document(&subject.region, arn).await?.map(|_| Found::new(arn, Evidence::Ours)))
    }

    async fn read_one(&self, region: &Region, arn: &str, _tags: KnownTags<'_>) -> Result<Option<Live>, ProviderError> {
        Ok(self.document(region, arn).await?.map(|document| {
            let inputs = SecretPolicyLive { secret_arn: Some(arn.to_owned()), document: Some(document) };
            Live::new(&inputs, attributes([("id", arn)]))
        }))
    }

    async fn create(&self, subject: &Subject, inputs: &Inputs, _tags: &Tags) -> Result<Created, ProviderError> {
        self.put(&subject.region, inputs).await?;
        Ok(Created::new(&inputs.secret_arn, [("id", &inputs.secret_arn)]))
    }

    async fn update(&self, subject: &Subject, _arn: &str, update: &Update<Inputs>) -> Result<(), ProviderError> {
        self.put(&subject.region, &update.desired).await
    }

    async fn delete(&self, region: &Region, arn: &str, _how: Deletion) -> Result<(), ProviderError> {
        let result = self.0.in_region(region).delete_resource_policy().secret_id(arn).send().await;
        match none_if_missing(result.map_err(api_error("secretsmanager:DeleteResourcePolicy"))) {
            Err(error) if error.code.as_deref() == Some("InvalidRequestException") => Ok(()),
            result => result.map(|_| ()),
        }
    }
}
