//! Imported resources of another tool keep their identity and content.

use std::time::Duration;

use ohinfra_tests::proxy::{Answer, Verdict};
use ohinfra_tests::{Account, Proxy};
use serde_json::{Value, json};

const CLUSTER: &str = "openhands-database-auroracluster23d869c0-abc123";
const BUCKET: &str = "openhands-monitoring-databuckete3889a50-0123456789ab";
const ADMIN: &str = "DatabaseAdminSecret0A702AEB-q1w2e3";
const PROXY: &str = "DatabaseProxySecret1B803BFC-r4t5y6";

fn secret(account: &Account, name: &str) -> Value {
    account.call("secretsmanager", "get_secret_value", json!({ "SecretId": name })).unwrap()
}

/// Creates the resources that `CloudFormation` would create, with generated names. Returns the ARNs of the secrets.
fn create_with_another_tool(account: &Account) -> [String; 2] {
    let text = |value: &Value, field: &str| value[field].as_str().unwrap().to_owned();
    let create = |name: &str, user: &str| {
        let value = json!({ "username": user, "password": format!("password-of-{user}") }).to_string();
        let secret = json!({ "Name": name, "SecretString": value });
        text(&account.call("secretsmanager", "create_secret", secret).unwrap(), "ARN")
    };
    let arns = [create(ADMIN, "postgres"), create(PROXY, "openhands_proxy")];
    let place = json!({ "LocationConstraint": "us-west-2" });
    account.call("s3", "create_bucket", json!({ "Bucket": BUCKET, "CreateBucketConfiguration": place })).unwrap();
    let filter = json!({ "Filters": [{ "Name": "vpc-id", "Values": [account.fixture("vpc_id")] }] });
    let subnets = account.call("ec2", "describe_subnets", filter).unwrap();
    let subnets: Vec<&Value> =
        subnets["Subnets"].as_array().unwrap().iter().map(|subnet| &subnet["SubnetId"]).collect();
    let group = "openhands-database-auroraclustersubnets-xyz";
    let subnet_group = json!({ "DBSubnetGroupName": group, "DBSubnetGroupDescription": "Subnets for AuroraCluster", "SubnetIds": subnets });
    account.call("rds", "create_db_subnet_group", subnet_group).unwrap();
    let cluster = json!({
        "DBClusterIdentifier": CLUSTER, "Engine": "aurora-postgresql", "EngineVersion": "15.8", "DatabaseName": "openhands",
        "MasterUsername": "postgres", "MasterUserPassword": "password-of-postgres", "DBSubnetGroupName": group,
        "StorageEncrypted": true, "ServerlessV2ScalingConfiguration": { "MinCapacity": 0.5, "MaxCapacity": 4 },
    });
    account.call("rds", "create_db_cluster", cluster).unwrap();
    arns
}

#[test]
fn imported_resources_with_generated_names_keep_identity_and_content() {
    let account = Account::new().unwrap();
    account.configure("").unwrap();
    let [admin, proxy] = create_with_another_tool(&account);
    let secrets = [secret(&account, ADMIN), secret(&account, PROXY)];
    for (address, id) in [
        ("database/cluster", CLUSTER),
        ("monitoring/data-bucket", BUCKET),
        ("database/admin-secret", admin.as_str()),
        ("database/proxy-secret", proxy.as_str()),
    ] {
        account.succeed(&["import", address, id]).unwrap();
    }
    let plan = account.plan().unwrap();
    assert_eq!(plan["summary"]["replace"], 0, "{plan:#}");
    let of_secrets =
        plan["changes"].as_array().unwrap().iter().filter(|change| change["kind"] == "secretsmanager.secret");
    for field in of_secrets.flat_map(|change| change["fields"].as_array().unwrap()) {
        assert!(field["before"].is_null() || field["path"] != "content", "{field:#}");
    }
    let targets =
        ["--target", "database/cluster", "--target", "monitoring/data-bucket", "--target", "database/proxy-secret"];
    account.succeed(&[&["apply", "--yes"][..], &targets].concat()).unwrap();
    for (name, before) in [ADMIN, PROXY].into_iter().zip(secrets) {
        assert_eq!(secret(&account, name)["SecretString"], before["SecretString"]);
    }
    let clusters = account.call("rds", "describe_db_clusters", json!({})).unwrap();
    assert_eq!(clusters["DBClusters"].as_array().unwrap().len(), 1, "another cluster was created");
    let shown = account.succeed(&["state", "show", "database/cluster"]).unwrap().stdout;
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!((&shown["id"], &shown["kept"]["cluster_name"]), (&json!(CLUSTER), &json!(CLUSTER)));

    // An apply after a destroy finds the retained bucket by its imported name.
    account.succeed(&[&["destroy", "--yes"][..], &["--stack", "monitoring"]].concat()).unwrap();
    account.succeed(&["apply", "--yes", "--target", "monitoring/data-bucket"]).unwrap();
    let state = account.state().unwrap();
    assert_eq!(state["resources"]["monitoring/data-bucket"]["id"], BUCKET);
    assert_eq!(state["resources"]["monitoring/data-bucket"]["kept"]["bucket_name"], BUCKET);
}

#[test]
fn a_bucket_without_list_permission_is_not_reported_as_foreign() {
    let mut account = Account::new().unwrap();
    let bucket = format!("openhands-data-{}-us-west-2", account.id);
    let place = json!({ "LocationConstraint": "us-west-2" });
    account.call("s3", "create_bucket", json!({ "Bucket": bucket, "CreateBucketConfiguration": place })).unwrap();
    let name = format!("/{bucket}");
    let proxy = Proxy::start(
        &account.endpoint,
        Duration::ZERO,
        Box::new(move |call| {
            // The response to HeadBucket has no body.
            let is_head = call.operation.starts_with("HEAD") && call.operation.contains(&name);
            if is_head { Verdict::Answer(Answer::empty(403)) } else { Verdict::Forward }
        }),
    )
    .unwrap();
    account.endpoint.clone_from(&proxy.endpoint);
    let refused = account.run(&["plan", "--target", "monitoring/data-bucket"]).unwrap();
    assert_eq!(refused.code, Some(1), "{}", refused.stdout);
    assert!(refused.stderr.contains("s3:ListBucket"), "{}", refused.stderr);
    assert!(!refused.stderr.contains("does not belong to this deployment"), "{}", refused.stderr);
}

#[test]
fn a_secret_under_another_arn_keeps_its_value() {
    let account = Account::new().unwrap();
    account.succeed(&["apply", "--yes", "--target", "security/sandbox-secret"]).unwrap();
    let name = "openhands/sandbox-secret-key";
    let before = secret(&account, name)["SecretString"].clone();
    // The state records an ARN that no longer exists, such as that of an earlier secret with the same name.
    let mut state = account.state().unwrap();
    let arn = state["resources"]["security/sandbox-secret"]["id"].as_str().unwrap().to_owned();
    let old = format!("{}-Old123", arn.rsplit_once('-').unwrap().0);
    state["resources"]["security/sandbox-secret"]["id"] = json!(old);
    account.write("old.json", &state.to_string()).unwrap();
    account.succeed(&["state", "push", "old.json", "--force"]).unwrap();
    account.succeed(&["apply", "--yes", "--target", "security/sandbox-secret"]).unwrap();
    assert_eq!(secret(&account, name)["SecretString"], before);
    assert_eq!(account.state().unwrap()["resources"]["security/sandbox-secret"]["id"], json!(arn));
}
