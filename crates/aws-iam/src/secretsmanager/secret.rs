//! How AWS does `secretsmanager.secret`. Values are made here or by Secrets Manager, handed over, and never read back.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::future::try_join_all;
use ohinfra_aws_core::{failed, is_missing};
use ohinfra_core::contract::{
    Created, Deletion, Evidence, Found, Kind, Known, Live, Resolved, Standing, Subject, Update, attributes,
};
use ohinfra_core::error::ErrorKind;
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::secretsmanager::{Secret, SecretContent};
use serde_json::{Value, json};

use super::{Clients, describe, from_tags, to_tags};

/// `secretsmanager.secret`
pub struct SecretKind(pub(crate) Clients);

type Inputs = Resolved<Secret>;

/// A value on its way from where it is made to where it is kept. It has no `Debug`: it cannot be printed.
struct SecretValue(String);

impl SecretKind {
    async fn make_value(&self, region: &Region, content: &SecretContent) -> Result<SecretValue, ProviderError> {
        match content {
            SecretContent::Generated { length, exclude_characters, exclude_punctuation } => {
                let operation = "secretsmanager:GetRandomPassword";
                let call = self.0.at(region).get_random_password().password_length(*length);
                let call =
                    call.set_exclude_characters(exclude_characters.clone()).exclude_punctuation(*exclude_punctuation);
                let answer = call.send().await.map_err(failed(operation))?;
                answer
                    .random_password
                    .map(SecretValue)
                    .ok_or_else(|| ProviderError::incomplete(operation, "RandomPassword"))
            }
            SecretContent::RandomBytes { bytes } => {
                let mut buffer = vec![0; *bytes];
                getrandom::fill(&mut buffer).map_err(|error| {
                    ProviderError::new(
                        ErrorKind::Other,
                        "random bytes",
                        format!("the operating system gives none: {error}"),
                    )
                })?;
                Ok(SecretValue(STANDARD.encode(buffer)))
            }
        }
    }

    async fn read_one(&self, region: &Region, id: &str) -> Result<Option<Live>, ProviderError> {
        Ok(describe(&self.0, region, id).await?.map(|secret| {
            let (name, arn) = (secret.name.unwrap_or_default(), secret.arn.unwrap_or_default());
            let mut live = Live::new(
                &json!({
                    "secret_name": name,
                    "description": secret.description.unwrap_or_default(),
                    // How the value was made cannot be read back.
                    "content": Value::Null,
                    "scheduled_for_deletion": secret.deleted_date.is_some(),
                    "kms_key_id": secret.kms_key_id,
                }),
                attributes([("id", &arn), ("name", &name), ("arn", &arn)]),
            );
            live.inputs.retain(|_, value| !value.is_null());
            live.tagged(from_tags(secret.tags.as_deref()))
        }))
    }
}

impl Kind for SecretKind {
    type Definition = Secret;

    async fn find(&self, subject: &Subject, known: &Known<Secret>) -> Result<Option<Found>, ProviderError> {
        let secret = describe(&self.0, &subject.region, &known.secret_name).await?;
        Ok(secret.map(|secret| Found {
            standing: if secret.deleted_date.is_some() { Standing::Scheduled } else { Standing::Present },
            evidence: Evidence::Tags(from_tags(secret.tags.as_deref())),
            id: secret.arn.unwrap_or_default(),
        }))
    }

    async fn read(&self, region: &Region, ids: &[String]) -> Result<Vec<Option<Live>>, ProviderError> {
        try_join_all(ids.iter().map(|id| self.read_one(region, id))).await
    }

    async fn create(&self, subject: &Subject, inputs: &Inputs, tags: &Tags) -> Result<Created, ProviderError> {
        let operation = "secretsmanager:CreateSecret";
        let value = self.make_value(&subject.region, &inputs.content).await?;
        let call = self
            .0
            .at(&subject.region)
            .create_secret()
            .name(&inputs.secret_name)
            .description(&inputs.description)
            .set_kms_key_id(inputs.kms_key_id.clone())
            .secret_string(value.0)
            .client_request_token(&subject.token)
            .set_tags(Some(to_tags(tags)));
        let answer = call.send().await.map_err(failed(operation)).map_err(|error| match error.code.as_deref() {
            // A secret of this name is scheduled for deletion: if it is ours, the engine finds it and brings it back.
            Some("InvalidRequestException") => ProviderError { kind: ErrorKind::Exists, ..error },
            _ => error,
        })?;
        let (Some(arn), Some(name)) = (answer.arn, answer.name) else {
            return Err(ProviderError::incomplete(operation, "ARN"));
        };
        Ok(Created::new(&arn, [("id", &arn), ("name", &name), ("arn", &arn)]))
    }

    async fn update(&self, subject: &Subject, id: &str, update: &Update<Inputs>) -> Result<(), ProviderError> {
        let client = self.0.at(&subject.region);
        let desired = &update.desired;
        if update.changes("scheduled_for_deletion") {
            // First: nothing else about it can be changed before.
            client.restore_secret().secret_id(id).send().await.map_err(failed("secretsmanager:RestoreSecret"))?;
        }
        if update.changes("description") || update.changes("kms_key_id") {
            let call = client.update_secret().secret_id(id).description(&desired.description);
            call.set_kms_key_id(desired.kms_key_id.clone())
                .send()
                .await
                .map_err(failed("secretsmanager:UpdateSecret"))?;
        }
        if update.changes("content") {
            let value = self.make_value(&subject.region, &desired.content).await?;
            let call =
                client.put_secret_value().secret_id(id).secret_string(value.0).client_request_token(&subject.token);
            call.send().await.map_err(failed("secretsmanager:PutSecretValue"))?;
        }
        if !update.tags_to_set.is_empty() {
            let call = client.tag_resource().secret_id(id).set_tags(Some(to_tags(&update.tags_to_set)));
            call.send().await.map_err(failed("secretsmanager:TagResource"))?;
        }
        if !update.tags_to_remove.is_empty() {
            let call = client.untag_resource().secret_id(id).set_tag_keys(Some(update.tags_to_remove.clone()));
            call.send().await.map_err(failed("secretsmanager:UntagResource"))?;
        }
        Ok(())
    }

    async fn delete(&self, region: &Region, id: &str, how: Deletion) -> Result<(), ProviderError> {
        let call = self.0.at(region).delete_secret().secret_id(id);
        let call = match how {
            // AWS's default of 30 days to bring it back.
            Deletion::Recoverable => call,
            Deletion::Purge => call.force_delete_without_recovery(true),
        };
        match is_missing(call.send().await.map_err(failed("secretsmanager:DeleteSecret"))) {
            // InvalidRequestException: it is scheduled for deletion already.
            Err(error) if error.code.as_deref() == Some("InvalidRequestException") => Ok(()),
            result => result.map(|_| ()),
        }
    }
}
