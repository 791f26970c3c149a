//! Secrets at the moment in which they are needed: read, handed over, and kept nowhere.

use std::sync::Arc;

use aws_sdk_secretsmanager::Client;
use ohinfra_core::error::ErrorKind;
use ohinfra_core::{ProviderError, Region};
use serde_json::{Map, Value};

use crate::classify::referring;
use crate::connection::{Connection, Regional};

/// A value that must not be printed: it has neither `Debug` nor `Display`.
pub struct SecretText(String);

impl SecretText {
    /// A secret from elsewhere.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The value, for the call that hands it over.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// One text of a JSON object.
    pub fn field(&self, name: &str, arn: &str) -> Result<Self, ProviderError> {
        let object = self.object(arn)?;
        let value = object.get(name).and_then(Value::as_str).map(|text| Self(text.to_owned()));
        value.ok_or_else(|| wrong(arn, &format!("its JSON has no text `{name}`")))
    }

    /// The JSON object that it is.
    pub fn object(&self, arn: &str) -> Result<Map<String, Value>, ProviderError> {
        // The parser's own message may quote what it read.
        serde_json::from_str(&self.0).map_err(|_| wrong(arn, "its value is not a JSON object"))
    }
}

fn wrong(arn: &str, what: &str) -> ProviderError {
    let message = format!("the secret {arn} cannot be used: {what}; put the right value, or delete it and apply again");
    ProviderError::new(ErrorKind::Invalid, READ, message)
}

const READ: &str = "secretsmanager:GetSecretValue";

/// Reads secrets by ARN, in the region that the ARN names.
#[derive(Clone)]
pub struct Secrets(Arc<Regional<Client>>);

impl Secrets {
    /// Through this connection.
    pub fn new(connection: &Connection) -> Self {
        Self(Regional::new(connection, Client::new))
    }

    /// The current value.
    pub async fn text(&self, arn: &str) -> Result<SecretText, ProviderError> {
        let region: Region =
            arn.split(':').nth(3).and_then(|region| Region::new(region).ok()).ok_or_else(|| {
                ProviderError::new(ErrorKind::Invalid, READ, format!("`{arn}` is not a secret's ARN"))
            })?;
        // A secret that was made a moment ago may be unknown to the next call.
        let answer = self.0.at(&region).get_secret_value().secret_id(arn).send().await.map_err(referring(READ))?;
        answer.secret_string.map(SecretText).ok_or_else(|| ProviderError::incomplete(READ, "SecretString"))
    }
}
