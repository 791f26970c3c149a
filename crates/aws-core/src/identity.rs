//! Caller identity, requested once per run. Used by the lookup and by kinds whose ARNs contain the account ID.

use std::sync::Arc;

use futures::future::BoxFuture;
use ohinfra_core::lookup::{AnswersLookUp, Lookup};
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::sts::{CallerDetails, CallerIdentity};
use serde_json::Value;
use tokio::sync::OnceCell;

use crate::classify::api_error;

/// Caller identity, cached after the first request.
pub struct Caller {
    client: aws_sdk_sts::Client,
    details: OnceCell<CallerDetails>,
}

impl Caller {
    pub(crate) fn new(client: aws_sdk_sts::Client) -> Self {
        Self { client, details: OnceCell::new() }
    }

    /// Returns the account and the caller's ARN.
    ///
    /// # Errors
    /// `sts:GetCallerIdentity` fails or returns an incomplete response.
    pub async fn details(&self) -> Result<&CallerDetails, ProviderError> {
        self.details
            .get_or_try_init(|| async {
                let operation = "sts:GetCallerIdentity";
                let answer = self.client.get_caller_identity().send().await.map_err(api_error(operation))?;
                let (Some(account), Some(arn)) = (answer.account, answer.arn) else {
                    return Err(ProviderError::incomplete(operation, "Account"));
                };
                Ok(CallerDetails { account, arn })
            })
            .await
    }
}

/// Implementation of the lookup [`CallerIdentity`].
pub struct CallerIdentityLookUp(pub Arc<Caller>);

impl AnswersLookUp for CallerIdentityLookUp {
    fn name(&self) -> &'static str {
        CallerIdentity::NAME
    }

    fn answer<'a>(&'a self, _region: &'a Region, _question: Value) -> BoxFuture<'a, Result<Value, ProviderError>> {
        Box::pin(async { Ok(serde_json::to_value(self.0.details().await?).unwrap_or_default()) })
    }
}
