//! security: security groups, roles, policies, keys and secrets.

use ohinfra_core::Text;
use ohinfra_kinds::ec2::{
    Direction, PeerType, SecurityGroup, SecurityGroupInputs, SecurityGroupRule, SecurityGroupRuleInputs,
};
use ohinfra_kinds::iam::{InstanceProfile, InstanceProfileInputs, Role, RoleInputs, RolePolicy, RolePolicyInputs};
use ohinfra_kinds::kms::{Alias, AliasInputs, Key, KeyInputs};
use ohinfra_kinds::secretsmanager::{Secret, SecretContent, SecretInputs};
use ohinfra_plan::graph::Handle;
use serde_json::Value;

use super::bedrock;
use super::builder::StackBuilder;
use super::monitoring::Monitoring;
use super::network::Network;
use crate::addresses::{AURORA_SG, CLUSTER, PROXY_SECRET, PROXY_SG, WORKSPACE_FS};
use crate::names::{DATABASE_IAM_USER, HEALTH_NAMESPACE};
use crate::payload::images::Image;
use crate::policy::{Statement, document, trust_service};
use crate::sandbox_policy::SandboxPolicy;

/// The external ID with which the instance assumes the sandbox role.
const SANDBOX_EXTERNAL_ID: &str = "openhands-sandbox";

/// Actions denied to agents regardless of the policy file.
const SANDBOX_DENIED: &[&str] = &[
    "iam:CreateUser",
    "iam:DeleteUser",
    "iam:CreateAccessKey",
    "iam:DeleteAccessKey",
    "iam:UpdateAccessKey",
    "iam:AttachUserPolicy",
    "iam:DetachUserPolicy",
    "iam:PutUserPolicy",
    "iam:DeleteUserPolicy",
    "iam:AttachRolePolicy",
    "iam:DetachRolePolicy",
    "iam:PutRolePolicy",
    "iam:DeleteRolePolicy",
    "iam:CreateRole",
    "iam:DeleteRole",
    "iam:UpdateAssumeRolePolicy",
    "organizations:*",
    "account:*",
    "billing:*",
    "sts:AssumeRole",
];

/// Resources that other stacks reference.
pub(super) struct Security {
    pub(super) alb_sg: Handle,
    pub(super) instance_sg: Handle,
    pub(super) efs_sg: Handle,
    pub(super) instance_role: Handle,
    pub(super) instance_profile: Handle,
    pub(super) sandbox_role: Handle,
    pub(super) user_secrets_key: Handle,
    pub(super) origin_verify_secret: Handle,
}

pub(super) fn build(
    builder: &mut StackBuilder<'_>,
    network: &Network,
    monitoring: &Monitoring,
    sandbox: &SandboxPolicy,
) -> Security {
    let (alb_sg, instance_sg, efs_sg) = security_groups(builder, network);
    let key = user_secrets_key(builder);
    let sandbox_secret_arn = sandbox_secret(builder);
    let (instance_role, instance_profile) = instance_role(builder);
    let sandbox_role = sandbox_role(builder, &instance_role, sandbox);
    let secret_name = builder.environment.names.origin_verify_secret();
    let origin_verify_secret = builder.add::<Secret>(
        "origin-verify-secret",
        &SecretInputs {
            secret_name,
            description: "Secret header value that identifies CloudFront to the load balancer".to_owned(),
            content: SecretContent::Generated { length: 32, exclude_characters: None, exclude_punctuation: true },
            scheduled_for_deletion: false,
            kms_key_id: None,
        },
    );
    instance_policy(
        builder,
        &instance_role,
        &Grants {
            monitoring,
            key: &key,
            sandbox_secret_arn,
            sandbox_role: &sandbox_role,
            origin_verify_secret: &origin_verify_secret,
        },
    );
    builder.output("instance_role_arn", instance_role.attribute("arn"));
    builder.output("sandbox_role_arn", sandbox_role.attribute("arn"));
    builder.output("user_secrets_key_arn", key.attribute("arn"));
    builder.output("user_secrets_key_id", key.attribute("id"));
    Security {
        alb_sg,
        instance_sg,
        efs_sg,
        instance_role,
        instance_profile,
        sandbox_role,
        user_secrets_key: key,
        origin_verify_secret,
    }
}

fn security_groups(builder: &mut StackBuilder<'_>, network: &Network) -> (Handle, Handle, Handle) {
    let mut group = |name: &str, description: &str| {
        let inputs = SecurityGroupInputs {
            name_prefix: builder.environment.names.regional(name),
            description: description.to_owned(),
            vpc_id: Text::from(builder.environment.vpc_id.as_str()),
            allow_all_egress: false,
        };
        builder.add::<SecurityGroup>(&format!("{name}-sg"), &inputs)
    };
    let alb = group("alb", "OpenHands load balancer");
    let instance = group("instance", "OpenHands instance");
    let efs = group("efs", "OpenHands workspace file system");
    let (aurora, proxy) = (AURORA_SG.attribute("id"), PROXY_SG.attribute("id"));
    let prefix_list = Text::from(builder.environment.cloudfront_prefix_list.as_str());
    let mut rule =
        |group: &Handle, direction: Direction, port: i32, peer_type: PeerType, peer: Text, other: &str, what: &str| {
            let way = match direction {
                Direction::Ingress => "ingress",
                Direction::Egress => "egress",
            };
            let name = format!("{}-{way}-{port}-{other}", group.address().name());
            let inputs = SecurityGroupRuleInputs {
                group_id: group.attribute("id"),
                direction,
                protocol: "tcp".to_owned(),
                from_port: port,
                to_port: port,
                peer_type,
                peer,
                description: what.to_owned(),
            };
            builder.add::<SecurityGroupRule>(&name, &inputs);
        };
    let (into, out, member) = (Direction::Ingress, Direction::Egress, PeerType::SecurityGroup);
    rule(&alb, into, 80, PeerType::PrefixList, prefix_list, "cloudfront", "HTTP from CloudFront");
    for (port, what) in [(3000, "OpenHands"), (8080, "Runtime apps")] {
        rule(&alb, out, port, member, instance.attribute("id"), "instance", what);
        rule(&instance, into, port, member, alb.attribute("id"), "alb", what);
    }
    rule(&instance, out, 443, member, network.endpoint_sg.attribute("id"), "endpoints", "AWS through VPC endpoints");
    rule(&instance, out, 443, PeerType::CidrIpv4, Text::from("0.0.0.0/0"), "internet", "Registries through NAT");
    rule(&instance, out, 2049, member, efs.attribute("id"), "efs", "Workspace file system");
    rule(&instance, out, 5432, member, proxy, "proxy", "PostgreSQL through the proxy");
    rule(&instance, out, 5432, member, aurora, "aurora", "PostgreSQL");
    rule(&efs, into, 2049, member, instance.attribute("id"), "instance", "NFS from the instance");
    (alb, instance, efs)
}

fn user_secrets_key(builder: &mut StackBuilder<'_>) -> Handle {
    let environment = builder.environment;
    let root = format!("arn:{}:iam::{}:root", environment.partition, environment.names.account);
    let policy = document(
        [
            Statement::allow("AccountRoot", &["kms:*"]).principal("AWS", root.as_str()).on(["*"]),
            Statement::deny(
                "DenyDangerousOperations",
                &[
                    "kms:CreateGrant",
                    "kms:RetireGrant",
                    "kms:RevokeGrant",
                    "kms:ScheduleKeyDeletion",
                    "kms:CancelKeyDeletion",
                ],
            )
            .principal("AWS", "*")
            .on(["*"])
            .when("StringNotEquals", "aws:PrincipalArn", root),
        ],
        &[],
    );
    let inputs = KeyInputs {
        description: "Encrypts OpenHands users' secrets".to_owned(),
        policy,
        rotation_enabled: true,
        enabled: true,
    };
    let key = builder.add_retained::<Key>("user-secrets-key", &inputs);
    let alias_name = format!("alias/{}", environment.names.regional("user-secrets"));
    builder.add::<Alias>("user-secrets-key-alias", &AliasInputs { alias_name, target_key_id: key.attribute("id") });
    key
}

/// Returns the ARN of the secret that encrypts agent sessions: an existing one, or one managed by this deployment.
fn sandbox_secret(builder: &mut StackBuilder<'_>) -> Text {
    if let Some(arn) = &builder.environment.foreign_sandbox_secret {
        return Text::from(arn.as_str());
    }
    let secret = builder.add_retained::<Secret>(
        "sandbox-secret",
        &SecretInputs {
            secret_name: builder.configuration.sandbox_secret_name(),
            description: "OpenHands sandbox secret key for session encryption".to_owned(),
            content: SecretContent::RandomBytes { bytes: 32 },
            scheduled_for_deletion: false,
            kms_key_id: None,
        },
    );
    secret.attribute("arn")
}

fn instance_role(builder: &mut StackBuilder<'_>) -> (Handle, Handle) {
    let environment = builder.environment;
    let managed = |name: &str| environment.managed_policy(name);
    let role = builder.add::<Role>(
        "instance-role",
        &RoleInputs {
            role_name: environment.names.global("instance"),
            description: "OpenHands instance".to_owned(),
            assume_role_policy: trust_service("ec2.amazonaws.com"),
            managed_policy_arns: vec![managed("AmazonSSMManagedInstanceCore"), managed("CloudWatchAgentServerPolicy")],
            max_session_seconds: None,
        },
    );
    let profile = builder.add::<InstanceProfile>(
        "instance-profile",
        &InstanceProfileInputs {
            profile_name: environment.names.global("instance"),
            role_name: role.attribute("name"),
        },
    );
    (role, profile)
}

/// Resources in the instance policy.
struct Grants<'a> {
    monitoring: &'a Monitoring,
    key: &'a Handle,
    sandbox_secret_arn: Text,
    sandbox_role: &'a Handle,
    origin_verify_secret: &'a Handle,
}

fn instance_policy(builder: &mut StackBuilder<'_>, role: &Handle, grants: &Grants<'_>) {
    let names = &builder.environment.names;
    let bucket = &grants.monitoring.data_bucket;
    let mut statements = vec![
        Statement::allow("Secrets", &["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"]).on([
            grants.sandbox_secret_arn.clone(),
            PROXY_SECRET.attribute("arn"),
            // OpenHands trusts the user identity in a request only with this header value.
            grants.origin_verify_secret.attribute("arn"),
        ]),
        bedrock::list(),
        bedrock::subscribe(),
        Statement::allow("RegistryLogin", &["ecr:GetAuthorizationToken"]).on(["*"]),
        Statement::allow(
            "Logs",
            &["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"],
        )
        .on([
            builder.arn("logs", &format!("log-group:/{}/*", names.prefix)),
            builder.arn("logs", &format!("log-group:/{}/*:log-stream:*", names.prefix)),
        ]),
        Statement::allow("Health", &["cloudwatch:PutMetricData"]).on(["*"]).when(
            "StringEquals",
            "cloudwatch:namespace",
            HEALTH_NAMESPACE,
        ),
        Statement::allow("DataObjects", &["s3:GetObject", "s3:PutObject", "s3:DeleteObject"])
            .on([bucket.attribute("arn") + "/*"]),
        Statement::allow("DataBucket", &["s3:ListBucket"]).on([bucket.attribute("arn")]),
        Statement::allow("Alerts", &["sns:Publish"]).on([grants.monitoring.alerts.attribute("arn")]),
        Statement::allow("UserSecrets", &["kms:Decrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext"])
            .on([grants.key.attribute("arn")]),
        Statement::allow(
            "Workspace",
            &["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite", "elasticfilesystem:ClientRootAccess"],
        )
        .on([WORKSPACE_FS.attribute("arn")])
        .when("Bool", "elasticfilesystem:AccessedViaMountTarget", "true"),
        Statement::allow("DatabaseWithToken", &["rds-db:connect"]).on([Text::from(builder.arn("rds-db", "dbuser:"))
            + CLUSTER.attribute("resource_id")
            + format!("/{DATABASE_IAM_USER}")]),
    ];
    if builder.configuration.builds_images() {
        let actions = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"];
        let repositories = Image::ALL.map(|image| names.repository(image.noun()));
        let arns = repositories.map(|name| builder.arn("ecr", &format!("repository/{name}")));
        statements.push(Statement::allow("OwnImages", &actions).on(arns));
    }
    statements.push(
        Statement::allow("AssumeSandboxRole", &["sts:AssumeRole"]).on([grants.sandbox_role.attribute("arn")]).when(
            "StringEquals",
            "sts:ExternalId",
            SANDBOX_EXTERNAL_ID,
        ),
    );
    // OpenHands itself also invokes models, for example to generate conversation titles.
    statements.extend(bedrock::invoke(builder));
    builder.add::<RolePolicy>(
        "instance-policy",
        &RolePolicyInputs {
            role_name: role.attribute("name"),
            policy_name: "OpenHandsInstance".to_owned(),
            document: document(statements, &[]),
        },
    );
}

fn sandbox_role(builder: &mut StackBuilder<'_>, instance_role: &Handle, policy: &SandboxPolicy) -> Handle {
    let trust = Statement::allow("InstanceMayAssume", &["sts:AssumeRole"])
        .principal("AWS", instance_role.attribute("arn"))
        .when("StringEquals", "sts:ExternalId", SANDBOX_EXTERNAL_ID);
    let role = builder.add::<Role>(
        "sandbox-role",
        &RoleInputs {
            role_name: builder.environment.names.global("sandbox"),
            description: "What OpenHands agents may do with AWS".to_owned(),
            assume_role_policy: document([trust], &[]),
            managed_policy_arns: Vec::new(),
            max_session_seconds: None,
        },
    );
    let mut statements = bedrock::invoke(builder);
    statements.push(bedrock::subscribe());
    statements.push(Statement::deny("DenySensitiveOperations", SANDBOX_DENIED).on(["*"]));
    let more: &[Value] = if builder.configuration.sandbox.aws_access { &policy.statements } else { &[] };
    builder.add::<RolePolicy>(
        "sandbox-policy",
        &RolePolicyInputs {
            role_name: role.attribute("name"),
            policy_name: "OpenHandsSandbox".to_owned(),
            document: document(statements, more),
        },
    );
    role
}
