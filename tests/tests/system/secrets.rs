//! Secrets never appear in the state, plans, logs, events, temporary files or output.

use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use ohinfra_tests::proxy::{Answer, Call, Verdict};
use ohinfra_tests::{Account, Ended, Proxy};
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

/// Returns a value in its common encodings.
fn encodings(secret: &str) -> Vec<String> {
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    let percent: String = secret
        .bytes()
        .map(|b| if b.is_ascii_alphanumeric() { (b as char).to_string() } else { format!("%{b:02X}") })
        .collect();
    let reversed: String = secret.chars().rev().collect();
    let mut all = vec![secret.to_owned(), hex.to_uppercase(), hex, percent, reversed, json!(secret).to_string()];
    // The Base64 encoding of a text that contains the value depends on the number of preceding bytes.
    for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
        for before in 0..3 {
            let encoded = engine.encode(format!("{}{secret}", "x".repeat(before)));
            all.push(encoded[4..encoded.len() - 4].to_owned());
        }
    }
    all
}

const ORIGIN: &str = "openhands/cloudfront/origin-verify";

const CONFIGURATION: &str = "\
[state]
url = \"s3://ohinfra-state-<account>-<region>/openhands.json\"
[auth.oidc]
name = \"Example-OIDC\"
issuer = \"https://sso.example.com\"
client_id = \"openhands\"
client_secret_name = \"sso/openhands\"
";

/// Denies the creation of secrets.
fn refuse(call: &Call) -> Verdict {
    if call.operation == "CreateSecret" {
        return Verdict::Answer(Answer::refusal(call, 400, "AccessDeniedException", "not authorized"));
    }
    Verdict::Forward
}

/// Runs a command and adds its output to `written`.
fn run(account: &Account, written: &mut Vec<(String, Vec<u8>)>, arguments: &[&str]) -> Ended {
    let ended = account.run(arguments).unwrap();
    written.push((format!("standard output of {arguments:?}"), ended.stdout.clone().into_bytes()));
    written.push((format!("standard error of {arguments:?}"), ended.stderr.clone().into_bytes()));
    ended
}

#[test]
fn no_output_or_written_file_contains_a_secret() {
    let mut account = Account::new().unwrap();
    account.configure(CONFIGURATION).unwrap();
    // Create one secret beforehand, with a recognizable value.
    let planted = "planted+secret/value=that&can%be\"recognised";
    account
        .call(
            "secretsmanager",
            "create_secret",
            json!({ "Name": "openhands/sandbox-secret-key", "SecretString": planted }),
        )
        .unwrap();
    // Create the client secret of the company login, which Cognito returns in descriptions of the provider.
    let login = "company+login/secret=of&the%client\"";
    account.call("secretsmanager", "create_secret", json!({ "Name": "sso/openhands", "SecretString": login })).unwrap();
    let mut written: Vec<(String, Vec<u8>)> = Vec::new();
    run(&account, &mut written, &["bootstrap"]);
    run(&account, &mut written, &["plan", "-v", "--log", "plan.log", "--out", "saved.plan"]);
    run(&account, &mut written, &["plan", "--json", "--all"]);
    run(&account, &mut written, &["apply", "saved.plan", "-v", "--log", "apply.log"]);
    let pool = run(&account, &mut written, &["output", "user_pool_id", "--raw"]).stdout.trim().to_owned();
    let provider = json!({ "UserPoolId": pool, "ProviderName": "Example-OIDC" });
    let provider = account.call_in("us-east-1", "cognito-idp", "describe_identity_provider", provider).unwrap();
    assert_eq!(
        provider["IdentityProvider"]["ProviderDetails"]["client_secret"], login,
        "Cognito does not have the client secret"
    );
    run(&account, &mut written, &["users", "invite", "ada@example.com", "-v", "--log", "users.log"]);
    run(&account, &mut written, &["users", "list", "--json", "-v"]);
    run(&account, &mut written, &["drift", "--json"]);
    let origin = account.call("secretsmanager", "get_secret_value", json!({ "SecretId": ORIGIN })).unwrap();
    let origin = origin["SecretString"].as_str().unwrap().to_owned();
    run(&account, &mut written, &["apply", "--yes", "--json", "-v", "--log", "again.log"]);
    // An apply that fails: the secret of the origin was deleted, and its creation is denied.
    let proxy = Proxy::start(&account.endpoint, Duration::ZERO, Box::new(refuse)).unwrap();
    account
        .call("secretsmanager", "delete_secret", json!({ "SecretId": ORIGIN, "ForceDeleteWithoutRecovery": true }))
        .unwrap();
    let upstream = std::mem::replace(&mut account.endpoint, proxy.endpoint.clone());
    let failed = run(&account, &mut written, &["apply", "--yes", "-v", "--log", "failed.log"]);
    assert!(failed.stderr.contains("AccessDenied"), "{}", failed.stderr);
    account.endpoint = upstream;
    run(&account, &mut written, &["apply", "--yes"]);
    run(&account, &mut written, &["state", "pull"]);
    run(&account, &mut written, &["output", "--json"]);
    run(&account, &mut written, &["graph", "--format", "json"]);
    run(&account, &mut written, &["destroy", "--yes", "--json", "-v", "--log", "destroy.log"]);
    run(&account, &mut written, &["destroy", "--purge", "--yes", "-v"]);

    files(account.folder(), &mut written);
    let bucket = format!("ohinfra-state-{}-us-west-2", account.id);
    let versions = account.call("s3", "list_object_versions", json!({ "Bucket": bucket })).unwrap();
    for version in versions["Versions"].as_array().unwrap() {
        let (key, id) = (version["Key"].as_str().unwrap(), version["VersionId"].as_str().unwrap());
        let stored =
            account.call("s3", "get_object", json!({ "Bucket": bucket, "Key": key, "VersionId": id })).unwrap();
        written.push((format!("{key} version {id}"), stored["Body"].as_str().unwrap().as_bytes().to_vec()));
    }
    assert!(written.len() > 30, "files or outputs are missing");
    for secret in [planted, login, &origin] {
        for encoding in encodings(secret) {
            for (place, bytes) in &written {
                let found = bytes.windows(encoding.len()).any(|window| window == encoding.as_bytes());
                assert!(!found, "{place} holds a secret");
            }
        }
    }
}
