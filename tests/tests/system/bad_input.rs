//! Invalid input: one clear message, exit code 1, and no changes.

use std::time::Duration;

use ohinfra_tests::proxy::{Answer, Verdict};
use ohinfra_tests::{Account, Ended, Proxy};
use serde_json::{Value, json};

/// Returns the error output with placeholders for the values that differ between runs.
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

/// Runs plan and apply. Asserts that both fail with the same message and change nothing.
fn refused(account: &Account) -> String {
    let before = account.inventory().unwrap();
    let plan = shown(account, &account.run(&["plan"]).unwrap());
    let apply = shown(account, &account.run(&["apply", "--yes"]).unwrap());
    assert_eq!(plan, apply);
    assert_eq!(account.inventory().unwrap(), before);
    plan
}

#[test]
fn all_configuration_problems_are_reported_with_their_location() {
    let account = Account::new().unwrap();
    account
        .configure("regoin = \"us-west-2\"\nskip_s3_endpoint = \"yes\"\n[compute]\nroot_volume_gb = \"30\"\n[network]\nendpoints = { ecr = false }\n")
        .unwrap();
    insta::assert_snapshot!(refused(&account), @"
    error: ohinfra.toml:5:1: unknown key `regoin`
      help: did you mean `region`?
    error: ohinfra.toml:6:1: `skip_s3_endpoint` must be `true` or `false`, not the string `yes`
    error: ohinfra.toml:8:1: `compute.root_volume_gb` must be an integer from 8 to 16384, not the string `30`
    error: ohinfra.toml:10:15: unknown key `network.endpoints.ecr`
      help: one of bedrock-runtime, ec2messages, ecr-api, ecr-dkr, logs, secretsmanager, ssm, ssmmessages
    ");
}

#[test]
fn a_missing_vpc_is_reported() {
    let account = Account::new().unwrap();
    account.succeed(&["validate"]).unwrap();
    let text = "region = \"us-west-2\"\nvpc_id = \"vpc-00000000000000000\"\ndomain_name = \"example.com\"\n";
    account
        .write("ohinfra.toml", &format!("{text}hosted_zone_id = \"{}\"\n", account.fixture("hosted_zone_id")))
        .unwrap();
    insta::assert_snapshot!(refused(&account), @"
    error: vpc_id: VPC `vpc-00000000000000000` not found in us-west-2
      help: check `vpc_id`, `region` and the account of your credentials
    ");
}

#[test]
fn a_vpc_without_private_subnets_is_reported() {
    let account = Account::without(&["nat"]).unwrap();
    insta::assert_snapshot!(refused(&account), @"
    error: vpc_id: VPC `<vpc>` has private subnets with a route to a NAT gateway in 0 availability zones; at least 2 are required
      help: required by the instance and the database; subnets are classified by the default route (0.0.0.0/0) of their route table
    ");
}

#[test]
fn a_vpc_without_dns_hostnames_is_reported() {
    let account = Account::without(&["dns"]).unwrap();
    insta::assert_snapshot!(refused(&account), @"
    error: vpc_id: DNS hostnames must be enabled in VPC `<vpc>` for interface endpoints
      help: run `aws ec2 modify-vpc-attribute --vpc-id <vpc> --enable-dns-hostnames`
    ");
}

#[test]
fn a_hosted_zone_of_another_domain_is_reported() {
    let account = Account::new().unwrap();
    let text = "region = \"us-west-2\"\ndomain_name = \"example.org\"\n";
    let (vpc, zone) = (account.fixture("vpc_id"), account.fixture("hosted_zone_id"));
    account.write("ohinfra.toml", &format!("{text}vpc_id = \"{vpc}\"\nhosted_zone_id = \"{zone}\"\n")).unwrap();
    insta::assert_snapshot!(refused(&account), @"
    error: hosted_zone_id: hosted zone `<zone>` serves example.com, not example.org
      help: choose the zone of example.org or of a parent domain, or correct `domain_name`
    ");
}

#[test]
fn expired_credentials_are_reported_once() {
    let mut account = Account::new().unwrap();
    // LocalStack accepts any credentials, so the proxy returns the error of AWS.
    let message = "The security token included in the request is expired";
    let rule =
        move |call: &ohinfra_tests::proxy::Call| Verdict::Answer(Answer::refusal(call, 403, "ExpiredToken", message));
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
fn missing_credentials_are_reported_once() {
    let account = Account::new().unwrap();
    let mut command = account.command(&["plan"]).unwrap();
    command.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
    let run = ohinfra_tests::account::ended(&mut command).unwrap();
    insta::assert_snapshot!(shown(&account, &run), @"
    error: sts:GetCallerIdentity: no AWS credentials found in the environment, profile, container or instance
      help: log in again (for example `aws sso login`), or select a profile with AWS_PROFILE; check with `aws sts get-caller-identity`
    ");
}

#[test]
fn an_unreachable_endpoint_is_reported_once() {
    let account = Account::new().unwrap();
    let mut command = account.command(&["plan"]).unwrap();
    command.env("AWS_ENDPOINT_URL", "http://127.0.0.1:9");
    let run = ohinfra_tests::account::ended(&mut command).unwrap();
    let text = shown(&account, &run);
    assert_eq!(text.lines().count(), 2, "{text}");
    assert!(text.contains("help: check the network, the region and, if set, AWS_ENDPOINT_URL"), "{text}");
}

#[test]
fn a_missing_state_bucket_is_reported() {
    let account = Account::new().unwrap();
    account.configure("[state]\nurl = \"s3://ohinfra-state-<account>-<region>/openhands.json\"\n").unwrap();
    insta::assert_snapshot!(refused(&account), @"
    error: s3://ohinfra-state-<account>-us-west-2/openhands.json: the bucket does not exist
      help: create it with `ohinfra bootstrap`, or correct `[state] url`
    ");
}

#[test]
fn an_invalid_newer_or_foreign_state_is_reported_and_unchanged() {
    let account = Account::new().unwrap();
    account.configure("[state]\nurl = \"s3://ohinfra-state-<account>-<region>/openhands.json\"\n").unwrap();
    account.succeed(&["bootstrap"]).unwrap();
    let bucket = format!("ohinfra-state-{}-us-west-2", account.id);
    let put = |body: &str| {
        account.call("s3", "put_object", json!({ "Bucket": bucket, "Key": "openhands.json", "Body": body })).unwrap()
    };
    let mut sample: Value = serde_json::from_str(&ohinfra_testkit::repository_file("state/sample-v2.json")).unwrap();
    sample["deployment"] = json!("other");
    let mut messages = Vec::new();
    for body in ["{\"format_version\": 2, \"serial\": ", "{\"format_version\": 3}", &sample.to_string()] {
        put(body);
        messages.push(refused(&account));
        let stored = account.call("s3", "get_object", json!({ "Bucket": bucket, "Key": "openhands.json" })).unwrap();
        assert_eq!(stored["Body"], body);
    }
    // Follow the help text of the first message.
    sample["deployment"] = json!("openhands");
    account.write("restored.json", &sample.to_string()).unwrap();
    put("{\"format_version\": 2, \"serial\": ");
    assert_eq!(account.run(&["state", "push", "restored.json"]).unwrap().code, Some(1));
    account.succeed(&["state", "push", "restored.json", "--force"]).unwrap();
    let pulled: Value = serde_json::from_str(&account.succeed(&["state", "pull"]).unwrap().stdout).unwrap();
    assert_eq!(pulled["serial"], sample["serial"]);
    insta::assert_snapshot!(messages.join("\n"), @"
    error: s3://ohinfra-state-<account>-us-west-2/openhands.json is not a state document: EOF while parsing a value at line 1 column 32
      help: restore an older version: `ohinfra state history` lists them, `ohinfra state pull --at VERSION` prints one, `ohinfra state push FILE --force` writes it
    error: s3://ohinfra-state-<account>-us-west-2/openhands.json has format version 3; this ohinfra reads versions up to 2
      help: use the ohinfra version that wrote it, or a newer one
    error: s3://ohinfra-state-<account>-us-west-2/openhands.json is the state of deployment `other`, not `openhands`
      help: correct `name`, or set another `[state] url` for this deployment
    ");
}

#[test]
fn invalid_plan_files_and_policies_are_reported() {
    let account = Account::new().unwrap();
    account.write("x.plan", "\u{0}\u{1}").unwrap();
    insta::assert_snapshot!(shown(&account, &account.run(&["apply", "x.plan"]).unwrap()), @"
    error: x.plan is not a saved plan: expected value at line 1 column 1
      help: create one with `ohinfra plan --out FILE`
    ");
    account.write("policy.json", "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": \"all\"\n}\n").unwrap();
    account.configure("[sandbox]\naws_access = true\naws_policy_file = \"policy.json\"\n").unwrap();
    insta::assert_snapshot!(refused(&account), @r#"
    error: policy.json:3: `Statement` must be a statement or a list of them
      help: an IAM policy document: `{"Version": "2012-10-17", "Statement": […]}`
    "#);
}
