//! Output and exit codes of the commands, with the in-memory cloud.

#![expect(clippy::unwrap_used, reason = "a panic fails the test")]

#[path = "command_line/takeover.rs"]
mod takeover;
#[path = "command_line/usage.rs"]
mod usage;
#[path = "command_line/users.rs"]
mod users;

use std::path::Path;

use assert_cmd::Command;
use ohinfra_testkit::{Cloud, lookups};
use serde_json::{Value, json};
use tempfile::TempDir;

const CONFIGURATION: &str = r#"region = "us-west-2"
vpc_id = "vpc-0123456789abcdef0"
hosted_zone_id = "Z0123456789ABCDEFGHIJ"
domain_name = "example.com"
"#;

/// Exit code and output of a command.
struct Ended {
    code: i32,
    stdout: String,
    stderr: String,
}

/// A directory with a configuration and a separate in-memory cloud.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        place.write("ohinfra.toml", CONFIGURATION);
        place
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, text: &str) {
        std::io::Write::write_all(&mut std::fs::File::create(self.path().join(name)).unwrap(), text.as_bytes())
            .unwrap();
    }

    fn run(&self, arguments: &[&str]) -> Ended {
        let mut command = Command::cargo_bin("ohinfra-fake").unwrap();
        command.args(arguments).current_dir(self.path()).env_clear();
        command
            .env("OHINFRA_FAKE_CLOUD", "cloud.json")
            .env("USER", "ada")
            .env("HOSTNAME", "laptop")
            .env("COLUMNS", "100");
        let output = command.output().unwrap();
        Ended {
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    fn succeed(&self, arguments: &[&str]) -> String {
        let ended = self.run(arguments);
        assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
        ended.stdout
    }

    fn fail(&self, arguments: &[&str]) -> String {
        let ended = self.run(arguments);
        assert_eq!(ended.code, 1, "{}{}", ended.stdout, ended.stderr);
        ended.stderr
    }

    fn cloud(&self) -> Cloud {
        Cloud::in_file(self.path().join("cloud.json")).unwrap()
    }
}

/// Sets snapshot filters for values that differ between runs.
fn filtered() -> insta::internals::SettingsBindDropGuard {
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(r"in \d+\.\d s", "in <time>");
    // Independent resources are created in any order, so their numbers vary.
    settings.add_filter(r"([a-z])-\d{6}\b", "$1-<n>");
    settings.add_filter(r"\d+\.\d+\.\d+(\n|$)", "<version>$1");
    settings.add_filter(r"[0-9a-f]{8}-[0-9a-f-]{27}", "<uuid>");
    settings.bind_to_scope()
}

#[test]
fn a_first_plan_shows_every_field_by_stack() {
    let _filters = filtered();
    let place = Place::new();
    insta::assert_snapshot!("first-plan", place.succeed(&["plan"]));
    assert_eq!(place.run(&["plan", "--detailed-exitcode"]).code, 2);
}

#[test]
fn an_apply_ends_with_a_summary_and_the_outputs() {
    let _filters = filtered();
    let place = Place::new();
    let shown = place.succeed(&["apply", "--yes"]);
    let end = shown.split("Plan: ").nth(1).unwrap();
    insta::assert_snapshot!(end, @r#"
    125 to create.
    Estimated time: 13 min (critical path: database/subnet-group → database/cluster → database/writer → database/proxy-target → compute/asg)
    Done: 125 created in <time>.

    Outputs:
    auth.client_secret_name           openhands/cognito-client-secret-shared
    auth.user_pool_client_id          client_id.cognito-user-pool-client-<n>
    auth.user_pool_domain             full_domain.cognito-user-pool-domain-<n>
    auth.user_pool_id                 cognito-user-pool-<n>
    compute.alb_arn                   arn:fake:elbv2.load_balancer:elbv2-load-balancer-<n>
    compute.alb_dns_name              dns_name.elbv2-load-balancer-<n>
    compute.asg_name                  openhands-asg
    compute.workspace_file_system_id  efs-file-system-<n>
    database.cluster_endpoint         endpoint.rds-cluster-<n>
    database.cluster_port             5432
    database.cluster_resource_id      resource_id.rds-cluster-<n>
    database.connect_through_proxy    PGPASSWORD="$(aws secretsmanager get-secret-value --region us-west-2 --secret-id openhands/database/proxy-user --query SecretString --output text | jq -r .password)" psql "host=endpoint.rds-proxy-<n> port=5432 dbname=openhands user=openhands_proxy sslmode=require"
    database.connect_with_iam         PGPASSWORD="$(aws rds generate-db-auth-token --region us-west-2 --hostname endpoint.rds-cluster-<n> --port 5432 --username openhands_iam)" psql "host=endpoint.rds-cluster-<n> port=5432 dbname=openhands user=openhands_iam sslmode=require"
    database.database_name            openhands
    database.database_user            openhands_proxy
    database.proxy_endpoint           endpoint.rds-proxy-<n>
    database.proxy_secret_arn         arn:fake:secretsmanager.secret:secretsmanager-secret-<n>
    edge.distribution_domain_name     domain_name.cloudfront-distribution-<n>
    edge.distribution_id              cloudfront-distribution-<n>
    edge.site_url                     https://openhands.example.com
    edge.web_acl_arn                  arn:fake:wafv2.web_acl:wafv2-web-acl-<n>
    monitoring.alert_topic_arn        arn:fake:sns.topic:sns-topic-<n>
    monitoring.dashboard_url          https://us-west-2.console.aws.amazon.com/cloudwatch/home?region=us-west-2#dashboards/dashboard/OpenHands-us-west-2-Monitoring
    monitoring.data_bucket_name       openhands-data-123456789012-us-west-2
    monitoring.log_group_name         /openhands/application
    network.vpc_id                    vpc-0123456789abcdef0
    security.instance_role_arn        arn:fake:iam.role:iam-role-<n>
    security.sandbox_role_arn         arn:fake:iam.role:iam-role-<n>
    security.user_secrets_key_arn     arn:fake:kms.key:kms-key-<n>
    security.user_secrets_key_id      kms-key-<n>
    user-config.function_arn          arn:fake:lambda.function:lambda-function-<n>
    user-config.function_name         openhands-user-config-api
    "#);
    insta::assert_snapshot!(place.succeed(&["plan", "--detailed-exitcode"]), @"No changes. 125 resources are up to date.");
    insta::assert_snapshot!(place.succeed(&["output", "data_bucket_name", "--raw"]), @"openhands-data-123456789012-us-west-2");
    insta::assert_snapshot!(place.fail(&["output", "nothing"]), @"
    error: output `nothing` not found
      help: run `ohinfra output` to list the outputs
    ");
}

#[test]
fn changes_show_old_and_new_documents_as_lines_and_replacements_with_their_reason() {
    let _filters = filtered();
    let place = Place::new();
    place.succeed(&["apply", "--yes"]);
    let mut answers = lookups::usual();
    answers["ec2.vpc"]["cidr"] = json!("10.8.0.0/16");
    place.write("cloud.look-ups", &answers.to_string());
    place.write(
        "policy.json",
        r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}"#,
    );
    let more = "[sandbox]\naws_access = true\naws_policy_file = \"policy.json\"\nper_user = 5\n[monitoring]\nlog_retention_days = 60\n";
    place.write("ohinfra.toml", &format!("{CONFIGURATION}{more}"));
    insta::assert_snapshot!(place.succeed(&["plan", "--replace", "security/efs-sg"]), @r##"
    compute
      ~ asg  autoscaling.group autoscaling-group-<n>
          template_version = "version.ec2-launch-template-<n>" → (known after apply)
    +/- boot-bundle  s3.object s3-object-<n>
          # changing parameters requires replacement
          parameters = { boot = "{\"access_point_id\":\"efs-access-point-<n>\",\"agent_server_repository\":\"ghcr.io/openhands/agent-server\",\"agent_server_tag\":\"1.34.0-python\",\"alert_… (1201 characters) } → { boot = "{\"access_point_id\":\"efs-access-point-<n>\",\"agent_server_repository\":\"ghcr.io/openhands/agent-server\",\"agent_server_tag\":\"1.34.0-python\",\"alert_… (1201 characters) }  # forces a replacement
      ~ launch-template  ec2.launch_template ec2-launch-template-<n>
          user_data = "#!/bin/bash\n# Configures an Amazon Linux 2023 instance. All steps are idempotent.\n# Neither this script nor its variables contain secrets: responses with sec… (8419 characters) → "#!/bin/bash\n# Configures an Amazon Linux 2023 instance. All steps are idempotent.\n# Neither this script nor its variables contain secrets: responses with sec… (8431 characters) (known after apply)
      ~ workspace-mount-us-west-2a  efs.mount_target efs-mount-target-<n>
          security_group_ids = ["ec2-security-group-<n>"] → [(known after apply)]
      ~ workspace-mount-us-west-2b  efs.mount_target efs-mount-target-<n>
          security_group_ids = ["ec2-security-group-<n>"] → [(known after apply)]
    database
      ~ cluster-logs  logs.log_group logs-log-group-<n>
          retention_days = 30 → 60
      ~ proxy-logs  logs.log_group logs-log-group-<n>
          retention_days = 30 → 60
    monitoring
      ~ app-logs  logs.log_group logs-log-group-<n>
          retention_days = 30 → 60
    network
      ~ endpoint-sg-ingress-443  ec2.security_group_rule ec2-security-group-rule-<n>
          peer = "10.0.0.0/16" → "10.8.0.0/16"
    security
    +/- efs-sg  ec2.security_group ec2-security-group-<n>
          # requested with --replace
    +/- efs-sg-ingress-2049-instance  ec2.security_group_rule ec2-security-group-rule-<n>
          # changing group_id requires replacement
          group_id = "ec2-security-group-<n>" → (known after apply)  # forces a replacement
      ~ instance-sg-egress-2049-efs  ec2.security_group_rule ec2-security-group-rule-<n>
          peer = "ec2-security-group-<n>" → (known after apply)
      ~ sandbox-policy  iam.role_policy iam-role-policy-<n>
          document :
                    "Resource": "*",
                    "Sid": "DenySensitiveOperations"
            +     },
            +     {
            +       "Action": "s3:*",
            +       "Effect": "Allow",
            +       "Resource": "*"
                  }
                ],

    Plan: 10 to update, 3 to replace, 112 unchanged.
    Estimated time: 13 min (critical path: monitoring/app-logs → compute/boot-bundle → compute/launch-template → compute/asg → compute/boot-bundle)
    "##);
}

#[test]
fn changes_made_outside_ohinfra_are_displayed_as_drift() {
    let _filters = filtered();
    let place = Place::new();
    place.succeed(&["apply", "--yes"]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let cloud = place.cloud();
        cloud.edit("monitoring/app-logs", |inputs| {
            inputs.insert("retention_days".into(), json!(7));
        });
        cloud.edit("monitoring/data-bucket", |inputs| {
            inputs["tags"].as_object_mut().unwrap().remove("Purpose");
        });
        cloud.edit("security/instance-policy", |inputs| {
            let document = inputs["document"].as_str().unwrap().replace("s3:DeleteObject", "s3:*");
            inputs.insert("document".into(), json!(document));
        });
        cloud.remove("security/user-secrets-key-alias");
    });
    insta::assert_snapshot!(place.succeed(&["plan"]), @r#"
    Changed outside ohinfra since the last apply
      ! monitoring/app-logs  logs.log_group
          retention_days = 30 → 7
      ! monitoring/data-bucket  s3.bucket
          tags.Purpose = "ai-coding-assistant" → (none)
      ! security/instance-policy  iam.role_policy
          document :
                      "s3:GetObject",
                      "s3:PutObject",
            -         "s3:DeleteObject"
            +         "s3:*"
                    ],
                    "Effect": "Allow",
      ! security/user-secrets-key-alias  was deleted  kms.alias

    monitoring
      ~ app-logs  logs.log_group logs-log-group-<n>
          retention_days = 7 → 30  # drift
      ~ data-bucket  s3.bucket s3-bucket-<n>
          tags.Purpose = (none) → "ai-coding-assistant"  # drift
    security
      ~ instance-policy  iam.role_policy iam-role-policy-<n>
          document :  # drift
                      "s3:GetObject",
                      "s3:PutObject",
            -         "s3:*"
            +         "s3:DeleteObject"
                    ],
                    "Effect": "Allow",
      + user-secrets-key-alias  kms.alias
          # deleted outside ohinfra
          alias_name    = "alias/openhands-user-secrets"
          target_key_id = "kms-key-<n>"

    Plan: 1 to create, 3 to update, 121 unchanged.
    Estimated time: 4 s (critical path: monitoring/data-bucket → security/instance-policy)
    "#);
    let drift = place.run(&["drift", "--json"]);
    assert_eq!(drift.code, 2);
    let drift: Value = serde_json::from_str(&drift.stdout).unwrap();
    assert_eq!(drift["drift"].as_array().unwrap().len(), 4);
}

#[test]
fn a_destroy_lists_retained_resources() {
    let _filters = filtered();
    let place = Place::new();
    place.succeed(&["apply", "--yes"]);
    let shown = place.succeed(&["destroy", "--yes"]);
    insta::assert_snapshot!(shown.split("Plan: ").nth(1).unwrap(), @"
    109 to delete, 16 to retain.
    data: database/cluster rds.cluster `rds-cluster-<n>` holds data and is deleted
    Estimated time: 40 s (critical path: edge/runtime-alias → edge/runtime-alias-ipv6 → edge/distribution → edge/auth-function-version → edge/auth-function → edge/auth-function-archive → auth/client-secret → auth/client)
    ⊙ auth/claim-us-west-2 retained: ssm.parameter ssm-parameter-<n>
    ⊙ auth/user-pool retained: cognito.user_pool cognito-user-pool-<n>
    ⊙ compute/workspace-fs retained: efs.file_system efs-file-system-<n>
    ⊙ database/cluster-logs retained: logs.log_group logs-log-group-<n>
    ⊙ database/proxy-logs retained: logs.log_group logs-log-group-<n>
    ⊙ edge/auth-function-logs retained: logs.log_group logs-log-group-<n>
    ⊙ edge/auth-function-replica-logs retained: logs.function_log_groups logs-function-log-groups-<n>
    ⊙ edge/headers-function-logs retained: logs.log_group logs-log-group-<n>
    ⊙ edge/headers-function-replica-logs retained: logs.function_log_groups logs-function-log-groups-<n>
    ⊙ monitoring/app-logs retained: logs.log_group logs-log-group-<n>
    ⊙ monitoring/backup-role retained: iam.role iam-role-<n>
    ⊙ monitoring/backup-vault retained: backup.vault backup-vault-<n>
    ⊙ monitoring/data-bucket retained: s3.bucket s3-bucket-<n>
    ⊙ security/sandbox-secret retained: secretsmanager.secret secretsmanager-secret-<n>
    ⊙ security/user-secrets-key retained: kms.key kms-key-<n>
    ⊙ user-config/logs retained: logs.log_group logs-log-group-<n>
    Done: 109 deleted, 16 retained in <time>.
    ");
    let adopting = place.succeed(&["plan"]);
    assert!(adopting.contains("⇐ data-bucket (adopt)"), "{adopting}");
    place.succeed(&["apply", "--yes"]);
    place.succeed(&["destroy", "--purge", "--yes"]);
    assert_eq!(std::fs::read_to_string(place.path().join("cloud.json")).unwrap().trim(), "[]");
    insta::assert_snapshot!(place.succeed(&["plan", "--destroy"]), @"No changes. The state is empty.");
}

#[test]
fn a_destroy_does_not_require_the_vpc_and_the_hosted_zone() {
    let place = Place::new();
    place.succeed(&["apply", "--yes"]);
    let mut answers = lookups::usual();
    answers["ec2.vpc"] = Value::Null;
    answers["route53.hosted_zone"] = Value::Null;
    place.write("cloud.look-ups", &answers.to_string());
    assert!(place.fail(&["apply", "--yes"]).contains("vpc_id: VPC `"));
    let ended = place.run(&["destroy", "--purge", "--yes"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert_eq!(std::fs::read_to_string(place.path().join("cloud.json")).unwrap().trim(), "[]");
}

#[test]
fn render_writes_the_deployed_content() {
    let place = Place::new();
    let written = place.succeed(&["render", "out"]);
    assert!(written.ends_with("Values in <angle brackets> are secrets or known only after apply.\n"), "{written}");
    for line in written.lines().filter(|line| line.ends_with(" bytes")) {
        let (name, size) = line.strip_suffix(" bytes").unwrap().rsplit_once("  ").unwrap();
        let file = std::fs::metadata(place.path().join("out").join(name)).unwrap();
        assert_eq!(file.len().to_string(), size, "{name}");
    }
    let names: Vec<&str> = written.lines().filter_map(|line| line.split("  ").next()).collect();
    insta::assert_snapshot!(names[..names.len() - 1].join("\n"));
    // A second rendering in another directory is identical.
    place.succeed(&["render", "again"]);
    let read = |folder: &str| std::fs::read(place.path().join(folder).join("boot/bundle.zip")).unwrap();
    assert_eq!(read("out"), read("again"));
    insta::assert_snapshot!(place.fail(&["render", "out"]), @"
    error: out is not empty
      help: name a directory that is empty or does not exist
    ");
}

#[test]
fn a_closed_pipe_does_not_stop_an_apply() {
    let place = Place::new();
    let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin!("ohinfra-fake"));
    command.args(["apply", "--yes"]).current_dir(place.path()).env_clear().env("OHINFRA_FAKE_CLOUD", "cloud.json");
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop((child.stdout.take(), child.stderr.take()));
    assert!(child.wait().unwrap().success());
    assert_eq!(place.run(&["plan", "--detailed-exitcode"]).code, 0);
}

#[test]
fn a_foreign_resource_is_a_conflict() {
    let _filters = filtered();
    let place = Place::new();
    place.succeed(&["apply", "--yes", "--target", "monitoring/app-logs"]);
    place.write(
        "ohinfra.toml",
        &format!("name = \"other\"\n{CONFIGURATION}[monitoring]\ndata_bucket_name = \"shared-bucket\"\n"),
    );
    place.succeed(&["apply", "--yes", "--target", "monitoring/data-bucket"]);
    place.write("ohinfra.toml", &format!("{CONFIGURATION}[monitoring]\ndata_bucket_name = \"shared-bucket\"\n"));
    insta::assert_snapshot!(place.fail(&["plan"]), @"
    error: monitoring/data-bucket: s3.bucket `s3-bucket-<n>` already exists in us-west-2 and is not managed by this deployment
      help: run `ohinfra import monitoring/data-bucket 's3-bucket-<n>'` to adopt it; otherwise rename or delete it, or choose another `name` for this deployment
    ");
}

#[test]
fn changes_require_confirmation() {
    let _filters = filtered();
    let place = Place::new();
    insta::assert_snapshot!(place.fail(&["apply"]), @"
    error: `ohinfra apply` needs confirmation, but stdin is not a terminal
      help: review `ohinfra plan`, then add `--yes`, or apply a saved plan
    ");
    insta::assert_snapshot!(place.fail(&["destroy", "--purge"]), @"
    error: `ohinfra destroy` needs confirmation, but stdin is not a terminal
      help: review `ohinfra plan`, then add `--yes`, or apply a saved plan
    ");
    assert!(!place.path().join("cloud.json").exists());
}

#[test]
fn the_json_of_a_plan_is_stable() {
    let _filters = filtered();
    let place = Place::new();
    let plan: Value =
        serde_json::from_str(&place.succeed(&["plan", "--json", "--target", "network/endpoint-logs"])).unwrap();
    assert_eq!(plan["format_version"], 1);
    assert_eq!(
        plan["summary"],
        json!({ "create": 2, "update": 0, "replace": 0, "delete": 0, "adopt": 0, "unchanged": 0 })
    );
    insta::assert_json_snapshot!(plan["changes"][0], @r#"
    {
      "action": "create",
      "address": "network/endpoint-logs",
      "depends_on": [
        "network/endpoint-sg"
      ],
      "fields": [
        {
          "after": "Interface",
          "before": null,
          "drift": false,
          "path": "endpoint_type",
          "replace": false,
          "sensitive": false,
          "unknown": false
        },
        {
          "after": true,
          "before": null,
          "drift": false,
          "path": "private_dns_enabled",
          "replace": false,
          "sensitive": false,
          "unknown": false
        },
        {
          "after": null,
          "before": null,
          "drift": false,
          "path": "security_group_ids",
          "replace": false,
          "sensitive": false,
          "unknown": true
        },
        {
          "after": "com.amazonaws.us-west-2.logs",
          "before": null,
          "drift": false,
          "path": "service_name",
          "replace": false,
          "sensitive": false,
          "unknown": false
        },
        {
          "after": [
            "subnet-1",
            "subnet-2"
          ],
          "before": null,
          "drift": false,
          "path": "subnet_ids",
          "replace": false,
          "sensitive": false,
          "unknown": false
        },
        {
          "after": {
            "ManagedBy": "ohinfra",
            "Project": "OpenHands",
            "Purpose": "ai-coding-assistant",
            "STAGE": "production",
            "ohinfra:address": "network/endpoint-logs",
            "ohinfra:deployment": "openhands"
          },
          "before": null,
          "drift": false,
          "path": "tags",
          "replace": false,
          "sensitive": false,
          "unknown": false
        },
        {
          "after": "vpc-0123456789abcdef0",
          "before": null,
          "drift": false,
          "path": "vpc_id",
          "replace": false,
          "sensitive": false,
          "unknown": false
        }
      ],
      "id": null,
      "kind": "ec2.vpc_endpoint",
      "reasons": [],
      "region": "us-west-2"
    }
    "#);
}

#[test]
fn state_commands_list_move_and_remove_resources() {
    let _filters = filtered();
    let place = Place::new();
    place.succeed(&["apply", "--yes", "--stack", "network"]);
    insta::assert_snapshot!(place.succeed(&["state", "list"]), @"
    network/endpoint-bedrock-runtime  ec2.vpc_endpoint         ec2-vpc-endpoint-<n>
    network/endpoint-ec2messages      ec2.vpc_endpoint         ec2-vpc-endpoint-<n>
    network/endpoint-ecr-api          ec2.vpc_endpoint         ec2-vpc-endpoint-<n>
    network/endpoint-ecr-dkr          ec2.vpc_endpoint         ec2-vpc-endpoint-<n>
    network/endpoint-logs             ec2.vpc_endpoint         ec2-vpc-endpoint-<n>
    network/endpoint-s3               ec2.vpc_endpoint         ec2-vpc-endpoint-<n>
    network/endpoint-secretsmanager   ec2.vpc_endpoint         ec2-vpc-endpoint-<n>
    network/endpoint-sg               ec2.security_group       ec2-security-group-<n>
    network/endpoint-sg-ingress-443   ec2.security_group_rule  ec2-security-group-rule-<n>
    network/endpoint-ssm              ec2.vpc_endpoint         ec2-vpc-endpoint-<n>
    network/endpoint-ssmmessages      ec2.vpc_endpoint         ec2-vpc-endpoint-<n>
    ");
    insta::assert_snapshot!(place.succeed(&["state", "mv", "network/endpoint-s3", "network/renamed"]), @"Moved network/endpoint-s3 to network/renamed; the next apply updates its ownership tag");
    insta::assert_snapshot!(place.succeed(&["state", "rm", "network/renamed"]), @"Removed network/renamed from the state; ec2.vpc_endpoint ec2-vpc-endpoint-<n> remains in AWS");
    insta::assert_snapshot!(place.succeed(&["state", "history"]), @"state/openhands.json does not keep older versions.");
    // A removed resource is adopted again.
    assert!(place.succeed(&["plan"]).contains("⇐ endpoint-s3 (adopt)"));
}

#[test]
fn the_graph_has_three_formats() {
    let place = Place::new();
    let dot = place.succeed(&["graph"]);
    assert!(dot.contains("\"network/endpoint-sg\" -> \"network/endpoint-logs\" [style = dashed];"), "{dot}");
    assert!(
        place.succeed(&["graph", "--format", "mermaid"]).contains("network_endpoint_sg -.-> network_endpoint_logs")
    );
    let graph: Value = serde_json::from_str(&place.succeed(&["graph", "--format", "json"])).unwrap();
    assert_eq!(graph["resources"].as_array().unwrap().len(), 125);
}

#[test]
fn init_writes_a_configuration_and_never_overwrites_one() {
    let place = Place::new();
    std::fs::remove_file(place.path().join("ohinfra.toml")).unwrap();
    place.succeed(&["init", "--region", "us-west-2", "--yes"]);
    let written = std::fs::read_to_string(place.path().join("ohinfra.toml")).unwrap();
    insta::assert_snapshot!(written);
    assert!(place.succeed(&["validate"]).contains("is valid: "));
    assert!(place.fail(&["init", "--yes"]).contains("ohinfra.toml already exists"));
    std::fs::remove_file(place.path().join("ohinfra.toml")).unwrap();
    let refused = place.fail(&["init", "--yes", "--sub-domain", "no good"]);
    assert!(refused.contains("sub_domain"), "{refused}");
}

#[test]
fn example_configurations_are_valid() {
    let place = Place::new();
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config");
    for name in ["single-domain.toml", "multi-domain.toml"] {
        place.write("ohinfra.toml", &std::fs::read_to_string(config.join(name)).unwrap());
        assert!(place.succeed(&["validate"]).contains("is valid: "), "{name}");
    }
}

#[test]
fn events_are_json_lines() {
    let place = Place::new();
    let shown = place.succeed(&["apply", "--yes", "--json", "--log", "run.log"]);
    let events: Vec<Value> = shown.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let done = events.iter().filter(|event| event["event"] == "done").count();
    assert_eq!(done, 125);
    assert_eq!(events.last().unwrap()["event"], "summary");
    assert_eq!(events.last().unwrap()["success"], true);
    let log = std::fs::read_to_string(place.path().join("run.log")).unwrap();
    assert_eq!(log.lines().count(), events.len() - 1, "the log contains all events except the summary");
}
