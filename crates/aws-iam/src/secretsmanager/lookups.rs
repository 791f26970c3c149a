//! Implementation of the Secrets Manager lookup. The value of a secret is never read.

use futures::future::BoxFuture;
use ohinfra_core::lookup::{AnswersLookUp, Lookup};
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::secretsmanager::{SecretDescription, SecretDetails};
use serde_json::Value;

use super::{Clients, DESCRIBE, current_version, describe, from_tags};

/// Implementation of the lookup [`SecretDescription`].
pub struct SecretLookUp(pub(crate) Clients);

impl AnswersLookUp for SecretLookUp {
    fn name(&self) -> &'static str {
        SecretDescription::NAME
    }

    fn answer<'a>(&'a self, region: &'a Region, question: Value) -> BoxFuture<'a, Result<Value, ProviderError>> {
        Box::pin(async move {
            let secret = describe(&self.0, region, question.as_str().unwrap_or_default()).await?;
            let details = secret.map(|secret| {
                Ok::<_, ProviderError>(SecretDetails {
                    tags: from_tags(secret.tags.as_deref()),
                    deleted: secret.deleted_date.is_some(),
                    version: current_version(&secret),
                    arn: secret.arn.ok_or_else(|| ProviderError::incomplete(DESCRIBE, "ARN"))?,
                })
            });
            Ok(serde_json::to_value(details.transpose()?).unwrap_or_default())
        })
    }
}
