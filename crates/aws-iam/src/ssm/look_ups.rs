//! What Parameter Store can be asked: the newest image of Amazon Linux, and what another deployment exports.

use futures::future::BoxFuture;
use ohinfra_aws_core::{failed, is_missing};
use ohinfra_core::look_up::AnswersLookUp;
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::ssm::PlainParameter;
use serde_json::Value;

use super::Clients;

/// `ssm.plain_parameter`
pub struct PlainParameterLookUp(pub(crate) Clients);

impl AnswersLookUp for PlainParameterLookUp {
    fn name(&self) -> &'static str {
        <PlainParameter as ohinfra_core::look_up::LookUp>::NAME
    }

    fn answer<'a>(&'a self, region: &'a Region, question: Value) -> BoxFuture<'a, Result<Value, ProviderError>> {
        Box::pin(async move {
            let name = question.as_str().unwrap_or_default();
            let result = self.0.at(region).get_parameter().name(name).send().await;
            let answer = is_missing(result.map_err(failed("ssm:GetParameter")))?;
            Ok(answer.and_then(|answer| answer.parameter).and_then(|parameter| parameter.value).into())
        })
    }
}
