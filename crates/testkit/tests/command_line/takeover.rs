//! Imported resources keep their identity, and no plan deletes data without consent.

use ohinfra_state::local::replace_file;
use serde_json::{Value, json};

use super::Place;

const IMPORTED: [&str; 4] =
    ["database/admin-secret", "database/proxy-secret", "database/cluster", "monitoring/data-bucket"];

/// Names that `CloudFormation` generates: address, field and name.
const GENERATED: &[(&str, &str, &str)] = &[
    ("database/cluster", "cluster_name", "openhands-database-auroracluster23d869c0-abc123"),
    ("database/cluster", "subnet_group_name", "openhands-database-auroraclustersubnets-xyz"),
    ("database/admin-secret", "secret_name", "DatabaseAdminSecret0A702AEB-q1w2e3"),
    ("database/proxy-secret", "secret_name", "DatabaseProxySecret1B803BFC-r4t5y6"),
    ("monitoring/data-bucket", "bucket_name", "openhands-monitoring-databuckete3889a50-0123456789ab"),
];

/// Returns an account that contains only a cluster, a bucket and secrets, created by another tool.
fn foreign() -> (Place, Vec<Value>) {
    let place = Place::new();
    place.succeed(&["apply", "--yes"]);
    let file = place.path().join("cloud.json");
    let objects: Vec<Value> = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    let kept = objects.into_iter().filter_map(|mut object| {
        let address = object["inputs"]["tags"]["ohinfra:address"].as_str()?.to_owned();
        IMPORTED.contains(&address.as_str()).then(|| {
            for (_, field, name) in GENERATED.iter().filter(|(owner, ..)| *owner == address) {
                object["inputs"][*field] = json!(name);
            }
            object["inputs"]["tags"] = json!({ "aws:cloudformation:stack-name": "OpenHands-Database", "team": "x" });
            object["about"] = json!(address);
            object
        })
    });
    let kept: Vec<Value> = kept.collect();
    let bytes = serde_json::to_vec(&kept.iter().map(without_about).collect::<Vec<_>>()).unwrap();
    replace_file(&file, &bytes).unwrap();
    std::fs::remove_dir_all(place.path().join("state")).unwrap();
    (place, kept)
}

fn without_about(object: &Value) -> Value {
    let mut object = object.clone();
    object.as_object_mut().unwrap().remove("about");
    object
}

fn import(place: &Place, objects: &[Value]) {
    for address in IMPORTED {
        let object = objects.iter().find(|object| object["about"] == address).unwrap();
        place.succeed(&["import", address, object["id"].as_str().unwrap()]);
    }
}

fn plan(place: &Place) -> Value {
    serde_json::from_str(&place.succeed(&["plan", "--json"])).unwrap()
}

fn cloud(place: &Place) -> Vec<Value> {
    serde_json::from_slice(&std::fs::read(place.path().join("cloud.json")).unwrap()).unwrap()
}

fn state(place: &Place, address: &str) -> Value {
    serde_json::from_str(&place.succeed(&["state", "show", address])).unwrap()
}

#[test]
fn imported_resources_with_generated_names_keep_their_identity_and_their_content() {
    let (place, objects) = foreign();
    import(&place, &objects);
    let plan = plan(&place);
    assert_eq!(plan["summary"]["replace"], 0, "{plan:#}");
    for change in plan["changes"].as_array().unwrap() {
        if IMPORTED.contains(&change["address"].as_str().unwrap()) {
            let paths: Vec<&str> =
                change["fields"].as_array().unwrap().iter().map(|field| field["path"].as_str().unwrap()).collect();
            let only_tags = paths.iter().all(|path| path.starts_with("tags.") && *path != "tags.team");
            // The cluster is updated in place to managed groups.
            let in_place = ["security_group_ids", "parameter_group_name"];
            let is_expected = only_tags || paths.iter().all(|p| p.starts_with("tags.") || in_place.contains(p));
            assert!(is_expected, "{change:#}");
            assert!(!paths.contains(&"content") && !paths.contains(&"admin_secret_arn"), "{change:#}");
        }
    }
    place.succeed(&["apply", "--yes"]);
    let again = place.run(&["plan", "--detailed-exitcode"]);
    assert_eq!(again.code, 0, "{}{}", again.stdout, again.stderr);
    let kept = state(&place, "database/cluster");
    assert_eq!(kept["kept"]["cluster_name"], "openhands-database-auroracluster23d869c0-abc123");
    assert_eq!(kept["imported"], true);
    // The objects, names and content are unchanged.
    let after = cloud(&place);
    for object in &objects {
        let now = after.iter().find(|other| other["id"] == object["id"]).unwrap();
        for (_, field, name) in GENERATED.iter().filter(|(owner, ..)| object["about"] == *owner) {
            assert_eq!(now["inputs"][*field], *name);
        }
        assert_eq!(now["inputs"]["tags"]["team"], "x", "foreign tags are kept");
    }
    let of_kind = |kind: &str| after.iter().filter(|object| object["kind"] == kind).count();
    assert_eq!((of_kind("rds.cluster"), of_kind("s3.bucket")), (1, 1));
}

#[test]
fn a_retained_resource_is_adopted_under_its_kept_name() {
    let (place, objects) = foreign();
    import(&place, &objects);
    place.succeed(&["apply", "--yes"]);
    place.succeed(&["destroy", "--yes"]);
    let bucket = objects.iter().find(|object| object["about"] == "monitoring/data-bucket").unwrap();
    let plan = plan(&place);
    let change = plan["changes"].as_array().unwrap().iter().find(|c| c["address"] == "monitoring/data-bucket").unwrap();
    assert_eq!((&change["action"], &change["id"]), (&json!("adopt"), &bucket["id"]), "{change:#}");
    place.succeed(&["apply", "--yes"]);
    let kept = state(&place, "monitoring/data-bucket");
    assert_eq!(kept["kept"]["bucket_name"], "openhands-monitoring-databuckete3889a50-0123456789ab");
    let again = place.run(&["plan", "--detailed-exitcode"]);
    assert_eq!(again.code, 0, "{}{}", again.stdout, again.stderr);
}

#[test]
fn an_immutable_difference_of_an_imported_resource_is_an_error() {
    let (place, mut objects) = foreign();
    let cluster = objects.iter_mut().find(|object| object["about"] == "database/cluster").unwrap();
    cluster["inputs"]["engine"] = json!("aurora-mysql");
    let bytes = serde_json::to_vec(&objects.iter().map(without_about).collect::<Vec<_>>()).unwrap();
    replace_file(&place.path().join("cloud.json"), &bytes).unwrap();
    import(&place, &objects);
    let message = place.fail(&["apply", "--yes"]);
    assert!(
        message.contains("`engine` is `aurora-mysql` in AWS but `aurora-postgresql` in the configuration"),
        "{message}"
    );
    assert!(message.contains("--replace database/cluster"), "{message}");
    assert_eq!(cloud(&place).len(), objects.len(), "nothing was changed");
    // `--replace` requests the replacement, which also requires consent by address.
    let replaced = ["apply", "--yes", "--replace", "database/cluster"];
    let message = place.fail(&replaced);
    assert!(message.contains("--accept data:database/cluster"), "{message}");
    place.succeed(&[&replaced[..], &["--accept", "data:database/cluster"]].concat());
    assert_eq!(state(&place, "database/cluster").get("kept"), None, "a replacement has the configured name");
}

#[test]
fn a_value_missing_in_aws_never_replaces_a_cluster() {
    let place = Place::new();
    let target = ["--target", "database/cluster"];
    place.succeed(&[&["apply", "--yes"][..], &target].concat());
    for value in [Some(Value::Null), None] {
        place.cloud().edit("database/cluster", |inputs| {
            inputs.remove("database_name");
            inputs.extend(value.clone().map(|value| ("database_name".to_owned(), value)));
            inputs.remove("storage_encrypted");
        });
        assert_eq!(place.run(&[&["plan", "--detailed-exitcode"][..], &target].concat()).code, 0, "{value:?}");
    }
}

#[test]
fn data_is_deleted_only_with_consent_by_address() {
    let place = Place::new();
    place.succeed(&["apply", "--yes", "--target", "database/cluster"]);
    let shown = place.succeed(&["plan", "--target", "database/cluster", "--replace", "database/cluster"]);
    assert!(shown.contains("database/cluster rds.cluster `"), "{shown}");
    assert!(shown.contains("holds data and is deleted; its replacement is empty"), "{shown}");
    let before = cloud(&place);
    let message = place.fail(&["apply", "--yes", "--target", "database/cluster", "--replace", "database/cluster"]);
    assert!(message.contains("the plan would replace rds.cluster"), "{message}");
    assert_eq!(cloud(&place), before, "nothing was changed");
    // Consent is saved with the plan, or given when the plan is applied.
    place.succeed(&["plan", "--target", "database/cluster", "--replace", "database/cluster", "--out", "saved"]);
    let message = place.fail(&["apply", "saved"]);
    assert!(message.contains("add `--accept data:database/cluster`"), "{message}");
    place.succeed(&["apply", "saved", "--accept", "data:database/cluster"]);
    let message = place.fail(&["apply", "--yes", "--accept", "database/cluster"]);
    assert!(message.contains("expected `data:ADDRESS`"), "{message}");
}

#[test]
fn a_destroy_of_a_protected_resource_is_refused_before_any_change() {
    for (table, key, address) in [
        ("database", "database.deletion_protection", "database/cluster"),
        ("compute", "compute.deletion_protection", "compute/alb"),
    ] {
        let place = Place::new();
        let configuration = std::fs::read_to_string(place.path().join("ohinfra.toml")).unwrap();
        place.write("ohinfra.toml", &format!("{configuration}[{table}]\ndeletion_protection = true\n"));
        let apply = ["apply", "--yes", "--target", address];
        place.succeed(&apply);
        let before = cloud(&place);
        for command in [&["destroy", "--yes"][..], &["destroy", "--purge", "--yes"], &["plan", "--destroy"]] {
            let message = place.fail(command);
            assert!(message.contains(&format!("{address}: deletion protection is enabled")), "{message}");
            assert!(message.contains(&format!("set `{key} = false`")), "{message}");
        }
        assert_eq!(cloud(&place), before, "nothing was changed");
        place.write("ohinfra.toml", &configuration);
        let message = place.fail(&["destroy", "--yes"]);
        assert!(message.contains("the configuration disables it: run `ohinfra apply`"), "{message}");
        place.succeed(&apply);
        place.succeed(&["destroy", "--yes"]);
    }
}
