//! user-config: the Lambda function that serves `/api/v1/user-config`.

use std::collections::BTreeMap;

use ohinfra_core::Text;
use ohinfra_kinds::elbv2::{Target, TargetInputs};
use ohinfra_kinds::iam::{Role, RoleInputs, RolePolicy, RolePolicyInputs};
use ohinfra_kinds::lambda::{Archive, ArchiveInputs, Function, FunctionInputs, Permission, PermissionInputs};
use ohinfra_kinds::logs::{LogGroup, LogGroupInputs};

use super::builder::StackBuilder;
use super::compute::Compute;
use super::monitoring::Monitoring;
use super::security::Security;
use crate::names::FUNCTION_LOG_DAYS;
use crate::payload::PayloadError;
use crate::payload::packages::{self, USER_CONFIG};
use crate::policy::{Statement, document, trust_service};

pub(super) fn build(
    builder: &mut StackBuilder<'_>,
    monitoring: &Monitoring,
    security: &Security,
    compute: &Compute,
) -> Result<(), PayloadError> {
    let environment = builder.environment;
    let names = &environment.names;
    let function_name = names.regional("user-config-api");
    let role = builder.add::<Role>(
        "role",
        &RoleInputs {
            role_name: names.global("user-config"),
            description: "OpenHands user configuration API".to_owned(),
            assume_role_policy: trust_service("lambda.amazonaws.com"),
            managed_policy_arns: vec![environment.managed_policy("service-role/AWSLambdaBasicExecutionRole")],
            max_session_seconds: None,
        },
    );
    let bucket = &monitoring.data_bucket;
    let statements = [
        Statement::allow("Objects", &["s3:GetObject", "s3:PutObject", "s3:DeleteObject"])
            .on([bucket.attribute("arn") + "/users/*"]),
        Statement::allow("List", &["s3:ListBucket"]).on([bucket.attribute("arn")]).when(
            "StringLike",
            "s3:prefix",
            "users/*",
        ),
        Statement::allow(
            "UserSecrets",
            &["kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext"],
        )
        .on([security.user_secrets_key.attribute("arn")]),
    ];
    let policy = builder.add::<RolePolicy>(
        "policy",
        &RolePolicyInputs {
            role_name: role.attribute("name"),
            policy_name: "OpenHandsUserConfig".to_owned(),
            document: document(statements, &[]),
        },
    );
    let logs = builder.add_retained::<LogGroup>(
        "logs",
        &LogGroupInputs {
            log_group_name: format!("/aws/lambda/{function_name}"),
            retention_days: FUNCTION_LOG_DAYS,
            kms_key_arn: None,
        },
    );
    let archive = builder.add::<Archive>(
        "function-archive",
        &ArchiveInputs {
            package: USER_CONFIG.to_owned(),
            parameters: BTreeMap::new(),
            secret_parameters: BTreeMap::new(),
            secret_versions: Vec::new(),
            digest: packages::digest(USER_CONFIG, &BTreeMap::new())?,
        },
    );
    let function = builder.add_after::<Function>(
        "function",
        &FunctionInputs {
            function_name,
            description: "OpenHands user configuration API".to_owned(),
            role_arn: role.attribute("arn"),
            runtime: builder.configuration.user_config.runtime.clone(),
            handler: "app.handler".to_owned(),
            architecture: "arm64".to_owned(),
            memory_mb: 256,
            timeout_seconds: 30,
            environment: BTreeMap::from([
                ("DATA_BUCKET".to_owned(), bucket.attribute("name")),
                ("KMS_KEY_ID".to_owned(), security.user_secrets_key.attribute("id")),
                ("LOG_LEVEL".to_owned(), Text::from("INFO")),
            ]),
            layers: Vec::new(),
            package: USER_CONFIG.to_owned(),
            parameters: BTreeMap::new(),
            secret_parameters: BTreeMap::new(),
            code_sha256: archive.attribute("sha256"),
        },
        vec![policy, logs],
    );
    let permission = builder.add::<Permission>(
        "permission",
        &PermissionInputs {
            function_name: function.attribute("name"),
            statement_id: "LoadBalancer".to_owned(),
            principal: "elasticloadbalancing.amazonaws.com".to_owned(),
            source_arn: compute.target_user_config.attribute("arn"),
        },
    );
    builder.add_after::<Target>(
        "target",
        &TargetInputs {
            target_group_arn: compute.target_user_config.attribute("arn"),
            target_id: function.attribute("arn"),
        },
        vec![permission],
    );
    builder.output("function_arn", function.attribute("arn"));
    builder.output("function_name", function.attribute("name"));
    Ok(())
}
