//! Amazon Bedrock permissions of the instance and the sandboxes, limited to the default and the allowed models.

use std::collections::BTreeSet;

use super::builder::StackBuilder;
use crate::policy::Statement;

const INVOKE: &[&str] = &["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"];

/// Prefixes of model IDs in the IDs of cross-Region inference profiles.
const GEOGRAPHIES: &[&str] = &["*", "apac", "au", "ca", "eu", "global", "jp", "us", "us-gov"];

/// Returns the model pattern of an inference profile pattern; `None` for a model pattern.
fn model_of_profile(pattern: &str) -> Option<&str> {
    let (geography, model) = pattern.split_once('.')?;
    GEOGRAPHIES.contains(&geography).then_some(model)
}

/// Returns statements that allow invoking the models. An inference profile requires access to its model in every destination
/// region; a global profile also requires the ARN without a region, which `*` matches. These models are accessible only through
/// the profiles, unless they are allowed directly.
pub(super) fn invoke(builder: &StackBuilder<'_>) -> Vec<Statement> {
    let partition = &builder.environment.partition;
    let (mut models, mut profiles, mut behind) = (Vec::new(), Vec::new(), BTreeSet::new());
    let model_arn = |pattern: &str| format!("arn:{partition}:bedrock:*::foundation-model/{pattern}");
    for pattern in &builder.configuration.models.allowed {
        if let Some(model) = model_of_profile(pattern) {
            profiles.push(builder.arn("bedrock", &format!("inference-profile/{pattern}")));
            behind.insert(model_arn(model));
        } else {
            models.push(model_arn(pattern));
        }
    }
    let mut statements = Vec::new();
    if !models.is_empty() {
        statements.push(Statement::allow("Models", INVOKE).on(models));
    }
    if !profiles.is_empty() {
        statements.push(Statement::allow("InferenceProfiles", INVOKE).on(profiles.clone()));
        statements.push(Statement::allow("ModelsOfInferenceProfiles", INVOKE).on(behind).when(
            "StringLike",
            "bedrock:InferenceProfileArn",
            profiles,
        ));
    }
    statements
}

/// Returns a statement for the first use of a model in an account: Bedrock subscribes to it in AWS Marketplace on behalf of the
/// caller.
/// <https://docs.aws.amazon.com/bedrock/latest/userguide/model-access.html>
pub(super) fn subscribe() -> Statement {
    Statement::allow("SubscribeToModels", &["aws-marketplace:Subscribe", "aws-marketplace:ViewSubscriptions"])
        .on(["*"])
        .when("StringEquals", "aws:CalledViaLast", "bedrock.amazonaws.com")
}

/// Returns a statement that allows listing models for users to choose from. The actions do not support resource-level permissions.
pub(super) fn list() -> Statement {
    Statement::allow("ListModels", &["bedrock:ListFoundationModels", "bedrock:ListInferenceProfiles"]).on(["*"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profile_patterns_are_distinguished_from_model_patterns() {
        assert_eq!(model_of_profile("us.anthropic.claude-*"), Some("anthropic.claude-*"));
        assert_eq!(model_of_profile("*.anthropic.claude-*"), Some("anthropic.claude-*"));
        assert_eq!(model_of_profile("global.amazon.nova-2-lite-v1:0"), Some("amazon.nova-2-lite-v1:0"));
        assert_eq!(model_of_profile("anthropic.claude-*"), None);
        assert_eq!(model_of_profile("*"), None);
    }
}
