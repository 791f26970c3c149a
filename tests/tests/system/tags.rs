//! The index of tags: it spares calls, and it may be behind.

use std::time::Duration;

use ohinfra_tests::proxy::{Answer, Call, Verdict};
use ohinfra_tests::{Account, Proxy};
use serde_json::json;

const INDEX: &str = "GetResources";

/// Runs a command through a proxy that does this to every question to the index, and counts those and the questions for tags.
fn asked(account: &mut Account, proxy: &Proxy, arguments: &[&str]) -> (Option<i32>, usize, usize) {
    proxy.forget();
    let upstream = std::mem::replace(&mut account.endpoint, proxy.endpoint.clone());
    let ended = account.run(arguments);
    account.endpoint = upstream;
    let calls = proxy.calls();
    let is_about_tags = |call: &&Call| call.operation.contains("Tags") || call.operation.contains("/tags");
    let index = calls.iter().filter(|call| call.operation == INDEX).count();
    (ended.unwrap().code, index, calls.iter().filter(is_about_tags).count())
}

#[test]
fn a_plan_uses_the_tag_index_only_where_it_matches_the_state() {
    let mut account = Account::new().unwrap();
    account.succeed(&["apply", "--yes"]).unwrap();
    let rule = |call: &Call| if call.operation == INDEX { Verdict::Replay } else { Verdict::Forward };
    let behind = Proxy::start(&account.endpoint, Duration::ZERO, Box::new(rule)).unwrap();
    let plan = ["plan", "--detailed-exitcode"];
    // The tag in which rules of the load balancer record the header values that they accept is in no state.
    assert_eq!(
        asked(&mut account, &behind, &plan),
        (Some(0), 2, 1),
        "all tags but those of the rules are in the index"
    );

    // What is going to be done, and what is saved to be done, is read where it is.
    assert_eq!(asked(&mut account, &behind, &["drift"]).1, 0);
    assert_eq!(asked(&mut account, &behind, &["plan", "--out", "saved.plan"]).1, 0);
    assert_eq!(asked(&mut account, &behind, &["plan", "--destroy"]).1, 0);
    account.configure("[tags]\nteam = \"platform\"\n").unwrap();
    assert_eq!(asked(&mut account, &behind, &["apply", "--yes"]).1, 0);

    // From here on the index says what was true before that apply.
    let (code, index, tags) = asked(&mut account, &behind, &plan);
    assert_eq!((code, index), (Some(0), 2), "an index that is behind changes no plan");
    assert!(tags > 20, "{tags} questions for tags");

    let refuse = |call: &Call| match call.operation.as_str() {
        INDEX => Verdict::Answer(Answer::refusal(call, 400, "AccessDeniedException", "not authorized")),
        _ => Verdict::Forward,
    };
    let refused = Proxy::start(&account.endpoint, Duration::ZERO, Box::new(refuse)).unwrap();
    let (code, _, tags) = asked(&mut account, &refused, &plan);
    assert_eq!(code, Some(0), "without the permission to read the index the services are asked");
    assert!(tags > 20, "{tags} questions for tags");

    // Tags that were changed elsewhere are found through the index as well.
    let name = "/openhands/docker/openhands-version";
    let call = json!({ "ResourceType": "Parameter", "ResourceId": name, "TagKeys": ["team"] });
    account.calls(&[("ssm", "remove_tags_from_resource", call)]).unwrap();
    assert_eq!(account.run(&plan).unwrap().code, Some(2));
}
