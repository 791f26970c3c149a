//! Data stores, with automatic upgrades by AWS and failed calls: versions, the Data API and backups.

use ohinfra_tests::Account;
use serde_json::{Value, json};

const CLUSTER: &str = "openhands-database";

fn resource(account: &Account, address: &str) -> Value {
    account.state().unwrap()["resources"][address].clone()
}

fn id(account: &Account, address: &str) -> String {
    resource(account, address)["id"].as_str().unwrap_or_else(|| panic!("no {address}")).to_owned()
}

fn one(account: &Account, service: &str, operation: &str, parameters: Value) -> Value {
    let answer = account.call(service, operation, parameters).unwrap();
    assert!(answer.get("error").is_none(), "{service} {operation}: {answer}");
    answer
}

fn is_settled(account: &Account) {
    let settled = account.run(&["plan", "--detailed-exitcode"]).unwrap();
    assert_eq!(settled.code, Some(0), "{}", settled.stdout);
}

fn cluster(account: &Account) -> Value {
    one(account, "rds", "describe_db_clusters", json!({ "DBClusterIdentifier": id(account, "database/cluster") }))
        ["DBClusters"][0]
        .clone()
}

fn configure(account: &Account, version: &str) {
    account.configure(&format!("[database]\nengine_version = \"{version}\"\n")).unwrap();
}

/// Asserts that the cluster has this version and the parameter group of its major version, and that no other group exists.
fn runs(account: &Account, version: &str) {
    let cluster = cluster(account);
    let group = format!("openhands-aurora-postgresql{}", version.split('.').next().unwrap());
    assert_eq!((&cluster["EngineVersion"], &cluster["DBClusterParameterGroup"]), (&json!(version), &json!(group)));
    let groups = one(account, "rds", "describe_db_cluster_parameter_groups", json!({}));
    assert_eq!(groups["DBClusterParameterGroups"].as_array().unwrap().len(), 1);
    is_settled(account);
}

#[test]
fn an_automatic_minor_upgrade_is_no_change_and_updates_the_pin() {
    let account = Account::new().unwrap();
    configure(&account, "15.8");
    account.succeed(&["apply", "--yes"]).unwrap();
    assert_eq!(account.state().unwrap()["pins"]["aurora_version"], "15.8");
    let raise = json!({ "DBClusterIdentifier": id(&account, "database/cluster"), "EngineVersion": "15.10", "ApplyImmediately": true });
    one(&account, "rds", "modify_db_cluster", raise);
    while cluster(&account)["EngineVersion"] != "15.10" {}
    is_settled(&account);
    assert_eq!(account.run(&["drift"]).unwrap().code, Some(0));
    account.succeed(&["apply", "--yes"]).unwrap();
    assert_eq!(account.state().unwrap()["pins"]["aurora_version"], "15.10");
    // A restore uses the version of the snapshot, not the configured version.
    account.succeed(&["destroy", "--yes"]).unwrap();
    account.finish(&["destroy", "--yes"]).unwrap();
    account.configure("[database]\nengine_version = \"15.8\"\nrestore_from_snapshot = \"latest\"\n").unwrap();
    account.succeed(&["apply", "--yes"]).unwrap();
    assert_eq!(cluster(&account)["EngineVersion"], "15.10");
    assert_eq!(cluster(&account)["HttpEndpointEnabled"], true);
    is_settled(&account);
}

#[test]
fn a_pin_is_stored_only_when_its_apply_succeeded() {
    let account = Account::new().unwrap();
    configure(&account, "15.8");
    // A foreign parameter group with this name already exists.
    let group = json!({ "DBClusterParameterGroupName": "openhands-aurora-postgresql15",
        "DBParameterGroupFamily": "aurora-postgresql15", "Description": "foreign" });
    one(&account, "rds", "create_db_cluster_parameter_group", group);
    assert_ne!(account.run(&["apply", "--yes", "--parallelism", "1"]).unwrap().code, Some(0));
    assert_eq!(account.state().unwrap_or_default()["pins"]["aurora_version"], Value::Null);
}

#[test]
fn major_versions_are_upgraded_one_at_a_time() {
    let account = Account::new().unwrap();
    configure(&account, "15");
    account.succeed(&["apply", "--yes"]).unwrap();
    runs(&account, "15.10");
    for (major, version) in [("16", "16.6"), ("17", "17.5")] {
        configure(&account, major);
        account.succeed(&["apply", "--yes"]).unwrap();
        runs(&account, version);
    }
    configure(&account, "16");
    let refused = account.run(&["plan"]).unwrap();
    assert!(refused.stderr.contains("cannot be downgraded to 16"), "{}", refused.stderr);
}

#[test]
fn a_cluster_is_upgraded_by_two_major_versions() {
    let account = Account::new().unwrap();
    configure(&account, "15");
    account.succeed(&["apply", "--yes"]).unwrap();
    configure(&account, "17");
    account.succeed(&["apply", "--yes"]).unwrap();
    runs(&account, "17.5");
}

#[test]
fn an_unreachable_database_blocks_neither_plan_nor_destroy() {
    let account = Account::new().unwrap();
    account.succeed(&["apply", "--yes"]).unwrap();
    let name = id(&account, "database/cluster");
    let secret = id(&account, "database/admin-secret");
    let assumed = |code: &str| {
        let shown = account.run(&["plan"]).unwrap();
        assert_eq!(shown.code, Some(0), "{}", shown.stderr);
        let warning = "database/bootstrap is assumed to be as recorded in the state";
        assert!(shown.stderr.contains(warning) && shown.stderr.contains(code), "{}", shown.stderr);
        assert!(!shown.stdout.contains("database/bootstrap"), "{}", shown.stdout);
    };
    // The password of the database no longer matches the secret.
    let value =
        one(&account, "secretsmanager", "get_secret_value", json!({ "SecretId": secret }))["SecretString"].clone();
    let wrong = json!({ "username": "postgres", "password": "another-password" }).to_string();
    one(&account, "secretsmanager", "put_secret_value", json!({ "SecretId": secret, "SecretString": wrong }));
    assumed("DatabaseErrorException");
    one(&account, "secretsmanager", "put_secret_value", json!({ "SecretId": secret, "SecretString": value }));
    let endpoint = json!({ "ResourceArn": cluster(&account)["DBClusterArn"] });
    one(&account, "rds", "disable_http_endpoint", endpoint.clone());
    assumed("HttpEndpointNotEnabledException");
    one(&account, "rds", "enable_http_endpoint", endpoint);
    one(&account, "rds", "stop_db_cluster", json!({ "DBClusterIdentifier": name }));
    assumed("DatabaseUnavailableException");
    // A change to a stopped cluster fails immediately, with help.
    account.configure("[database]\nmax_acu = 8\n").unwrap();
    let refused = account.run(&["apply", "--yes", "--target", "database/cluster"]).unwrap();
    assert!(refused.stderr.contains("`stopped`") && refused.stderr.contains("start-db-cluster"), "{}", refused.stderr);
    one(&account, "rds", "start_db_cluster", json!({ "DBClusterIdentifier": name }));
    one(&account, "rds", "disable_http_endpoint", json!({ "ResourceArn": cluster(&account)["DBClusterArn"] }));
    account.succeed(&["destroy", "--purge", "--yes"]).unwrap();
}

/// Creates this number of recovery points.
fn back_up(account: &Account, times: usize) {
    let vault = resource(account, "monitoring/backup-vault")["attributes"]["name"].clone();
    let role = resource(account, "monitoring/backup-role")["attributes"]["arn"].clone();
    let job = json!({ "BackupVaultName": vault, "ResourceArn": "arn:aws:s3:::a", "IamRoleArn": role });
    account.calls(&vec![("backup", "start_backup_job", job); times]).unwrap();
}

#[test]
fn a_purge_deletes_the_backup_role_after_vault_and_recovery_points() {
    let account = Account::new().unwrap();
    let before = account.inventory().unwrap();
    let target = ["apply", "--yes", "--stack", "monitoring"];
    account.succeed(&target).unwrap();
    // More than one page.
    back_up(&account, 1100);
    let destroyed = account.succeed(&["destroy", "--yes"]).unwrap().stdout;
    for address in ["monitoring/backup-role", "monitoring/backup-vault"] {
        assert!(destroyed.contains(&format!("⊙ {address} retained")), "{destroyed}");
    }
    account.succeed(&target).unwrap();
    account.succeed(&["destroy", "--purge", "--yes"]).unwrap();
    account.finish(&["destroy", "--purge", "--yes"]).unwrap();
    assert_eq!(before.differences(&account.inventory().unwrap()), Vec::<String>::new());
}

#[test]
fn a_purge_deletes_thousands_of_versions_and_uploads() {
    let account = Account::new().unwrap();
    account.succeed(&["apply", "--yes", "--target", "monitoring/data-bucket"]).unwrap();
    let bucket = id(&account, "monitoring/data-bucket");
    let put = |n: usize| ("s3", "put_object", json!({ "Bucket": bucket, "Key": format!("{}", n % 700), "Body": "a" }));
    account.calls(&(0..2100).map(put).collect::<Vec<_>>()).unwrap();
    let upload = |n: usize| ("s3", "create_multipart_upload", json!({ "Bucket": bucket, "Key": format!("{n}") }));
    account.calls(&(0..1050).map(upload).collect::<Vec<_>>()).unwrap();
    account.succeed(&["destroy", "--purge", "--yes"]).unwrap();
    assert!(account.call("s3", "head_bucket", json!({ "Bucket": bucket })).unwrap().get("error").is_some());
}

#[test]
fn an_update_of_a_backup_plan_keeps_unmanaged_settings() {
    let account = Account::new().unwrap();
    let target = ["apply", "--yes", "--target", "monitoring/backup-plan"];
    account.succeed(&target).unwrap();
    let plan = id(&account, "monitoring/backup-plan");
    let read = || one(&account, "backup", "get_backup_plan", json!({ "BackupPlanId": plan }))["BackupPlan"].clone();
    let mut changed = read();
    let rule = &mut changed["Rules"][0];
    rule.as_object_mut().unwrap().remove("RuleId");
    let foreign = json!({
        "ScheduleExpressionTimezone": "Europe/Berlin",
        "CopyActions": [{ "DestinationBackupVaultArn": "arn:aws:backup:eu-west-1:111111111111:backup-vault:other",
            "Lifecycle": { "DeleteAfterDays": 90 } }],
        "RecoveryPointTags": { "Team": "data" },
        "EnableContinuousBackup": false,
        "IndexActions": [{ "ResourceTypes": ["EBS"] }],
    });
    rule.as_object_mut().unwrap().extend(foreign.as_object().unwrap().clone());
    rule["Lifecycle"] = json!({ "DeleteAfterDays": 200, "MoveToColdStorageAfterDays": 30, "OptInToArchiveForSupportedResources": true });
    let advanced = json!([{ "ResourceType": "EC2", "BackupOptions": { "WindowsVSS": "enabled" } }]);
    changed["AdvancedBackupSettings"] = advanced.clone();
    one(&account, "backup", "update_backup_plan", json!({ "BackupPlanId": plan, "BackupPlan": changed }));

    account.succeed(&target).unwrap();
    let after = read();
    for (name, value) in foreign.as_object().unwrap() {
        assert_eq!(&after["Rules"][0][name], value, "{name}");
    }
    // AWS requires 90 days in cold storage, and the configured retention is shorter.
    let lifecycle = json!({ "DeleteAfterDays": 14 });
    assert_eq!((&after["Rules"][0]["Lifecycle"], &after["AdvancedBackupSettings"]), (&lifecycle, &advanced));
}

#[test]
fn log_groups_of_the_database_exist_before_rds_writes_to_them() {
    let account = Account::new().unwrap();
    account.succeed(&["apply", "--yes"]).unwrap();
    let groups = one(&account, "logs", "describe_log_groups", json!({ "logGroupNamePrefix": "/aws/rds/" }));
    let groups: Vec<(&str, i64)> = groups["logGroups"]
        .as_array()
        .unwrap()
        .iter()
        .map(|group| (group["logGroupName"].as_str().unwrap(), group["retentionInDays"].as_i64().unwrap_or_default()))
        .collect();
    let cluster = format!("/aws/rds/cluster/{CLUSTER}/postgresql");
    assert_eq!(groups, [(cluster.as_str(), 30), ("/aws/rds/proxy/openhands-proxy", 30)]);
}
