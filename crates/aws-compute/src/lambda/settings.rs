//! Settings of a function or a version, without the code.

use std::collections::BTreeMap;

use aws_sdk_lambda::types::{FunctionConfiguration, Runtime};
use ohinfra_core::contract::Resolved;
use ohinfra_kinds::lambda::Function;
use serde::Serialize;

/// Settings that a published version copies from its function.
#[derive(Debug, Serialize)]
pub(super) struct Settings {
    role_arn: String,
    runtime: String,
    handler: String,
    architecture: String,
    memory_mb: i32,
    timeout_seconds: i32,
    environment: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    layers: Vec<String>,
}

/// Returns the environment variables; `None` if AWS cannot decrypt them. AWS omits an empty environment.
pub(super) fn environment_of(details: &FunctionConfiguration) -> Option<BTreeMap<String, String>> {
    let environment = details.environment();
    if environment.is_some_and(|environment| environment.error().is_some()) {
        return None;
    }
    let variables = environment.and_then(|environment| environment.variables().cloned());
    Some(variables.unwrap_or_default().into_iter().collect())
}

/// Returns the ARNs of the layers. AWS omits an empty list.
pub(super) fn layers_of(details: &FunctionConfiguration) -> Vec<String> {
    details.layers().iter().filter_map(|layer| layer.arn().map(str::to_owned)).collect()
}

/// Returns `true` if AWS reports another value than the configured one for an input of `UpdateFunctionConfiguration`. What AWS
/// did not return is not compared.
pub(super) fn is_configured_otherwise(details: &FunctionConfiguration, inputs: &Resolved<Function>) -> bool {
    let differs = |live: Option<&str>, wanted: &str| live.is_some_and(|live| live != wanted);
    differs(details.role(), &inputs.role_arn)
        || differs(details.runtime().map(Runtime::as_str), &inputs.runtime)
        || differs(details.handler(), &inputs.handler)
        || details.memory_size().is_some_and(|memory| memory != inputs.memory_mb)
        || details.timeout().is_some_and(|timeout| timeout != inputs.timeout_seconds)
        || environment_of(details).is_some_and(|environment| environment != inputs.environment)
        || layers_of(details) != inputs.layers
        // AWS omits an empty description.
        || details.description().unwrap_or_default() != inputs.description
}

impl Settings {
    /// Returns the settings that AWS reports; `None` unless it returned all of them.
    pub(super) fn of(details: &FunctionConfiguration) -> Option<Self> {
        Some(Self {
            role_arn: details.role()?.to_owned(),
            runtime: details.runtime()?.as_str().to_owned(),
            handler: details.handler()?.to_owned(),
            architecture: details.architectures().first()?.as_str().to_owned(),
            memory_mb: details.memory_size()?,
            timeout_seconds: details.timeout()?,
            environment: environment_of(details)?,
            layers: layers_of(details),
        })
    }

    /// Returns the settings as a JSON document.
    pub(super) fn document(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}
