//! Functions: only code that ohinfra rendered runs, and only such code is published.

use ohinfra_tests::{Account, Proxy};
use serde_json::{Value, json};

/// A zip without files: code that is not ours.
const FOREIGN: &str = "UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA==";
const FUNCTIONS: [(&str, &str); 2] = [("us-east-1", "edge/auth-function"), ("us-west-2", "user-config/function")];

fn id<'a>(state: &'a Value, address: &str) -> &'a str {
    state["resources"][address]["id"].as_str().unwrap_or_else(|| panic!("no {address}"))
}

/// The digests of a function's code: of the function itself, then of every version.
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
fn code_that_somebody_replaced_is_drift_and_is_never_published() {
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

    // The version alone: the code of the function is not ours, so that nothing of it is published.
    let version = ["apply", "--yes", "--target", "edge/auth-function-version", "--exclusively"];
    account.succeed(&version).unwrap();
    assert_eq!(code(), replaced);

    // Without a state, too: code that nobody recorded is not taken for ours.
    std::fs::remove_file(account.folder().join("state/openhands.json")).unwrap();
    account.succeed(&["apply", "--yes"]).unwrap();
    assert_eq!(code(), ours, "uploaded again; the version that was published stays, and there is no other one");
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
