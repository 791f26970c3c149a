//! A domain with a separate state, which another team operates in front of a deployment.

use ohinfra_tests::Account;
use serde_json::{Value, json};

const TEAM: &str =
    "name = \"team\"\ndomain_name = \"example.com\"\nsub_domain = \"team\"\n[backend]\nregion = \"us-west-2\"\n";

fn addresses(state: &Value) -> Vec<String> {
    state["resources"].as_object().unwrap().keys().cloned().collect()
}

/// Writes the configuration of the other team.
fn configure_team(account: &Account) {
    let zone = format!("hosted_zone_id = \"{}\"\n", account.fixture("hosted_zone_id"));
    account.write("ohinfra.toml", &format!("{zone}{TEAM}")).unwrap();
}

/// Returns the only origin of the team's distribution.
fn origin(account: &Account) -> Value {
    let state = account.state().unwrap();
    let distribution = json!({ "Id": state["resources"]["edge/distribution"]["id"] });
    let config = account.call("cloudfront", "get_distribution_config", distribution).unwrap();
    config["DistributionConfig"]["Origins"]["Items"][0].clone()
}

fn header(account: &Account) -> String {
    let secret = json!({ "SecretId": "openhands/cloudfront/origin-verify" });
    let secret = account.call("secretsmanager", "get_secret_value", secret).unwrap();
    secret["SecretString"].as_str().unwrap().to_owned()
}

#[test]
fn a_domain_with_its_own_state_never_changes_its_backend() {
    let account = Account::new().unwrap();
    configure_team(&account);
    let early = account.run(&["plan"]).unwrap();
    assert_eq!(early.code, Some(1));
    assert!(early.stderr.contains("apply the backend first"), "{}", early.stderr);

    account.configure("").unwrap();
    account.succeed(&["apply", "--yes"]).unwrap();
    let backend = account.state().unwrap();

    configure_team(&account);
    let applied = account.succeed(&["apply", "--yes"]).unwrap();
    let secret = header(&account);
    assert!(!applied.stdout.contains(&secret) && !applied.stderr.contains(&secret));
    assert!(!account.state().unwrap().to_string().contains(&secret));
    assert!(addresses(&account.state().unwrap()).iter().all(|a| a.starts_with("auth/") || a.starts_with("edge/")));
    assert_eq!(account.run(&["plan", "--detailed-exitcode"]).unwrap().code, Some(0));
    let found = origin(&account);
    assert_eq!(found["DomainName"], backend["resources"]["compute/alb"]["attributes"]["dns_name"]);
    assert_eq!(found["CustomHeaders"]["Items"][0]["HeaderValue"], secret);

    // After a rotation of the backend's header value, the next apply of the team updates the distribution.
    account.configure("").unwrap();
    assert_eq!(account.run(&["plan", "--detailed-exitcode"]).unwrap().code, Some(0));
    account.succeed(&["apply", "--yes", "--rotate", "security/origin-verify-secret"]).unwrap();
    configure_team(&account);
    let plan = account.plan().unwrap();
    let changes: Vec<&Value> = plan["changes"].as_array().unwrap().iter().map(|change| &change["address"]).collect();
    assert_eq!(changes, [&json!("edge/distribution")]);
    account.succeed(&["apply", "--yes"]).unwrap();
    let rotated = header(&account);
    assert_ne!(rotated, secret);
    assert_eq!(origin(&account)["CustomHeaders"]["Items"][0]["HeaderValue"], rotated);

    let purge = ["destroy", "--purge", "--yes"];
    account.succeed(&purge).unwrap();
    account.finish(&purge).unwrap();
    assert!(addresses(&account.state().unwrap()).is_empty());
    account.configure("").unwrap();
    assert_eq!(account.run(&["plan", "--detailed-exitcode"]).unwrap().code, Some(0));
}
