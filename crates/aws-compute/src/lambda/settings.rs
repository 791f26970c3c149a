//! Settings of a function or a version, without the code.

use std::collections::BTreeMap;

use aws_sdk_lambda::types::{Architecture, FunctionConfiguration, Runtime};
use ohinfra_core::contract::Resolved;
use ohinfra_kinds::lambda::Function;
use serde::Serialize;

/// Settings that a published version copies from its function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Settings {
    pub(super) role_arn: String,
    pub(super) runtime: String,
    pub(super) handler: String,
    pub(super) architecture: String,
    pub(super) memory_mb: i32,
    pub(super) timeout_seconds: i32,
    pub(super) environment: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) layers: Vec<String>,
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

impl Settings {
    /// Returns the settings that AWS reports.
    pub(super) fn of(details: &FunctionConfiguration) -> Self {
        // The Lambda default, if absent in the response.
        let architecture = details.architectures().first().unwrap_or(&Architecture::X8664);
        Self {
            role_arn: details.role().unwrap_or_default().to_owned(),
            runtime: details.runtime().map_or("", Runtime::as_str).to_owned(),
            handler: details.handler().unwrap_or_default().to_owned(),
            architecture: architecture.as_str().to_owned(),
            memory_mb: details.memory_size().unwrap_or_default(),
            timeout_seconds: details.timeout().unwrap_or_default(),
            environment: environment_of(details).unwrap_or_default(),
            layers: layers_of(details),
        }
    }

    /// Returns `true` if AWS returned every setting without a default.
    pub(super) fn is_returned(details: &FunctionConfiguration) -> bool {
        let has_texts = details.role().is_some() && details.runtime().is_some() && details.handler().is_some();
        let has_numbers = details.memory_size().is_some() && details.timeout().is_some();
        has_texts && has_numbers && environment_of(details).is_some()
    }

    /// Returns the configured settings.
    pub(super) fn wanted(inputs: &Resolved<Function>) -> Self {
        Self {
            role_arn: inputs.role_arn.clone(),
            runtime: inputs.runtime.clone(),
            handler: inputs.handler.clone(),
            architecture: inputs.architecture.clone(),
            memory_mb: inputs.memory_mb,
            timeout_seconds: inputs.timeout_seconds,
            environment: inputs.environment.clone(),
            layers: inputs.layers.clone(),
        }
    }

    /// Returns the settings without the architecture, which is set with the code.
    pub(super) fn configurable(&self) -> Self {
        Self { architecture: String::new(), ..self.clone() }
    }

    /// Returns the settings as a JSON document.
    pub(super) fn document(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}
