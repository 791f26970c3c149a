//! Implementation of the Parameter Store lookup: the latest Amazon Linux image, and exports of another deployment.

use aws_sdk_ssm::types::ParameterType;
use futures::future::BoxFuture;
use ohinfra_aws_core::{api_error, none_if_missing};
use ohinfra_core::lookup::{AnswersLookUp, Lookup};
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::ssm::{ParameterDetails, PublishedParameter};
use serde_json::{Value, json};

use super::Clients;

/// `ssm.published_parameter`
pub struct PublishedParameterLookUp(pub(crate) Clients);

impl AnswersLookUp for PublishedParameterLookUp {
    fn name(&self) -> &'static str {
        PublishedParameter::NAME
    }

    fn answer<'a>(&'a self, region: &'a Region, question: Value) -> BoxFuture<'a, Result<Value, ProviderError>> {
        Box::pin(async move {
            let name = question.as_str().unwrap_or_default();
            let operation = "ssm:GetParameter";
            let result = self.0.in_region(region).get_parameter().name(name).send().await;
            let answer = none_if_missing(result.map_err(api_error(operation)))?;
            let details = answer.and_then(|answer| answer.parameter).map(|parameter| {
                Ok::<_, ProviderError>(ParameterDetails {
                    arn: parameter.arn.ok_or_else(|| ProviderError::incomplete(operation, "ARN"))?,
                    version: parameter.version,
                    value: parameter.value.filter(|_| parameter.r#type != Some(ParameterType::SecureString)),
                })
            });
            Ok(json!(details.transpose()?))
        })
    }
}
