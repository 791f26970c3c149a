//! No secret is ever written: not to the state, plans, logs, events, temporary files or what is printed.

use std::path::Path;

use ohinfra_tests::Account;
use serde_json::json;

fn files(folder: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push((path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
}

/// The value and its common encodings.
fn encodings(secret: &str) -> Vec<String> {
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    let percent: String = secret
        .bytes()
        .map(|b| if b.is_ascii_alphanumeric() { (b as char).to_string() } else { format!("%{b:02X}") })
        .collect();
    let reversed: String = secret.chars().rev().collect();
    vec![secret.to_owned(), hex.to_uppercase(), hex, percent, reversed, json!(secret).to_string()]
}

#[test]
fn every_byte_that_is_written_is_free_of_every_secret() {
    let account = Account::new().unwrap();
    account.configure("[state]\nurl = \"s3://ohinfra-state-<account>-<region>/openhands.json\"\n").unwrap();
    // One secret that is there already, with a value that can be recognised.
    let planted = "planted+secret/value=that&can%be\"recognised";
    account
        .call(
            "secretsmanager",
            "create_secret",
            json!({ "Name": "openhands/sandbox-secret-key", "SecretString": planted }),
        )
        .unwrap();
    let mut written: Vec<(String, Vec<u8>)> = Vec::new();
    let mut run = |arguments: &[&str]| {
        let ended = account.run(arguments).unwrap();
        written.push((format!("standard output of {arguments:?}"), ended.stdout.into_bytes()));
        written.push((format!("standard error of {arguments:?}"), ended.stderr.into_bytes()));
    };
    run(&["bootstrap"]);
    run(&["plan", "-v", "--log", "plan.log", "--out", "saved.plan"]);
    run(&["plan", "--json", "--all"]);
    run(&["apply", "saved.plan", "-v", "--log", "apply.log"]);
    let origin = account
        .call("secretsmanager", "get_secret_value", json!({ "SecretId": "openhands/cloudfront/origin-verify" }))
        .unwrap();
    let origin = origin["SecretString"].as_str().unwrap().to_owned();
    run(&["apply", "--yes", "--json", "-v", "--log", "again.log"]);
    // An apply that fails: the key of the alias is taken away behind its back.
    account.configure("[monitoring]\nlog_retention_days = 60\ndata_bucket_name = \"taken\"\n").unwrap();
    run(&["apply", "--yes", "-v", "--log", "failed.log"]);
    account.configure("[state]\nurl = \"s3://ohinfra-state-<account>-<region>/openhands.json\"\n").unwrap();
    run(&["state", "pull"]);
    run(&["output", "--json"]);
    run(&["graph", "--format", "json"]);
    run(&["destroy", "--yes", "--json", "-v", "--log", "destroy.log"]);
    run(&["destroy", "--purge", "--yes", "-v"]);

    files(account.folder(), &mut written);
    let bucket = format!("ohinfra-state-{}-us-west-2", account.id);
    let versions = account.call("s3", "list_object_versions", json!({ "Bucket": bucket })).unwrap();
    for version in versions["Versions"].as_array().unwrap() {
        let (key, id) = (version["Key"].as_str().unwrap(), version["VersionId"].as_str().unwrap());
        let stored =
            account.call("s3", "get_object", json!({ "Bucket": bucket, "Key": key, "VersionId": id })).unwrap();
        written.push((format!("{key} version {id}"), stored["Body"].as_str().unwrap().as_bytes().to_vec()));
    }
    assert!(written.len() > 30, "all of it was looked at");
    for secret in [planted, &origin] {
        for encoding in encodings(secret) {
            for (place, bytes) in &written {
                let found = bytes.windows(encoding.len()).any(|window| window == encoding.as_bytes());
                assert!(!found, "{place} holds a secret");
            }
        }
    }
}
