//! The Auto Scaling group: failed launches, rollbacks of instance refreshes, and volumes of terminated instances.

use ohinfra_tests::Account;
use serde_json::{Value, json};

const GROUP: &str = "openhands-asg";
const APPLY: [&str; 2] = ["apply", "--yes"];
const MODEL: &str = "[models]\ndefault = \"bedrock/other\"\n";

/// Sets a tag of the group that selects a behavior of LocalStack.
fn set(account: &Account, key: &str, value: &str) {
    let tag = json!({ "ResourceId": GROUP, "ResourceType": "auto-scaling-group", "Key": key, "Value": value,
        "PropagateAtLaunch": false });
    account.call("autoscaling", "create_or_update_tags", json!({ "Tags": [tag] })).unwrap();
}

fn unset(account: &Account, key: &str) {
    let tag = json!({ "ResourceId": GROUP, "ResourceType": "auto-scaling-group", "Key": key });
    account.call("autoscaling", "delete_tags", json!({ "Tags": [tag] })).unwrap();
}

fn bundles(account: &Account, state: &Value) -> Vec<String> {
    let bucket = json!({ "Bucket": state["resources"]["monitoring/data-bucket"]["id"] });
    let objects = account.call("s3", "list_objects_v2", bucket).unwrap();
    let keys = objects["Contents"].as_array().into_iter().flatten().map(|object| object["Key"].as_str().unwrap());
    keys.filter(|key| key.contains("boot")).map(str::to_owned).collect()
}

fn volumes(account: &Account) -> Vec<Value> {
    let found = account.call("ec2", "describe_volumes", json!({})).unwrap();
    found["Volumes"].as_array().unwrap().clone()
}

fn is_settled(account: &Account) {
    let settled = account.run(&["plan", "--detailed-exitcode"]).unwrap();
    assert_eq!(settled.code, Some(0), "{}", settled.stdout);
}

#[test]
fn a_failed_launch_is_reported_with_the_scaling_activity() {
    let account = Account::new().unwrap();
    let words = "You have requested more vCPU capacity than your current vCPU limit of 0 allows.";
    account.configure(&format!("[tags]\n\"localstack:launch-failure\" = \"{words}\"\n")).unwrap();
    let failed = account.run(&APPLY).unwrap();
    assert_eq!(failed.code, Some(1), "{}", failed.stdout);
    assert!(failed.stderr.contains(&format!("failed to launch an instance: {words}")), "{}", failed.stderr);
    assert!(!failed.stdout.contains("created compute/asg"), "{}", failed.stdout);

    account.configure("").unwrap();
    account.succeed(&APPLY).unwrap();
    is_settled(&account);
    let groups = account.call("autoscaling", "describe_auto_scaling_groups", json!({})).unwrap();
    assert_eq!(groups["AutoScalingGroups"][0]["Instances"][0]["LifecycleState"], "InService");
}

#[test]
fn a_foreign_instance_refresh_does_not_affect_readiness() {
    let account = Account::new().unwrap();
    account.succeed(&APPLY).unwrap();
    set(&account, "localstack:refresh-ends", "Cancelled");
    account.call("autoscaling", "start_instance_refresh", json!({ "AutoScalingGroupName": GROUP })).unwrap();
    let ended = || {
        let refreshes = json!({ "AutoScalingGroupName": GROUP });
        let found = account.call("autoscaling", "describe_instance_refreshes", refreshes).unwrap();
        found["InstanceRefreshes"][0]["Status"] == "Cancelled"
    };
    while !ended() {}
    unset(&account, "localstack:refresh-ends");
    account.configure("[tags]\nTeam = \"platform\"\n").unwrap();
    account.succeed(&APPLY).unwrap();
    is_settled(&account);
}

#[test]
fn a_rollback_keeps_the_bundle_that_the_instance_boots_from() {
    let account = Account::new().unwrap();
    let found = account.inventory().unwrap();
    account.succeed(&APPLY).unwrap();
    let before = account.state().unwrap();
    let old = bundles(&account, &before);
    let disks = volumes(&account).len();
    assert_eq!(old.len(), 1);

    set(&account, "localstack:refresh-ends", "RollbackSuccessful");
    account.configure(MODEL).unwrap();
    let failed = account.run(&APPLY).unwrap();
    assert_eq!(failed.code, Some(1), "{}", failed.stdout);
    let reason = "ended with status RollbackSuccessful: The new instance did not become healthy.";
    assert!(failed.stderr.contains(reason), "{}", failed.stderr);
    assert!(bundles(&account, &before).contains(&old[0]), "the bundle of the version after the rollback was deleted");
    let groups = account.call("autoscaling", "describe_auto_scaling_groups", json!({})).unwrap();
    let version = &groups["AutoScalingGroups"][0]["LaunchTemplate"]["Version"];
    assert_eq!(*version, before["resources"]["compute/launch-template"]["attributes"]["version"]);

    // The next apply retries the rollout and deletes unused bundles.
    unset(&account, "localstack:refresh-ends");
    account.succeed(&APPLY).unwrap();
    is_settled(&account);
    let new = bundles(&account, &before);
    assert!(new.len() == 1 && new != old, "{new:?}");

    // The volumes of the old instance are deleted with it.
    let now = volumes(&account);
    assert_eq!(now.len(), disks);
    assert!(now.iter().all(|volume| volume["State"] == "in-use"), "{now:#?}");
    let purge = ["destroy", "--purge", "--yes"];
    account.succeed(&purge).unwrap();
    account.finish(&purge).unwrap();
    assert_eq!(account.inventory().unwrap().differences(&found), Vec::<String>::new());
}
