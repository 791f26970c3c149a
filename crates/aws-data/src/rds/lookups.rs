//! Implementation of the RDS lookup.

use futures::future::BoxFuture;
use ohinfra_aws_core::api_error;
use ohinfra_core::error::ErrorKind;
use ohinfra_core::lookup::{AnswersLookUp, Lookup};
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::rds::{EngineQuestion, EngineVersions};
use serde_json::{Value, json};

use super::Clients;

/// `rds.engine_versions`
pub struct EngineVersionsLookUp(pub(crate) Clients);

impl AnswersLookUp for EngineVersionsLookUp {
    fn name(&self) -> &'static str {
        <EngineVersions as Lookup>::NAME
    }

    fn answer<'a>(&'a self, region: &'a Region, question: Value) -> BoxFuture<'a, Result<Value, ProviderError>> {
        Box::pin(async move {
            let operation = "rds:DescribeDBEngineVersions";
            let question: EngineQuestion = serde_json::from_value(question)
                .map_err(|error| ProviderError::new(ErrorKind::Invalid, operation, error.to_string()))?;
            let call = self.0.in_region(region).describe_db_engine_versions().engine(&question.engine);
            let family = format!("{}{}", question.engine, question.major);
            let call = call.db_parameter_group_family(family).into_paginator().items();
            let versions = call.send().collect::<Result<Vec<_>, _>>().await.map_err(api_error(operation))?;
            Ok(json!(versions.into_iter().filter_map(|version| version.engine_version).collect::<Vec<_>>()))
        })
    }
}
