//! Secret values: read when needed, passed on, and never stored.

use std::sync::Arc;

use aws_sdk_secretsmanager::Client;
use ohinfra_core::error::ErrorKind;
use ohinfra_core::{ProviderError, Region};
use serde_json::{Map, Value};

use crate::classify::api_error_eventual;
use crate::connection::{Connection, Regional};

/// A secret value. It implements neither `Debug` nor `Display`, so that it cannot be printed.
pub struct SecretText(String);

impl SecretText {
    /// Wraps a secret value from another source.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// Returns the value, for the call that consumes it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Returns one string member of the JSON object; `arn` identifies the secret in errors.
    ///
    /// # Errors
    /// The value is not a JSON object or has no such string member.
    pub fn field(&self, name: &str, arn: &str) -> Result<Self, ProviderError> {
        let object = self.object(arn)?;
        let value = object.get(name).and_then(Value::as_str).map(|text| Self(text.to_owned()));
        value.ok_or_else(|| invalid(arn, &format!("its JSON has no string `{name}`")))
    }

    /// Parses the value as a JSON object; `arn` identifies the secret in errors.
    ///
    /// # Errors
    /// The value is not a JSON object.
    pub fn object(&self, arn: &str) -> Result<Map<String, Value>, ProviderError> {
        // The parser's message may quote the value.
        serde_json::from_str(&self.0).map_err(|_| invalid(arn, "its value is not a JSON object"))
    }
}

fn invalid(arn: &str, what: &str) -> ProviderError {
    let message =
        format!("invalid secret {arn}: {what}; store a valid value, or delete the secret and run apply again");
    ProviderError::new(ErrorKind::Invalid, READ, message)
}

const READ: &str = "secretsmanager:GetSecretValue";

/// Reader of secrets by ARN, in the region of the ARN.
#[derive(Clone)]
pub struct Secrets(Arc<Regional<Client>>);

impl Secrets {
    /// Creates a reader.
    pub fn new(connection: &Connection) -> Self {
        Self(Regional::new(connection, Client::new))
    }

    /// Returns the current value of a secret.
    ///
    /// # Errors
    /// The ARN is invalid, or `secretsmanager:GetSecretValue` fails.
    pub async fn text(&self, arn: &str) -> Result<SecretText, ProviderError> {
        let region: Region = arn.split(':').nth(3).and_then(|region| Region::new(region).ok()).ok_or_else(|| {
            ProviderError::new(ErrorKind::Invalid, READ, format!("`{arn}` is not the ARN of a secret"))
        })?;
        // A secret that was just created may not be visible to the next call.
        let answer = self
            .0
            .in_region(&region)
            .get_secret_value()
            .secret_id(arn)
            .send()
            .await
            .map_err(api_error_eventual(READ))?;
        answer.secret_string.map(SecretText).ok_or_else(|| ProviderError::incomplete(READ, "SecretString"))
    }
}
