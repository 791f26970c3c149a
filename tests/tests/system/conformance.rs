//! Every kind passes the conformance suite on LocalStack.

mod drift;
mod edge;
mod kept_ops;
mod kept_settings;
mod platform;
mod whole;

use std::collections::BTreeSet;

use aws_config::BehaviorVersion;
use aws_credential_types::Credentials;
use ohinfra_aws_core::Connection;
use ohinfra_core::Provider;
use ohinfra_core::Region;
use ohinfra_testkit::Harness;
use ohinfra_testkit::conformance::{Case, check, check_faults};
use ohinfra_testkit::lossy::{Armed, lossy};
use ohinfra_tests::Account;
use ohinfra_tests::account::REGION;
use serde_json::{Value, json};

pub(crate) async fn connection(account: &Account) -> Connection {
    let config = aws_config::defaults(BehaviorVersion::latest())
        .region(aws_config::Region::new(REGION))
        .endpoint_url(&account.endpoint)
        .credentials_provider(Credentials::new(&account.id, "test", None, None, "test"))
        .load()
        .await;
    Connection::new(config)
}

fn trust(service: &str) -> String {
    json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Principal": { "Service": service }, "Action": "sts:AssumeRole" }],
    })
    .to_string()
}

fn allow(action: &str) -> String {
    json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": action, "Resource": "*" }] })
        .to_string()
}

/// The resources that the cases refer to.
struct Fixtures {
    vpc: String,
    subnets: Vec<String>,
    group: String,
    other_group: String,
    role: String,
    role_arn: String,
    key: String,
    other_key: String,
    vault: String,
    plan: String,
    bucket: String,
    repository_uri: String,
}

fn fixtures(account: &Account) -> Fixtures {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let group = |name: &str| {
        (
            "ec2",
            "create_security_group",
            json!({ "GroupName": name, "Description": "fixtures", "VpcId": account.fixture("vpc_id") }),
        )
    };
    let rule = json!({ "RuleName": "r", "TargetBackupVaultName": "fixtures" });
    let bucket = format!("fixtures-{}", account.id);
    let answers = account
        .calls(&[
            group("fixtures-1"),
            group("fixtures-2"),
            (
                "iam",
                "create_role",
                json!({ "RoleName": "fixtures", "AssumeRolePolicyDocument": trust("ec2.amazonaws.com") }),
            ),
            ("kms", "create_key", json!({})),
            ("kms", "create_key", json!({})),
            ("backup", "create_backup_vault", json!({ "BackupVaultName": "fixtures" })),
            (
                "backup",
                "create_backup_plan",
                json!({ "BackupPlan": { "BackupPlanName": "fixtures", "Rules": [rule] } }),
            ),
            (
                "s3",
                "create_bucket",
                json!({ "Bucket": bucket, "CreateBucketConfiguration": { "LocationConstraint": REGION } }),
            ),
            ("ecr", "create_repository", json!({ "repositoryName": "fixtures" })),
        ])
        .unwrap();
    Fixtures {
        vpc: account.fixture("vpc_id").to_owned(),
        subnets: account.fixture["private_subnets"].as_array().unwrap().iter().map(text).collect(),
        group: text(&answers[0]["GroupId"]),
        other_group: text(&answers[1]["GroupId"]),
        role: "fixtures".to_owned(),
        role_arn: text(&answers[2]["Role"]["Arn"]),
        key: text(&answers[3]["KeyMetadata"]["KeyId"]),
        other_key: text(&answers[4]["KeyMetadata"]["KeyId"]),
        vault: "fixtures".to_owned(),
        plan: text(&answers[6]["BackupPlanId"]),
        bucket,
        repository_uri: text(&answers[8]["repository"]["repositoryUri"]),
    }
}

/// A kind, its inputs, and the changes to test.
type Tested = (&'static str, Value, Vec<(&'static str, Value)>);

/// Returns a case for every kind.
fn cases(account: &Account, fixtures: &Fixtures) -> Vec<Tested> {
    let id = &account.id;
    let root = format!("arn:aws:iam::{id}:root");
    let key_arn = |key: &str| format!("arn:aws:kms:{REGION}:{id}:key/{key}");
    let key_policy = |sid: &str| {
        let statement =
            json!({ "Sid": sid, "Effect": "Allow", "Principal": { "AWS": root }, "Action": "kms:*", "Resource": "*" });
        json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string()
    };
    let bucket_policy = |sid: &str| {
        let statement = json!({
            "Sid": sid, "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": format!("arn:aws:s3:::{}/*", fixtures.bucket),
            "Condition": { "Bool": { "aws:SecureTransport": "false" } },
        });
        json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string()
    };
    let backup_rule = |days: i64| {
        json!([{
            "rule_name": "daily", "vault_name": fixtures.vault, "schedule": "cron(0 3 * * ? *)", "start_window_minutes": 60,
            "completion_window_minutes": 120, "delete_after_days": days,
        }])
    };
    // A dashboard has no tags; the marker in its text identifies the owner.
    let body = |title: &str| {
        let mark = "ohinfra:deployment=test ohinfra:address=conformance/subject";
        json!({ "widgets": [{ "type": "text", "x": 0, "y": 0, "width": 6, "height": 2, "properties": { "markdown": format!("{title} {mark}") } }] }).to_string()
    };
    vec![
        (
            "backup.plan",
            json!({ "plan_name": "conformance", "rules": backup_rule(14) }),
            vec![("rules", backup_rule(7)), ("plan_name", json!("renamed"))],
        ),
        (
            "backup.selection",
            json!({
                "plan_id": fixtures.plan, "selection_name": "conformance", "role_arn": fixtures.role_arn,
                "tag_conditions": [{ "key": "backup", "value": "true" }],
            }),
            vec![
                ("tag_conditions", json!([{ "key": "backup", "value": "yes" }])),
                ("selection_name", json!("renamed")),
            ],
        ),
        ("backup.vault", json!({ "vault_name": "conformance" }), vec![("vault_name", json!("renamed"))]),
        (
            "cloudwatch.dashboard",
            json!({ "dashboard_name": "conformance", "body": body("one") }),
            vec![("body", json!(body("two"))), ("dashboard_name", json!("renamed"))],
        ),
        (
            "ec2.security_group",
            json!({ "name_prefix": "conformance", "description": "one", "vpc_id": fixtures.vpc, "allow_all_egress": false }),
            vec![("allow_all_egress", json!(true)), ("allow_all_egress", json!(false)), ("description", json!("two"))],
        ),
        (
            "ec2.security_group_rule",
            json!({
                "group_id": fixtures.group, "direction": "ingress", "protocol": "tcp", "from_port": 80, "to_port": 80,
                "peer_type": "cidr_ipv4", "peer": "10.0.0.0/16", "description": "one",
            }),
            vec![
                ("description", json!("two")),
                ("peer", json!("10.1.0.0/16")),
                ("to_port", json!(81)),
                ("direction", json!("egress")),
            ],
        ),
        (
            "ec2.vpc_endpoint",
            json!({
                "service_name": "com.amazonaws.us-west-2.sqs", "endpoint_type": "Interface", "vpc_id": fixtures.vpc,
                "subnet_ids": fixtures.subnets, "security_group_ids": [fixtures.group], "private_dns_enabled": true,
            }),
            vec![
                ("security_group_ids", json!([fixtures.other_group])),
                ("subnet_ids", json!([fixtures.subnets[0]])),
                ("private_dns_enabled", json!(false)),
                ("service_name", json!("com.amazonaws.us-west-2.sns")),
            ],
        ),
        (
            "iam.instance_profile",
            json!({ "profile_name": "conformance", "role_name": fixtures.role }),
            vec![("profile_name", json!("renamed"))],
        ),
        (
            "iam.role",
            json!({
                "role_name": "conformance", "description": "one", "assume_role_policy": trust("ec2.amazonaws.com"),
                "managed_policy_arns": ["arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"], "max_session_seconds": 3600,
            }),
            vec![
                ("description", json!("two")),
                ("assume_role_policy", json!(trust("lambda.amazonaws.com"))),
                ("managed_policy_arns", json!(["arn:aws:iam::aws:policy/CloudWatchAgentServerPolicy"])),
                ("max_session_seconds", json!(7200)),
                ("role_name", json!("renamed")),
            ],
        ),
        (
            "iam.role_policy",
            json!({ "role_name": fixtures.role, "policy_name": "conformance", "document": allow("s3:GetObject") }),
            vec![("document", json!(allow("s3:PutObject"))), ("policy_name", json!("renamed"))],
        ),
        (
            "kms.alias",
            json!({ "alias_name": "alias/conformance", "target_key_id": fixtures.key }),
            vec![("target_key_id", json!(fixtures.other_key)), ("alias_name", json!("alias/renamed"))],
        ),
        (
            "kms.key",
            json!({ "description": "one", "policy": key_policy("one"), "rotation_enabled": true, "enabled": true }),
            vec![
                ("description", json!("two")),
                ("policy", json!(key_policy("two"))),
                ("rotation_enabled", json!(false)),
            ],
        ),
        (
            "logs.log_group",
            json!({ "log_group_name": "/conformance", "retention_days": 30, "kms_key_arn": key_arn(&fixtures.key) }),
            vec![
                ("retention_days", json!(7)),
                ("kms_key_arn", json!(key_arn(&fixtures.other_key))),
                ("log_group_name", json!("/renamed")),
            ],
        ),
        (
            "logs.function_log_groups",
            json!({
                "function_name": "conformance", "retention_days": 30,
                "replica_retention_days": { "eu-west-1": 30, "sa-east-1": 30 },
            }),
            vec![
                ("retention_days", json!(7)),
                ("replica_retention_days", json!({ "eu-west-1": 7, "sa-east-1": 30 })),
                ("replica_retention_days", json!({ "eu-west-1": 30, "sa-east-1": 30, "us-west-1": 30 })),
                ("function_name", json!("renamed")),
            ],
        ),
        (
            "s3.bucket",
            json!({
                "bucket_name": format!("conformance-{id}"), "encryption": "AES256", "versioning": true,
                "block_public_access": true, "object_ownership": "BucketOwnerEnforced",
                "lifecycle_rules": [{ "id": "a", "noncurrent_expiration_days": 30, "abort_multipart_upload_days": 7 }],
            }),
            vec![
                ("versioning", json!(false)),
                ("block_public_access", json!(false)),
                ("object_ownership", json!("BucketOwnerPreferred")),
                ("lifecycle_rules", json!([{ "id": "b", "noncurrent_expiration_days": 10 }])),
                ("lifecycle_rules", json!([])),
                ("encryption", json!("aws:kms")),
                ("bucket_name", json!(format!("renamed-{id}"))),
            ],
        ),
        (
            "s3.bucket_policy",
            json!({ "bucket_name": fixtures.bucket, "document": bucket_policy("one") }),
            vec![("document", json!(bucket_policy("two")))],
        ),
        (
            "secretsmanager.secret",
            json!({
                "secret_name": "conformance", "description": "one", "scheduled_for_deletion": false,
                "content": { "type": "generated", "length": 20, "exclude_punctuation": true }, "kms_key_id": fixtures.key,
            }),
            vec![
                ("description", json!("two")),
                ("kms_key_id", json!(fixtures.other_key)),
                ("content", json!({ "type": "random_bytes", "bytes": 32 })),
                ("secret_name", json!("renamed")),
            ],
        ),
        (
            "sns.topic",
            json!({
                "topic_name": "conformance", "display_name": "one", "email_subscriptions": ["a@example.com"],
                "kms_key_id": fixtures.key,
            }),
            vec![
                ("display_name", json!("two")),
                ("email_subscriptions", json!(["a@example.com", "b@example.com"])),
                ("kms_key_id", json!(fixtures.other_key)),
                ("topic_name", json!("renamed")),
            ],
        ),
        // new kinds above this line
    ]
}

/// Returns the kinds to test, as comma-separated prefixes of their names, or `None` for all kinds.
#[expect(clippy::disallowed_methods, reason = "the environment selects the kinds to test")]
fn wanted() -> Option<String> {
    std::env::var("OHINFRA_TEST_KINDS").ok()
}

/// Creates an account with the fixtures, a provider for it, and the cases.
async fn prepared() -> (Account, Provider, Vec<Tested>) {
    let account = Account::new().unwrap();
    let fixtures = fixtures(&account);
    // The deployment owns the keys of the fixtures.
    for key in [&fixtures.key, &fixtures.other_key] {
        let tags = json!([{ "TagKey": "ohinfra:deployment", "TagValue": "test" }]);
        account.call("kms", "tag_resource", json!({ "KeyId": key, "Tags": tags })).unwrap();
    }
    let provider = ohinfra::provider(&connection(&account).await);
    let platform = platform::fixtures(&account, &fixtures);
    let mut cases = cases(&account, &fixtures);
    cases.extend(platform::cases(&account, &fixtures, &platform));
    if let Some(wanted) = wanted() {
        cases.retain(|(kind, _, _)| wanted.split(',').any(|wanted| kind.starts_with(wanted)));
    }
    (account, provider, cases)
}

fn case(provider: &Provider, (kind, inputs, changes): Tested) -> Case {
    let schema = provider.find_kind(kind).unwrap().0.as_ref().clone();
    // CloudFront requires its resources in us-east-1.
    let is_of_edge = ["acm", "cloudfront", "wafv2"].contains(&schema.service());
    let region = if is_of_edge { Region::us_east_1() } else { Region::new(REGION).unwrap() };
    Case { schema, region, inputs, changes }
}

async fn all_pass(checks: impl IntoIterator<Item = impl Future<Output = Result<(), String>>>) {
    let failures: Vec<String> = futures::future::join_all(checks).await.into_iter().filter_map(Result::err).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_kind_conforms_on_localstack() {
    let (_account, provider, cases) = prepared().await;
    let registered: BTreeSet<&str> = provider.kinds().map(|(schema, _)| schema.kind).collect();
    if wanted().is_none() {
        assert_eq!(
            cases.iter().map(|(kind, _, _)| *kind).collect::<BTreeSet<_>>(),
            registered,
            "every kind requires a case"
        );
    }
    let defined: BTreeSet<&str> = ohinfra_kinds::schemas().iter().map(|schema| schema.kind).collect();
    assert_eq!(registered, defined, "every defined kind requires an implementation");
    let checks = cases.into_iter().map(|tried| {
        let (harness, case) = (Harness::new(provider.clone()), case(&provider, tried));
        async move { check(&harness, &case).await.map_err(|error| format!("{}: {error}", case.schema.kind)) }
    });
    all_pass(checks).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_kind_converges_on_localstack_when_a_call_is_lost() {
    let (_account, provider, cases) = prepared().await;
    let checks =
        cases.into_iter().map(|tried| {
            let armed = Armed::default();
            let (harness, case) = (Harness::new(lossy(&provider, &armed)), case(&provider, tried));
            async move {
                check_faults(&harness, &armed, &case).await.map_err(|error| format!("{}: {error}", case.schema.kind))
            }
        });
    all_pass(checks).await;
}
