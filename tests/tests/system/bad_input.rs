//! Bad input: one clear message, exit code 1, nothing changed.

use std::time::Duration;

use ohinfra_tests::proxy::Answer;
use ohinfra_tests::{Account, Ended, Proxy};
use serde_json::{Value, json};

/// What the user reads, without what differs from run to run.
fn shown(account: &Account, run: &Ended) -> String {
    assert_eq!(run.code, Some(1), "{run:#?}");
    let mut text = run.stderr.clone();
    for (id, name) in [
        (account.id.as_str(), "<account>"),
        (account.fixture("vpc_id"), "<vpc>"),
        (account.fixture("hosted_zone_id"), "<zone>"),
    ] {
        text = text.replace(id, name);
    }
    text.lines().map(|line| line.split(" (request ").next().unwrap()).collect::<Vec<_>>().join("\n")
}

/// Runs plan and apply, which must fail alike and change nothing.
fn refused(account: &Account) -> String {
    let before = account.inventory().unwrap();
    let plan = shown(account, &account.run(&["plan"]).unwrap());
    let apply = shown(account, &account.run(&["apply", "--yes"]).unwrap());
    assert_eq!(plan, apply);
    assert_eq!(account.inventory().unwrap(), before);
    plan
}

#[test]
fn every_problem_of_a_configuration_is_told_at_once_with_its_place() {
    let account = Account::new().unwrap();
    account
        .configure("regoin = \"us-west-2\"\nskip_s3_endpoint = \"yes\"\n[compute]\nroot_volume_gb = \"30\"\n[network]\nendpoints = { ecr = false }\n")
        .unwrap();
    insta::assert_snapshot!(refused(&account), @"");
}

#[test]
fn a_missing_vpc_is_told() {
    let account = Account::new().unwrap();
    account.succeed(&["validate"]).unwrap();
    let text = "region = \"us-west-2\"\nvpc_id = \"vpc-00000000000000000\"\ndomain_name = \"example.com\"\n";
    account
        .write("ohinfra.toml", &format!("{text}hosted_zone_id = \"{}\"\n", account.fixture("hosted_zone_id")))
        .unwrap();
    insta::assert_snapshot!(refused(&account), @"");
}

#[test]
fn a_vpc_without_private_subnets_is_told() {
    let account = Account::without(&["nat"]).unwrap();
    insta::assert_snapshot!(refused(&account), @"");
}

#[test]
fn a_vpc_without_dns_hostnames_is_told() {
    let account = Account::without(&["dns"]).unwrap();
    insta::assert_snapshot!(refused(&account), @"");
}

#[test]
fn the_zone_of_another_domain_is_told() {
    let account = Account::new().unwrap();
    let text = "region = \"us-west-2\"\ndomain_name = \"example.org\"\n";
    let (vpc, zone) = (account.fixture("vpc_id"), account.fixture("hosted_zone_id"));
    account.write("ohinfra.toml", &format!("{text}vpc_id = \"{vpc}\"\nhosted_zone_id = \"{zone}\"\n")).unwrap();
    insta::assert_snapshot!(refused(&account), @"");
}

#[test]
fn credentials_that_have_expired_are_told_once() {
    let mut account = Account::new().unwrap();
    // LocalStack takes any credentials: the proxy answers as AWS does.
    let expired = "<ErrorResponse><Error><Code>ExpiredToken</Code><Message>The security token included in the request is expired</Message></Error></ErrorResponse>";
    let rule = move |_: &ohinfra_tests::proxy::Call| Some(Answer { status: 403, body: expired.to_owned() });
    let proxy = Proxy::start(&account.endpoint, Duration::ZERO, Box::new(rule)).unwrap();
    let real = std::mem::replace(&mut account.endpoint, proxy.endpoint.clone());
    let text = shown(&account, &account.run(&["plan"]).unwrap());
    account.endpoint = real;
    let code = text.lines().filter(|line| line.starts_with("error:")).count();
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("ExpiredToken") || text.contains("expired"), "{text}");
    assert!(text.contains("help: log in again"), "{text}");
}

#[test]
fn credentials_that_are_missing_are_told_once() {
    let account = Account::new().unwrap();
    let mut command = account.command(&["plan"]).unwrap();
    command.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
    let run = ohinfra_tests::account::ended(&mut command).unwrap();
    insta::assert_snapshot!(shown(&account, &run), @"");
}

#[test]
fn an_endpoint_that_cannot_be_reached_is_told_once() {
    let account = Account::new().unwrap();
    let mut command = account.command(&["plan"]).unwrap();
    command.env("AWS_ENDPOINT_URL", "http://127.0.0.1:9");
    let run = ohinfra_tests::account::ended(&mut command).unwrap();
    let text = shown(&account, &run);
    assert_eq!(text.lines().count(), 2, "{text}");
    assert!(text.contains("help: check the network, the region, and AWS_ENDPOINT_URL"), "{text}");
}

#[test]
fn a_state_bucket_that_is_missing_is_told() {
    let account = Account::new().unwrap();
    account.configure("[state]\nurl = \"s3://ohinfra-state-<account>-<region>/openhands.json\"\n").unwrap();
    insta::assert_snapshot!(refused(&account), @"");
}

#[test]
fn a_state_that_is_damaged_newer_or_somebody_elses_is_told_and_left_alone() {
    let account = Account::new().unwrap();
    account.configure("[state]\nurl = \"s3://ohinfra-state-<account>-<region>/openhands.json\"\n").unwrap();
    account.succeed(&["bootstrap"]).unwrap();
    let bucket = format!("ohinfra-state-{}-us-west-2", account.id);
    let put = |body: &str| {
        account.call("s3", "put_object", json!({ "Bucket": bucket, "Key": "openhands.json", "Body": body })).unwrap()
    };
    let mut sample: Value = serde_json::from_str(include_str!("../../../state/sample-v1.json")).unwrap();
    sample["deployment"] = json!("other");
    let mut messages = Vec::new();
    for body in ["{\"format_version\": 1, \"serial\": ", "{\"format_version\": 2}", &sample.to_string()] {
        put(body);
        messages.push(refused(&account));
        let stored = account.call("s3", "get_object", json!({ "Bucket": bucket, "Key": "openhands.json" })).unwrap();
        assert_eq!(stored["Body"], body);
    }
    insta::assert_snapshot!(messages.join("\n"), @"");
}

#[test]
fn a_plan_file_and_a_policy_that_are_no_such_thing_are_told() {
    let account = Account::new().unwrap();
    account.write("x.plan", "\u{0}\u{1}").unwrap();
    insta::assert_snapshot!(shown(&account, &account.run(&["apply", "x.plan"]).unwrap()), @"");
    account.write("policy.json", "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": \"all\"\n}\n").unwrap();
    account.configure("[sandbox]\naws_access = true\naws_policy_file = \"policy.json\"\n").unwrap();
    insta::assert_snapshot!(refused(&account), @"");
}
