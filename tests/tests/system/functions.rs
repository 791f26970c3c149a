//! Functions: only code that ohinfra rendered runs and is published.

use std::time::Duration;

use ohinfra_kinds::logs::REPLICA_REGIONS;
use ohinfra_tests::proxy::{Answer, Verdict};
use ohinfra_tests::{Account, Proxy};
use serde_json::{Value, json};

/// An empty ZIP archive, as code from another source.
const FOREIGN: &str = "UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA==";
const FUNCTIONS: [(&str, &str); 2] = [("us-east-1", "edge/auth-function"), ("us-west-2", "user-config/function")];

fn id<'a>(state: &'a Value, address: &str) -> &'a str {
    state["resources"][address]["id"].as_str().unwrap_or_else(|| panic!("no {address}"))
}

/// Returns the digests of the code of a function, followed by those of its versions.
fn digests(account: &Account, region: &str, name: &str) -> Vec<String> {
    let found =
        account.call_in(region, "lambda", "list_versions_by_function", json!({ "FunctionName": name })).unwrap();
    let versions = found["Versions"].as_array().unwrap();
    versions.iter().map(|version| version["CodeSha256"].as_str().unwrap().to_owned()).collect()
}

/// Replaces the code of both functions.
fn replace(account: &Account, state: &Value) {
    for (region, address) in FUNCTIONS {
        let code = json!({ "FunctionName": id(state, address), "ZipFile": { "$base64": FOREIGN } });
        account.call_in(region, "lambda", "update_function_code", code).unwrap();
    }
}

fn is_settled(account: &Account) {
    let settled = account.run(&["plan", "--detailed-exitcode"]).unwrap();
    assert_eq!(settled.code, Some(0), "{}", settled.stdout);
}

#[test]
fn replaced_function_code_is_drift_and_is_never_published() {
    let account = Account::new().unwrap();
    account.succeed(&["apply", "--yes"]).unwrap();
    let state = account.state().unwrap();
    let code = || FUNCTIONS.map(|(region, address)| digests(&account, region, id(&state, address)));
    let ours = code();
    replace(&account, &state);
    let replaced = code();
    assert!(ours.iter().zip(&replaced).all(|(ours, now)| ours[0] != now[0]));

    let plan = account.plan().unwrap();
    for (_, address) in FUNCTIONS {
        let drift = plan["drift"].as_array().unwrap().iter().find(|drift| drift["address"] == address).unwrap();
        let fields: Vec<&Value> = drift["fields"].as_array().unwrap().iter().map(|field| &field["path"]).collect();
        assert_eq!(fields, ["code_sha256"], "{drift:#}");
    }
    assert_eq!(account.run(&["drift"]).unwrap().code, Some(2));

    // An apply of only the version does not publish the replaced code.
    let version = ["apply", "--yes", "--target", "edge/auth-function-version", "--exclusively"];
    account.succeed(&version).unwrap();
    assert_eq!(code(), replaced);

    // Without a state, the replaced code is not trusted either.
    std::fs::remove_file(account.folder().join("state/openhands.json")).unwrap();
    account.succeed(&["apply", "--yes"]).unwrap();
    assert_eq!(code(), ours, "the code was not restored, or another version was published");
    is_settled(&account);
}

#[test]
fn added_function_settings_are_drift_and_are_never_published() {
    let account = Account::new().unwrap();
    account.succeed(&["apply", "--yes"]).unwrap();
    let state = account.state().unwrap();
    let (region, address) = FUNCTIONS[0];
    let name = json!({ "FunctionName": id(&state, address) });
    let versions = || {
        let found = account.call_in(region, "lambda", "list_versions_by_function", name.clone()).unwrap();
        let versions = found["Versions"].as_array().unwrap().clone();
        let variables = |version: &Value| version["Environment"]["Variables"].as_object().cloned().unwrap_or_default();
        versions.iter().map(variables).collect::<Vec<_>>()
    };
    let ours = versions();
    let mut change = name.clone();
    change["Environment"] = json!({ "Variables": { "AWS_LAMBDA_EXEC_WRAPPER": "/tmp/theirs" } });
    account.call_in(region, "lambda", "update_function_configuration", change).unwrap();
    let changed = versions();
    assert!(ours[0] != changed[0] && ours[1..] == changed[1..], "{changed:?}");
    let plan = account.plan().unwrap();
    let drift: Vec<&Value> = plan["drift"].as_array().unwrap().iter().map(|drift| &drift["address"]).collect();
    assert_eq!(drift, [address], "the version is reported as drift");

    // An apply or a replacement of only the version does not publish the settings.
    account.succeed(&["apply", "--yes", "--target", "edge/auth-function-version", "--exclusively"]).unwrap();
    assert_eq!(versions(), changed);
    let again = ["apply", "--yes", "--target", "edge/auth-function-version", "--exclusively", "--replace"];
    let run = account.run(&[&again[..], &["edge/auth-function-version"]].concat()).unwrap();
    assert_eq!(versions(), changed, "{run:#?}");

    account.succeed(&["apply", "--yes"]).unwrap();
    assert_eq!(versions(), ours);
    is_settled(&account);
}

#[test]
fn code_and_settings_of_a_function_change_in_one_apply_with_one_call_each() {
    let mut account = Account::new().unwrap();
    account.succeed(&["apply", "--yes"]).unwrap();
    account.configure("edge_runtime = \"nodejs22.x\"\n[[edge]]\nruntime_access = \"public\"\n").unwrap();
    let proxy = Proxy::counting(&account.endpoint).unwrap();
    account.endpoint.clone_from(&proxy.endpoint);
    account.succeed(&["apply", "--yes"]).unwrap();
    let calls = proxy.calls();
    let of = |operation: &str| {
        let is_it = |path: &str| path.contains("-auth/") && path.ends_with(operation);
        calls.iter().filter(|call| call.service == "lambda" && is_it(&call.operation)).count()
    };
    assert_eq!((of("/configuration"), of("/code")), (1, 1), "{calls:#?}");
    is_settled(&account);
}

/// Returns the retention of a replica log group of a function in a region: 0 if no retention is set, `None` if the group
/// does not exist.
fn retention(account: &Account, region: &str, function: &str) -> Option<u64> {
    let name = format!("/aws/lambda/us-east-1.{function}");
    let found = json!({ "logGroupNamePrefix": name });
    let found = account.call_in(region, "logs", "describe_log_groups", found).unwrap();
    let group = found["logGroups"].as_array().unwrap().iter().find(|group| group["logGroupName"] == name.as_str())?;
    Some(group["retentionInDays"].as_u64().unwrap_or_default())
}

#[test]
fn edge_function_logs_have_a_retention_in_every_region_and_are_purged_after_the_functions() {
    let mut account = Account::new().unwrap();
    let found = account.inventory().unwrap();
    // Lambda creates a group without a retention.
    let first = json!({ "logGroupName": "/aws/lambda/us-east-1.openhands-edge-auth" });
    account.call_in("eu-west-1", "logs", "create_log_group", first).unwrap();
    account.succeed(&["apply", "--yes"]).unwrap();
    is_settled(&account);
    for region in REPLICA_REGIONS {
        for function in ["openhands-edge-auth", "openhands-edge-headers"] {
            assert_eq!(retention(&account, region, function), Some(731), "{region} {function}");
        }
    }

    let proxy = Proxy::counting(&account.endpoint).unwrap();
    let localstack = std::mem::replace(&mut account.endpoint, proxy.endpoint.clone());
    let purge = ["destroy", "--purge", "--yes"];
    account.succeed(&purge).unwrap();
    let calls = proxy.calls();
    let first = |is_it: &dyn Fn(&str, &str) -> bool| {
        calls.iter().position(|call| is_it(&call.operation, &String::from_utf8_lossy(&call.body))).unwrap()
    };
    let function =
        first(&|operation, _| operation.starts_with("DELETE /") && operation.ends_with("/openhands-edge-auth"));
    let group =
        first(&|operation, body| operation == "DeleteLogGroup" && body.contains("us-east-1.openhands-edge-auth"));
    assert!(function < group, "{function} {group}");
    account.endpoint = localstack;
    account.finish(&purge).unwrap();
    assert_eq!(account.inventory().unwrap().differences(&found), Vec::<String>::new());
}

#[test]
fn a_region_that_an_organization_denies_can_be_excluded_from_edge_logs() {
    let mut account = Account::new().unwrap();
    let proxy = Proxy::start(
        &account.endpoint,
        Duration::ZERO,
        Box::new(|call| {
            let is_denied = call.head.contains("/sa-east-1/");
            let message = "not authorized with an explicit deny in a service control policy";
            let answer = || Answer::refusal(call, 400, "AccessDeniedException", message);
            if is_denied { Verdict::Answer(answer()) } else { Verdict::Forward }
        }),
    )
    .unwrap();
    account.endpoint.clone_from(&proxy.endpoint);
    let target = ["apply", "--yes", "--target", "edge/auth-function-replica-logs"];
    let refused = account.run(&target).unwrap();
    assert_eq!(refused.code, Some(1), "{}", refused.stdout);
    assert!(refused.stderr.contains("sa-east-1: not authorized"), "{}", refused.stderr);
    assert!(refused.stderr.contains("logs:CreateLogGroup"), "{}", refused.stderr);

    account.configure("[monitoring]\nedge_log_regions = [\"eu-west-1\", \"us-west-2\"]\n").unwrap();
    account.succeed(&target).unwrap();
    assert_eq!(retention(&account, "us-west-2", "openhands-edge-auth"), Some(731));
    account.succeed(&["destroy", "--purge", "--yes"]).unwrap();
    assert_eq!(retention(&account, "us-west-2", "openhands-edge-auth"), None);
}
