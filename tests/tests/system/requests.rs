//! Every request is valid according to the AWS API models; emulators also accept invalid requests.

use ohinfra_tests::{Account, Proxy};
use serde_json::Value;

#[test]
fn every_request_is_valid_according_to_the_aws_api_models() {
    let mut account = Account::new().unwrap();
    account.write("policy.json", &ohinfra_testkit::repository_file("config/sandbox-aws-policy.json")).unwrap();
    let more = "[sandbox]\naws_access = true\naws_policy_file = \"policy.json\"\n[monitoring]\nalarm_emails = [\"a@example.com\"]\n";
    let build = "[images]\nsource = \"build\"\n";
    account.configure(&format!("{build}{more}")).unwrap();
    let proxy = Proxy::counting(&account.endpoint).unwrap();
    account.endpoint.clone_from(&proxy.endpoint);
    account.succeed(&["apply", "--yes"]).unwrap();
    account.succeed(&["plan"]).unwrap();
    account
        .configure(&format!(
            "{build}{more}log_retention_days = 7\n[tags]\nTeam = \"b\"\n[models]\ndefault = \"bedrock/other\"\n[database]\nmax_acu = 8\n[waf]\nrate_limit = 1000\n"
        ))
        .unwrap();
    account.succeed(&["apply", "--yes"]).unwrap();
    account.succeed(&["apply", "--yes", "--rotate", "security/origin-verify-secret"]).unwrap();
    account.succeed(&["destroy", "--yes"]).unwrap();
    account.succeed(&["apply", "--yes"]).unwrap();
    account.succeed(&["destroy", "--purge", "--yes"]).unwrap();

    let found = account.validate(&proxy.calls()).unwrap();
    assert!(found["checked"].as_u64() > Some(1000), "{found:#}");
    assert!(found["operations"].as_array().map_or(0, Vec::len) > 120, "{found:#}");
    let violations: Vec<&str> =
        found["violations"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}
