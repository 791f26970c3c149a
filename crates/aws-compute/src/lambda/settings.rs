//! Settings of a function or a version, without the code.

use std::collections::BTreeMap;

use aws_sdk_lambda::types::{Architecture, FunctionConfiguration, Runtime};
use ohinfra_core::contract::Resolved;
use ohinfra_kinds::lambda::Function;
use serde::Serialize;
use serde_json::Value;

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

impl Settings {
    /// Returns the settings that AWS reports.
    pub(super) fn of(details: &FunctionConfiguration) -> Self {
        let variables = details.environment().and_then(|environment| environment.variables().cloned());
        // The Lambda default, if absent in the response.
        let architecture = details.architectures().first().unwrap_or(&Architecture::X8664);
        Self {
            role_arn: details.role().unwrap_or_default().to_owned(),
            runtime: details.runtime().map_or("", Runtime::as_str).to_owned(),
            handler: details.handler().unwrap_or_default().to_owned(),
            architecture: architecture.as_str().to_owned(),
            memory_mb: details.memory_size().unwrap_or_default(),
            timeout_seconds: details.timeout().unwrap_or_default(),
            environment: variables.unwrap_or_default().into_iter().collect(),
            layers: details.layers().iter().map(|layer| layer.arn().unwrap_or_default().to_owned()).collect(),
        }
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

    /// Adds the settings to a JSON object of inputs.
    pub(super) fn add_to(&self, inputs: &mut Value) {
        let settings = serde_json::to_value(self).unwrap_or_default();
        if let (Some(inputs), Value::Object(settings)) = (inputs.as_object_mut(), settings) {
            inputs.extend(settings);
        }
    }

    /// Returns the settings as a JSON document.
    pub(super) fn document(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}
