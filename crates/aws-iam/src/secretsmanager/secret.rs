//! Implementation of `secretsmanager.secret`. Values are generated here or by Secrets Manager, and stored only in the secret.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ohinfra_aws_core::{Regional, SecretText, Secrets, api_error, api_error_eventual, none_if_missing};
use ohinfra_core::contract::{
    Created, Deletion, Evidence, Found, Kind, Known, Live, Resolved, Standing, Subject, Update, returned,
};
use ohinfra_core::error::ErrorKind;
use ohinfra_core::secret::sha256_hex;
use ohinfra_core::tag_index::KnownTags;
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::secretsmanager::{Secret, SecretContent, SecretLive};
use serde_json::{Map, Value};

use super::{Clients, DESCRIBE, current_version, describe, from_tags, to_tags};

/// `secretsmanager.secret`
pub struct SecretKind {
    pub(crate) secrets: Clients,
    pub(crate) pools: Arc<Regional<aws_sdk_cognitoidentityprovider::Client>>,
}

type Inputs = Resolved<Secret>;

/// Sets the user name and the password in the JSON object of a secret.
fn login(mut object: Map<String, Value>, username: &str, password: &SecretText) -> SecretText {
    object.insert("username".to_owned(), Value::from(username));
    object.insert("password".to_owned(), Value::from(password.expose()));
    SecretText::new(Value::Object(object).to_string())
}

impl SecretKind {
    async fn password(
        &self,
        region: &Region,
        length: i64,
        exclude_characters: Option<&String>,
        exclude_punctuation: bool,
    ) -> Result<SecretText, ProviderError> {
        let operation = "secretsmanager:GetRandomPassword";
        let call = self.secrets.in_region(region).get_random_password().password_length(length);
        let call = call.set_exclude_characters(exclude_characters.cloned()).exclude_punctuation(exclude_punctuation);
        let answer = call.send().await.map_err(api_error(operation))?;
        let password = answer.random_password.map(SecretText::new);
        password.ok_or_else(|| ProviderError::incomplete(operation, "RandomPassword"))
    }

    /// Generates a new value. `id` is the existing secret, if any.
    async fn generate_value(
        &self,
        region: &Region,
        id: Option<&str>,
        content: &SecretContent,
    ) -> Result<SecretText, ProviderError> {
        match content {
            SecretContent::Generated { length, exclude_characters, exclude_punctuation } => {
                self.password(region, *length, exclude_characters.as_ref(), *exclude_punctuation).await
            }
            SecretContent::Login { username, length, exclude_characters, exclude_punctuation } => {
                let password =
                    self.password(region, *length, exclude_characters.as_ref(), *exclude_punctuation).await?;
                let object = match id {
                    Some(id) => Secrets::new(self.secrets.connection()).text(id).await?.object(id)?,
                    None => Map::new(),
                };
                Ok(login(object, username, &password))
            }
            SecretContent::UserPoolClient { user_pool_id, client_id, region } => {
                let operation = "cognito-idp:DescribeUserPoolClient";
                let region = Region::new(region)
                    .map_err(|error| ProviderError::new(ErrorKind::Invalid, operation, error.to_string()))?;
                let call = self.pools.in_region(&region).describe_user_pool_client();
                let call = call.user_pool_id(user_pool_id).client_id(client_id).send();
                let client = call.await.map_err(api_error_eventual(operation))?.user_pool_client;
                let secret = client.and_then(|client| client.client_secret).map(SecretText::new);
                secret.ok_or_else(|| ProviderError::incomplete(operation, "ClientSecret"))
            }
            SecretContent::RandomBytes { bytes } => {
                let mut buffer = vec![0; *bytes];
                getrandom::fill(&mut buffer).map_err(|error| {
                    ProviderError::new(
                        ErrorKind::Other,
                        "random bytes",
                        format!("not available from the operating system: {error}"),
                    )
                })?;
                Ok(SecretText::new(STANDARD.encode(buffer)))
            }
        }
    }
}

impl Kind for SecretKind {
    type Definition = Secret;

    async fn find(&self, subject: &Subject, known: &Known<Secret>) -> Result<Option<Found>, ProviderError> {
        let secret = describe(&self.secrets, &subject.region, &known.secret_name).await?;
        let Some(secret) = secret else { return Ok(None) };
        Ok(Some(Found {
            standing: if secret.deleted_date.is_some() { Standing::Scheduled } else { Standing::Present },
            evidence: Evidence::Tags(from_tags(secret.tags.as_deref())),
            id: secret.arn.ok_or_else(|| ProviderError::incomplete(DESCRIBE, "ARN"))?,
        }))
    }

    async fn read_one(&self, region: &Region, id: &str, _tags: KnownTags<'_>) -> Result<Option<Live>, ProviderError> {
        Ok(describe(&self.secrets, region, id).await?.map(|secret| {
            let version = current_version(&secret);
            let (name, arn) = (secret.name.as_deref(), secret.arn.as_deref());
            let attributes = returned([("id", arn), ("name", name), ("arn", arn), ("version", version.as_deref())]);
            let tags = from_tags(secret.tags.as_deref());
            let inputs = SecretLive {
                secret_name: secret.name,
                description: Some(secret.description.unwrap_or_default()),
                // AWS returns the date only for a secret that is scheduled for deletion.
                scheduled_for_deletion: Some(secret.deleted_date.is_some()),
                kms_key_id: secret.kms_key_id,
                ..SecretLive::default()
            };
            let mut live = Live::new(&inputs, attributes);
            // The version from which a rotation starts. Not an input, so it is never compared.
            live.inputs.extend(version.map(|version| ("version".to_owned(), Value::from(version))));
            live.tagged(tags)
        }))
    }

    async fn create(&self, subject: &Subject, inputs: &Inputs, tags: &Tags) -> Result<Created, ProviderError> {
        let operation = "secretsmanager:CreateSecret";
        let value = self.generate_value(&subject.region, None, &inputs.content).await?;
        let call = self
            .secrets
            .in_region(&subject.region)
            .create_secret()
            .name(&inputs.secret_name)
            .description(&inputs.description)
            .set_kms_key_id(inputs.kms_key_id.clone())
            .secret_string(value.expose())
            .client_request_token(&subject.token)
            .set_tags(Some(to_tags(tags)));
        let answer = call.send().await.map_err(api_error(operation)).map_err(|error| match error.code.as_deref() {
            // A secret with this name is scheduled for deletion: if this deployment owns it, the engine finds and restores it.
            Some("InvalidRequestException") => ProviderError { kind: ErrorKind::Exists, ..error },
            _ => error,
        })?;
        let (Some(arn), Some(name), Some(version)) = (answer.arn, answer.name, answer.version_id) else {
            return Err(ProviderError::incomplete(operation, "ARN"));
        };
        Ok(Created::new(&arn, [("id", &arn), ("name", &name), ("arn", &arn), ("version", &version)]))
    }

    async fn update(&self, subject: &Subject, id: &str, update: &Update<Inputs>) -> Result<(), ProviderError> {
        let client = self.secrets.in_region(&subject.region);
        let desired = &update.desired;
        if update.changes("scheduled_for_deletion") {
            // First: a secret that is scheduled for deletion rejects all other changes.
            client.restore_secret().secret_id(id).send().await.map_err(api_error("secretsmanager:RestoreSecret"))?;
        }
        if update.changes("description") || update.changes("kms_key_id") {
            let call = client.update_secret().secret_id(id).description(&desired.description);
            call.set_kms_key_id(desired.kms_key_id.clone())
                .send()
                .await
                .map_err(api_error("secretsmanager:UpdateSecret"))?;
        }
        if update.changes("content") {
            // Constant for all attempts from the same version, so that a lost response does not cause a second rotation.
            let from = update.live.get("version").and_then(Value::as_str).unwrap_or_default();
            let token = sha256_hex(format!("{}\n{from}", subject.token).as_bytes());
            let value = self.generate_value(&subject.region, Some(id), &desired.content).await?;
            let call = client.put_secret_value().secret_id(id).secret_string(value.expose());
            let call = call.client_request_token(token.get(..32).unwrap_or_default());
            match call.send().await.map_err(api_error("secretsmanager:PutSecretValue")) {
                // An earlier attempt has created this version with another value, which is kept.
                Err(error) if error.kind == ErrorKind::Exists => {}
                result => result.map(|_| ())?,
            }
        }
        Ok(())
    }

    async fn set_tags(&self, region: &Region, id: &str, tags: &Tags) -> Result<(), ProviderError> {
        let call = self.secrets.in_region(region).tag_resource().secret_id(id).set_tags(Some(to_tags(tags)));
        call.send().await.map(|_| ()).map_err(api_error("secretsmanager:TagResource"))
    }

    async fn remove_tags(&self, region: &Region, id: &str, keys: &[String]) -> Result<(), ProviderError> {
        let call = self.secrets.in_region(region).untag_resource().secret_id(id).set_tag_keys(Some(keys.to_vec()));
        call.send().await.map(|_| ()).map_err(api_error("secretsmanager:UntagResource"))
    }

    async fn delete(&self, region: &Region, id: &str, how: Deletion) -> Result<(), ProviderError> {
        let call = self.secrets.in_region(region).delete_secret().secret_id(id);
        let call = match how {
            // The default recovery window: 30 days.
            Deletion::Recoverable => call,
            Deletion::Purge => call.force_delete_without_recovery(true),
        };
        match none_if_missing(call.send().await.map_err(api_error("secretsmanager:DeleteSecret"))) {
            // InvalidRequestException: already scheduled for deletion.
            Err(error) if error.code.as_deref() == Some("InvalidRequestException") => Ok(()),
            result => result.map(|_| ()),
        }
    }
}
