//! Implementation of `secretsmanager.connection_details`. All other members of the secret are read, written back, and stored
//! nowhere else.

use std::collections::BTreeMap;

use ohinfra_aws_core::{Secrets, api_error};
use ohinfra_core::contract::{
    Created, Deletion, Evidence, Found, Kind, Known, Live, Resolved, Subject, Update, attributes,
};
use ohinfra_core::error::ErrorKind;
use ohinfra_core::secret::sha256_hex;
use ohinfra_core::tag_index::KnownTags;
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::secretsmanager::{ConnectionDetails, ConnectionDetailsLive};
use serde_json::Value;

use super::{Clients, current_version, describe};

/// `secretsmanager.connection_details`
pub struct ConnectionDetailsKind(pub(crate) Clients);

type Inputs = Resolved<ConnectionDetails>;

/// JSON members of a secret that are not connection details.
const LOGIN: &[&str] = &["username", "password"];

impl ConnectionDetailsKind {
    fn values(&self) -> Secrets {
        Secrets::new(self.0.connection())
    }

    /// Returns the connection details in the secret; `None` if the secret does not exist or has none.
    async fn details(&self, arn: &str) -> Result<Option<BTreeMap<String, String>>, ProviderError> {
        let value = match self.values().text(arn).await {
            Err(error) if matches!(error.kind, ErrorKind::NotYetVisible | ErrorKind::Invalid) => return Ok(None),
            // The secret is scheduled for deletion.
            Err(error) if error.code.as_deref() == Some("InvalidRequestException") => return Ok(None),
            value => value?,
        };
        let object = value.object(arn)?.into_iter().filter(|(name, _)| !LOGIN.contains(&name.as_str()));
        let text = |value: Value| match value {
            Value::String(text) => text,
            other => other.to_string(),
        };
        let details: BTreeMap<String, String> = object.map(|(name, value)| (name, text(value))).collect();
        Ok((!details.is_empty()).then_some(details))
    }

    async fn merge(&self, region: &Region, inputs: &Inputs) -> Result<(), ProviderError> {
        let arn = &inputs.secret_arn;
        let current = self.values().text(arn).await?;
        let mut object = current.object(arn)?;
        for (name, value) in &inputs.details {
            object.insert(name.clone(), Value::from(value.as_str()));
        }
        let merged = Value::Object(object).to_string();
        if merged == current.expose() {
            return Ok(());
        }
        // Constant for all attempts from the same version. Reuse of an older token would not change the current version.
        let version = describe(&self.0, region, arn).await?.as_ref().and_then(current_version).unwrap_or_default();
        let token = sha256_hex(format!("{version}\n{merged}").as_bytes());
        let call = self.0.in_region(region).put_secret_value().secret_id(arn).secret_string(merged);
        let call = call.client_request_token(token.get(..32).unwrap_or_default());
        call.send().await.map(|_| ()).map_err(api_error("secretsmanager:PutSecretValue"))
    }
}

impl Kind for ConnectionDetailsKind {
    type Definition = ConnectionDetails;

    async fn find(&self, subject: &Subject, known: &Known<ConnectionDetails>) -> Result<Option<Found>, ProviderError> {
        let Some(arn) = &known.secret_arn else { return Ok(None) };
        let secret = describe(&self.0, &subject.region, arn).await?;
        if secret.is_none_or(|secret| secret.deleted_date.is_some()) || self.details(arn).await?.is_none() {
            return Ok(None);
        }
        Ok(Some(Found::new(arn, Evidence::Ours)))
    }

    async fn read_one(&self, _region: &Region, arn: &str, _tags: KnownTags<'_>) -> Result<Option<Live>, ProviderError> {
        Ok(self.details(arn).await?.map(|details| {
            let inputs = ConnectionDetailsLive { secret_arn: Some(arn.to_owned()), details: Some(details) };
            Live::new(&inputs, attributes([("id", arn)]))
        }))
    }

    async fn create(&self, subject: &Subject, inputs: &Inputs, _tags: &Tags) -> Result<Created, ProviderError> {
        self.merge(&subject.region, inputs).await?;
        Ok(Created::new(&inputs.secret_arn, [("id", &inputs.secret_arn)]))
    }

    async fn update(&self, subject: &Subject, _arn: &str, update: &Update<Inputs>) -> Result<(), ProviderError> {
        self.merge(&subject.region, &update.desired).await
    }

    async fn delete(&self, region: &Region, arn: &str, _how: Deletion) -> Result<(), ProviderError> {
        if self.details(arn).await?.is_none() {
            return Ok(());
        }
        let mut object = self.values().text(arn).await?.object(arn)?;
        object.retain(|name, _| LOGIN.contains(&name.as_str()));
        let call =
            self.0.in_region(region).put_secret_value().secret_id(arn).secret_string(Value::Object(object).to_string());
        call.send().await.map(|_| ()).map_err(api_error("secretsmanager:PutSecretValue"))
    }
}
