//! The life cycle of a deployment: apply, drift, destroy, adoption and purge.

use ohinfra_tests::proxy::{Verdict, longest_chain};
use ohinfra_tests::{Account, Proxy};
use serde_json::{Value, json};

/// Returns the address and the action of each change in a plan.
fn actions(plan: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    plan["changes"].as_array().unwrap().iter().map(|c| (text(&c["address"]), text(&c["action"]))).collect()
}

fn resources(account: &Account) -> serde_json::Map<String, Value> {
    account.state().unwrap()["resources"].as_object().unwrap().clone()
}

fn id(resources: &serde_json::Map<String, Value>, address: &str) -> String {
    resources[address]["id"].as_str().unwrap().to_owned()
}

const S3_STATE: &str = "[state]\nurl = \"s3://ohinfra-state-<account>-<region>/openhands.json\"\n";

#[test]
fn a_deployment_is_created_repaired_destroyed_adopted_and_purged() {
    let account = Account::new().unwrap();
    let found = account.inventory().unwrap();
    account.configure(S3_STATE).unwrap();
    account.succeed(&["bootstrap"]).unwrap();
    assert!(
        account.succeed(&["bootstrap"]).unwrap().stdout.contains("is already configured"),
        "bootstrap is not idempotent"
    );

    assert_eq!(account.run(&["plan", "--detailed-exitcode"]).unwrap().code, Some(2));
    account.succeed(&["apply", "--yes"]).unwrap();
    assert_eq!(account.run(&["plan", "--detailed-exitcode"]).unwrap().code, Some(0));
    assert_eq!(account.run(&["drift"]).unwrap().code, Some(0));

    // Change five resources outside ohinfra.
    let known = resources(&account);
    let role = id(&known, "security/instance-role");
    let bucket = id(&known, "monitoring/data-bucket");
    account
        .calls(&[
            (
                "ec2",
                "revoke_security_group_ingress",
                json!({
                    "GroupId": id(&known, "security/efs-sg"),
                    "SecurityGroupRuleIds": [id(&known, "security/efs-sg-ingress-2049-instance")],
                }),
            ),
            ("logs", "put_retention_policy", json!({ "logGroupName": "/openhands/application", "retentionInDays": 7 })),
            ("iam", "untag_role", json!({ "RoleName": role, "TagKeys": ["Purpose"] })),
            (
                "s3",
                "put_bucket_versioning",
                json!({ "Bucket": bucket, "VersioningConfiguration": { "Status": "Suspended" } }),
            ),
            (
                "iam",
                "put_role_policy",
                json!({
                    "RoleName": role,
                    "PolicyName": "OpenHandsInstance",
                    "PolicyDocument": json!({
                        "Version": "2012-10-17",
                        "Statement": [{ "Effect": "Allow", "Action": "ec2:DescribeVpcs", "Resource": "*" }],
                    }).to_string(),
                }),
            ),
        ])
        .unwrap();
    let shown = account.plan().unwrap();
    let expected = [
        ("monitoring/app-logs", "update"),
        ("monitoring/data-bucket", "update"),
        ("security/efs-sg-ingress-2049-instance", "create"),
        ("security/instance-policy", "update"),
        ("security/instance-role", "update"),
    ];
    assert_eq!(actions(&shown), expected.map(|(address, action)| (address.to_owned(), action.to_owned())));
    let drifted: Vec<&str> = shown["drift"].as_array().unwrap().iter().filter_map(|d| d["address"].as_str()).collect();
    assert_eq!(drifted, expected.map(|(address, _)| address));
    assert_eq!(account.run(&["drift"]).unwrap().code, Some(2));

    // An apply reverts exactly these changes.
    let repaired = account.succeed(&["apply", "--yes"]).unwrap().stdout;
    assert!(repaired.contains("Done: 1 created, 4 updated in"), "{repaired}");
    assert_eq!(account.run(&["plan", "--detailed-exitcode"]).unwrap().code, Some(0));

    // A destroy retains the resources that hold data, and reports it.
    let before = resources(&account);
    let retained = [
        "auth/user-pool",
        "compute/workspace-fs",
        "database/cluster-logs",
        "database/proxy-logs",
        "edge/auth-function-logs",
        "edge/auth-function-replica-logs",
        "edge/headers-function-logs",
        "edge/headers-function-replica-logs",
        "monitoring/app-logs",
        "monitoring/backup-role",
        "monitoring/backup-vault",
        "monitoring/data-bucket",
        "security/sandbox-secret",
        "security/user-secrets-key",
        "user-config/logs",
    ];
    let destroyed = account.succeed(&["destroy", "--yes"]).unwrap().stdout;
    for address in retained {
        assert!(destroyed.contains(&format!("⊙ {address} retained")), "{destroyed}");
    }
    account.finish(&["destroy", "--yes"]).unwrap();
    assert!(resources(&account).is_empty());

    // The next apply adopts the retained resources: their IDs do not change.
    let adopting = account.plan().unwrap();
    for address in retained {
        assert!(actions(&adopting).contains(&(address.to_owned(), "adopt".to_owned())), "{adopting:#}");
    }
    account.succeed(&["apply", "--yes"]).unwrap();
    let after = resources(&account);
    for address in retained {
        assert_eq!(id(&after, address), id(&before, address), "{address}");
    }
    assert_eq!(account.run(&["plan", "--detailed-exitcode"]).unwrap().code, Some(0));

    // A purge restores the initial inventory of the account, except for the state bucket.
    let bucket = id(&after, "monitoring/data-bucket");
    account.call("s3", "put_object", json!({ "Bucket": bucket, "Key": "a/b", "Body": "data" })).unwrap();
    account.succeed(&["destroy", "--purge", "--yes"]).unwrap();
    account.finish(&["destroy", "--purge", "--yes"]).unwrap();
    let state_bucket = format!("ohinfra-state-{}-us-west-2", account.id);
    assert_eq!(account.inventory().unwrap().without("s3 Buckets", &state_bucket), found);
    assert_eq!(account.run(&["plan", "--destroy", "--detailed-exitcode"]).unwrap().code, Some(0));
}

#[test]
fn foreign_resources_are_reported_as_conflicts_and_unchanged() {
    let account = Account::new().unwrap();
    let trust = json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Principal": { "Service": "ec2.amazonaws.com" }, "Action": "sts:AssumeRole" }],
    });
    let role = "openhands-us-west-2-instance";
    account
        .calls(&[
            ("iam", "create_role", json!({ "RoleName": role, "AssumeRolePolicyDocument": trust.to_string() })),
            ("logs", "create_log_group", json!({ "logGroupName": "/openhands/application" })),
            (
                "cloudwatch",
                "put_dashboard",
                json!({ "DashboardName": "OpenHands-us-west-2-Monitoring", "DashboardBody": "{\"widgets\":[]}" }),
            ),
        ])
        .unwrap();
    let before = account.inventory().unwrap();
    let refused = |arguments: &[&str]| {
        let run = account.run(arguments).unwrap();
        assert_eq!(run.code, Some(1));
        run.stderr
    };
    let shown = refused(&["plan"]);
    assert_eq!(refused(&["apply", "--yes"]), shown);
    insta::assert_snapshot!(shown, @"
    error: monitoring/app-logs: logs.log_group `/openhands/application` already exists in us-west-2 and is not managed by this deployment
      help: run `ohinfra import monitoring/app-logs '/openhands/application'` to adopt it; otherwise rename or delete it, or choose another `name` for this deployment
    error: monitoring/dashboard: cloudwatch.dashboard `OpenHands-us-west-2-Monitoring` already exists in us-west-2 and is not managed by this deployment
      help: run `ohinfra import monitoring/dashboard 'OpenHands-us-west-2-Monitoring'` to adopt it; otherwise rename or delete it, or choose another `name` for this deployment
    error: security/instance-role: iam.role `openhands-us-west-2-instance` already exists in us-west-2 and is not managed by this deployment
      help: run `ohinfra import security/instance-role 'openhands-us-west-2-instance'` to adopt it; otherwise rename or delete it, or choose another `name` for this deployment
    ");
    assert_eq!(account.inventory().unwrap(), before);

    // The next apply updates the resources after an import, as the help text recommends.
    account.succeed(&["import", "monitoring/app-logs", "/openhands/application"]).unwrap();
    account.succeed(&["import", "monitoring/dashboard", "OpenHands-us-west-2-Monitoring"]).unwrap();
    account.succeed(&["import", "security/instance-role", role]).unwrap();
    account.succeed(&["apply", "--yes"]).unwrap();
    assert_eq!(account.run(&["plan", "--detailed-exitcode"]).unwrap().code, Some(0));
}

#[test]
fn a_saved_plan_is_applied_exactly_or_not_at_all() {
    let account = Account::new().unwrap();
    account.succeed(&["plan", "--out", "first.plan"]).unwrap();
    account.succeed(&["apply", "first.plan"]).unwrap();
    assert_eq!(account.run(&["plan", "--detailed-exitcode"]).unwrap().code, Some(0));

    let stale = |plan: &str| {
        let run = account.run(&["apply", plan]).unwrap();
        assert_eq!(run.code, Some(1));
        run.stderr.lines().find(|line| line.starts_with("error")).unwrap().to_owned()
    };
    insta::assert_snapshot!(stale("first.plan"), @"error: the saved plan is stale: the state has changed since the plan was saved");
    account.configure("[monitoring]\nlog_retention_days = 60\n").unwrap();
    account.succeed(&["plan", "--out", "second.plan"]).unwrap();
    account
        .call("logs", "put_retention_policy", json!({ "logGroupName": "/openhands/application", "retentionInDays": 7 }))
        .unwrap();
    insta::assert_snapshot!(stale("second.plan"), @"error: the saved plan is stale: the planned changes differ for monitoring/app-logs (`retention_days`)");
    account.configure("").unwrap();
    insta::assert_snapshot!(stale("second.plan"), @"error: the saved plan is stale: the configuration has changed since the plan was saved");
}

#[test]
fn a_stack_is_created_with_dependencies_and_destroyed_with_dependents() {
    let account = Account::new().unwrap();
    account.succeed(&["apply", "--yes", "--stack", "network"]).unwrap();
    let stacks = |account: &Account| -> Vec<String> {
        let mut stacks: Vec<String> =
            resources(account).keys().map(|a| a.split('/').next().unwrap().to_owned()).collect();
        stacks.dedup();
        stacks
    };
    assert_eq!(stacks(&account), ["network"]);
    let run = account.run(&["apply", "--yes", "--stack", "security", "--exclusively"]).unwrap();
    assert_eq!(run.code, Some(1));
    assert!(
        run.stderr.contains("depends on monitoring/alerts, which does not exist and is not selected"),
        "{}",
        run.stderr
    );
    account.succeed(&["apply", "--yes", "--stack", "security"]).unwrap();
    // The policy of the instance refers to the file system and the cluster.
    assert_eq!(stacks(&account), ["compute", "database", "monitoring", "network", "security"]);
    account.succeed(&["apply", "--yes"]).unwrap();
    account.succeed(&["destroy", "--yes", "--target", "security/instance-sg"]).unwrap();
    let left = resources(&account);
    assert!(!left.contains_key("security/alb-sg-egress-3000-instance") && left.contains_key("security/alb-sg"));
    account.succeed(&["apply", "--yes"]).unwrap();
    assert_eq!(account.run(&["plan", "--detailed-exitcode"]).unwrap().code, Some(0));
}

#[test]
fn a_plan_of_a_deployment_reads_kinds_together_in_a_short_chain_of_calls() {
    let mut account = Account::new().unwrap();
    account.succeed(&["apply", "--yes"]).unwrap();
    let known = resources(&account).len();
    // The delay is long enough to distinguish concurrent calls from consecutive ones. Recorded answers avoid waiting
    // for the emulator.
    let proxy =
        Proxy::start(&account.endpoint, std::time::Duration::from_millis(400), Box::new(|_| Verdict::Replay)).unwrap();
    account.endpoint.clone_from(&proxy.endpoint);
    account.succeed(&["plan"]).unwrap();
    proxy.forget();
    assert_eq!(account.run(&["plan", "--detailed-exitcode"]).unwrap().code, Some(0));
    let calls = proxy.calls();
    let of = |operation: &str| calls.iter().filter(|call| call.operation == operation).count();
    assert_eq!(
        (of("DescribeSecurityGroups"), of("DescribeSecurityGroupRules")),
        (1, 1),
        "security groups and rules are not read in one call each"
    );
    assert_eq!(of("DescribeVpcEndpoints"), 2, "endpoints are not read in one call in addition to the lookup");
    assert_eq!(of("GetCallerIdentity"), 1);
    // Upper limit of the count that `cargo xtask bench` prints. Log groups of edge functions require a call for each region.
    let of_edge_logs = ohinfra_kinds::logs::REPLICA_REGIONS.len() + 1;
    let mut counts = std::collections::BTreeMap::new();
    for call in &calls {
        *counts.entry(format!("{} {}", call.service, call.operation.split('?').next().unwrap())).or_insert(0) += 1;
    }
    assert!(calls.len() - of_edge_logs < known.min(117), "{} calls for {known} resources: {counts:#?}", calls.len());
    // The chain is computed from call times. A busy machine can only lengthen it, so one short chain is sufficient.
    let mut chains = vec![longest_chain(&calls)];
    while chains.last().is_some_and(|chain| *chain > 3) && chains.len() < 5 {
        let before = proxy.calls().len();
        account.succeed(&["plan"]).unwrap();
        chains.push(longest_chain(&proxy.calls()[before..]));
    }
    assert!(chains.last().is_some_and(|chain| *chain <= 3), "chains of {chains:?}");
}
