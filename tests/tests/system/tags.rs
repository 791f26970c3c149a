//! The tag index, which saves calls and can be stale.

use std::time::Duration;

use ohinfra_tests::proxy::{Answer, Call, Verdict};
use ohinfra_tests::{Account, Proxy};
use serde_json::json;

const INDEX: &str = "GetResources";

/// Runs a command through a proxy. Returns its exit code, the number of queries to the tag index, and the number of other
/// requests for tags.
fn count_tag_requests(account: &mut Account, proxy: &Proxy, arguments: &[&str]) -> (Option<i32>, usize, usize) {
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
    let stale = Proxy::start(&account.endpoint, Duration::ZERO, Box::new(rule)).unwrap();
    let plan = ["plan", "--detailed-exitcode"];
    // The state does not contain the tag in which load balancer rules record the header values that they accept.
    assert_eq!(
        count_tag_requests(&mut account, &stale, &plan),
        (Some(0), 2, 1),
        "only the tags of the rules are read from their service"
    );

    // An apply, a saved plan, a destroy plan and drift do not use the index.
    assert_eq!(count_tag_requests(&mut account, &stale, &["drift"]).1, 0);
    assert_eq!(count_tag_requests(&mut account, &stale, &["plan", "--out", "saved.plan"]).1, 0);
    assert_eq!(count_tag_requests(&mut account, &stale, &["plan", "--destroy"]).1, 0);
    account.configure("[tags]\nteam = \"platform\"\n").unwrap();
    assert_eq!(count_tag_requests(&mut account, &stale, &["apply", "--yes"]).1, 0);

    // From here on, the index is older than the last apply.
    let (code, index, tags) = count_tag_requests(&mut account, &stale, &plan);
    assert_eq!((code, index), (Some(0), 2), "a stale index changed the plan");
    assert!(tags > 20, "{tags} requests for tags");

    let refuse = |call: &Call| match call.operation.as_str() {
        INDEX => Verdict::Answer(Answer::refusal(call, 400, "AccessDeniedException", "not authorized")),
        _ => Verdict::Forward,
    };
    let refused = Proxy::start(&account.endpoint, Duration::ZERO, Box::new(refuse)).unwrap();
    let (code, _, tags) = count_tag_requests(&mut account, &refused, &plan);
    assert_eq!(code, Some(0), "the plan requires permission to read the index");
    assert!(tags > 20, "{tags} requests for tags");

    // The index also shows tags that were changed outside ohinfra.
    let name = "/openhands/docker/openhands-version";
    let call = json!({ "ResourceType": "Parameter", "ResourceId": name, "TagKeys": ["team"] });
    account.calls(&[("ssm", "remove_tags_from_resource", call)]).unwrap();
    assert_eq!(account.run(&plan).unwrap().code, Some(2));
}
