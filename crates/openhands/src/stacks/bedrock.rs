//! What the instance and the sandboxes may do with Amazon Bedrock: invoke the default model and the allowed ones, nothing else.

use std::collections::BTreeSet;

use super::Builder;
use crate::policy::Statement;

const INVOKE: &[&str] = &["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"];

/// What stands before a model's id in the id of a cross-Region inference profile.
const GEOGRAPHIES: &[&str] = &["*", "apac", "au", "ca", "eu", "global", "jp", "us", "us-gov"];

/// The model behind a pattern of inference profiles; none if the pattern is one of models.
fn model_of_profile(pattern: &str) -> Option<&str> {
    let (geography, model) = pattern.split_once('.')?;
    GEOGRAPHIES.contains(&geography).then_some(model)
}

/// Statements that allow to invoke the models. An inference profile needs the model in every region that it sends requests to; a
/// global one also needs the ARN without a region, which the `*` includes. Such models can be used through the profiles only,
/// unless they are allowed themselves.
pub(super) fn invoke(builder: &Builder<'_>) -> Vec<Statement> {
    let partition = &builder.environment.partition;
    let (mut models, mut profiles, mut behind) = (Vec::new(), Vec::new(), BTreeSet::new());
    let model_arn = |pattern: &str| format!("arn:{partition}:bedrock:*::foundation-model/{pattern}");
    for pattern in builder.configuration.allowed_models() {
        if let Some(model) = model_of_profile(&pattern) {
            profiles.push(builder.arn("bedrock", &format!("inference-profile/{pattern}")));
            behind.insert(model_arn(model));
        } else {
            models.push(model_arn(&pattern));
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

/// A statement for the first use of a model in an account: Bedrock subscribes to it at AWS Marketplace on behalf of the caller.
/// <https://docs.aws.amazon.com/bedrock/latest/userguide/model-access.html>
pub(super) fn subscribe() -> Statement {
    Statement::allow("SubscribeToModels", &["aws-marketplace:Subscribe", "aws-marketplace:ViewSubscriptions"])
        .on(["*"])
        .when("StringEquals", "aws:CalledViaLast", "bedrock.amazonaws.com")
}

/// A statement to list the models that users choose among. Neither action has resources of its own.
pub(super) fn list() -> Statement {
    Statement::allow("ListModels", &["bedrock:ListFoundationModels", "bedrock:ListInferenceProfiles"]).on(["*"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_of_profiles_are_told_from_patterns_of_models() {
        assert_eq!(model_of_profile("us.anthropic.claude-*"), Some("anthropic.claude-*"));
        assert_eq!(model_of_profile("*.anthropic.claude-*"), Some("anthropic.claude-*"));
        assert_eq!(model_of_profile("global.amazon.nova-2-lite-v1:0"), Some("amazon.nova-2-lite-v1:0"));
        assert_eq!(model_of_profile("anthropic.claude-*"), None);
        assert_eq!(model_of_profile("*"), None);
    }
}
