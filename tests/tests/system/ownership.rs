//! Resources of other owners are neither changed nor deleted.

use std::time::Duration;

use ohinfra_tests::account::{REGION, ended};
use ohinfra_tests::proxy::{Answer, Call, Verdict};
use ohinfra_tests::{Account, Proxy};
use serde_json::{Value, json};

const SITE: &str = "openhands.example.com";

fn records(account: &Account) -> Vec<Value> {
    let zone = json!({ "HostedZoneId": account.fixture("hosted_zone_id") });
    let listed = account.call("route53", "list_resource_record_sets", zone).unwrap();
    listed["ResourceRecordSets"].as_array().unwrap().clone()
}

fn put_record(account: &Account, name: &str, kind: &str, value: &str) {
    let set = json!({ "Name": name, "Type": kind, "TTL": 60, "ResourceRecords": [{ "Value": value }] });
    let batch = json!({ "Changes": [{ "Action": "UPSERT", "ResourceRecordSet": set }] });
    let change = json!({ "HostedZoneId": account.fixture("hosted_zone_id"), "ChangeBatch": batch });
    let answer = account.call("route53", "change_resource_record_sets", change).unwrap();
    assert!(answer.get("error").is_none(), "{answer}");
}

/// Returns the validation records of a certificate. ACM provides them shortly after the request.
fn validation(account: &Account, certificate: &Value) -> Vec<Value> {
    loop {
        let which = json!({ "CertificateArn": certificate["CertificateArn"] });
        let described = account.call_in("us-east-1", "acm", "describe_certificate", which).unwrap();
        let options = described["Certificate"]["DomainValidationOptions"].as_array().unwrap().clone();
        let records: Vec<Value> =
            options.iter().map(|option| option["ResourceRecord"].clone()).filter(|record| !record.is_null()).collect();
        if records.len() == options.len() {
            return records;
        }
    }
}

#[test]
fn validation_records_of_a_foreign_certificate_are_adopted_and_kept() {
    let account = Account::new().unwrap();
    let names = [format!("*.runtime.{SITE}")];
    let foreign = json!({ "DomainName": SITE, "SubjectAlternativeNames": names, "ValidationMethod": "DNS" });
    let foreign = account.call_in("us-east-1", "acm", "request_certificate", foreign).unwrap();
    for record in validation(&account, &foreign) {
        put_record(&account, record["Name"].as_str().unwrap(), "CNAME", record["Value"].as_str().unwrap());
    }
    let before = records(&account);

    let run = account.succeed(&["apply", "--yes", "--json", "--target", "edge/certificate-issued"]).unwrap();
    let adopted: Vec<Value> = run
        .stdout
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|event| event["event"] == "done" && event["operation"] == "adopt")
        .map(|event| event["address"].clone())
        .collect();
    assert_eq!(adopted.len(), 2, "{run:#?}");
    for address in ["edge/certificate-validation-1", "edge/certificate-validation-2"] {
        assert!(adopted.contains(&json!(address)), "{adopted:?}");
        let id = account.state().unwrap()["resources"][address]["id"].clone();
        assert!(id.as_str().unwrap().starts_with("adopted:"), "{id}");
    }
    account.succeed(&["destroy", "--purge", "--yes"]).unwrap();
    assert_eq!(records(&account), before, "the validation records of the foreign certificate were changed");
    let certificates = account.call_in("us-east-1", "acm", "list_certificates", json!({})).unwrap();
    assert_eq!(
        certificates["CertificateSummaryList"].as_array().unwrap().len(),
        1,
        "the certificate of the deployment was not deleted"
    );
}

#[test]
fn a_record_with_the_name_of_the_site_is_reported_as_a_conflict() {
    let zone = |account: &Account| account.fixture("hosted_zone_id").to_owned();
    for (kind, value, conflicts) in
        [("CNAME", "other.example.com", true), ("A", "192.0.2.1", true), ("TXT", "\"verified\"", false)]
    {
        let account = Account::new().unwrap();
        put_record(&account, SITE, kind, value);
        let before = records(&account);
        let run = account.run(&["plan"]).unwrap();
        let message = format!("route53.record `{}:{kind}:{SITE}` already exists", zone(&account));
        assert_eq!(run.stderr.contains(&message), conflicts, "{kind}: {run:#?}");
        assert_eq!(run.code == Some(1), conflicts, "{kind}: {run:#?}");
        if conflicts {
            assert_eq!(account.run(&["apply", "--yes"]).unwrap().code, Some(1));
        }
        assert_eq!(records(&account), before);
    }
}

fn subscribers(account: &Account, topic: &Value) -> Vec<String> {
    let listed = account.call("sns", "list_subscriptions_by_topic", json!({ "TopicArn": topic })).unwrap();
    let endpoint = |subscription: &Value| subscription["Endpoint"].as_str().unwrap().to_owned();
    let mut subscribers: Vec<String> = listed["Subscriptions"].as_array().unwrap().iter().map(endpoint).collect();
    subscribers.sort();
    subscribers
}

#[test]
fn an_address_subscribed_by_an_operator_stays_subscribed() {
    let account = Account::new().unwrap();
    let apply = ["apply", "--yes", "--target", "monitoring/alerts"];
    account.configure("[monitoring]\nalarm_emails = [\"one@example.com\", \"two@example.com\"]\n").unwrap();
    account.succeed(&apply).unwrap();
    let topic = account.state().unwrap()["resources"]["monitoring/alerts"]["id"].clone();
    let foreign = json!({ "TopicArn": topic, "Protocol": "email", "Endpoint": "operator@example.com" });
    account.call("sns", "subscribe", foreign).unwrap();

    assert_eq!(account.run(&["drift"]).unwrap().code, Some(0), "a foreign subscription is reported as drift");
    account.configure("[monitoring]\nalarm_emails = [\"two@example.com\", \"three@example.com\"]\n").unwrap();
    let plan = account.plan().unwrap();
    let topic_change =
        plan["changes"].as_array().unwrap().iter().find(|change| change["address"] == "monitoring/alerts");
    assert!(!topic_change.unwrap().to_string().contains("operator@"), "{topic_change:?}");
    account.succeed(&apply).unwrap();
    assert_eq!(subscribers(&account, &topic), ["operator@example.com", "three@example.com", "two@example.com"]);

    // The subscription is also kept if the configuration contains no addresses.
    account.configure("").unwrap();
    account.succeed(&apply).unwrap();
    assert_eq!(subscribers(&account, &topic), ["operator@example.com"]);
    assert_eq!(account.run(&["drift"]).unwrap().code, Some(0));
}

#[test]
fn a_second_deployment_with_the_same_name_is_refused() {
    let first = Account::new().unwrap();
    first.succeed(&["apply", "--yes", "--stack", "auth"]).unwrap();
    let second = first.elsewhere("eu-west-1").unwrap();
    let before = first.inventory().unwrap();
    for command in [&["plan"][..], &["apply", "--yes"], &["apply", "--yes", "--stack", "edge"]] {
        let run = second.run(command).unwrap();
        assert_eq!(run.code, Some(1), "{run:#?}");
        let message =
            "auth/claim-eu-west-1: ssm.parameter `/openhands/region` already exists in us-east-1 and is not managed";
        assert!(run.stderr.contains(message), "{run:#?}");
        assert!(run.stderr.contains("choose another `name` for this deployment"), "{run:#?}");
    }
    assert_eq!(first.inventory().unwrap().differences(&before), Vec::<String>::new());
    let parameter = first.call_in("us-east-1", "ssm", "get_parameter", json!({ "Name": "/openhands/region" })).unwrap();
    assert_eq!(parameter["Parameter"]["Value"], REGION);

    // A destroy retains the user pool, which a deployment in another region must not adopt.
    first.succeed(&["destroy", "--yes"]).unwrap();
    assert_eq!(second.run(&["plan"]).unwrap().code, Some(1));

    // A deployment with another name does not conflict.
    second.configure_in("eu-west-1", "name = \"ireland\"\n").unwrap();
    second.succeed(&["apply", "--yes", "--stack", "auth"]).unwrap();
    let pools = first.call_in("us-east-1", "cognito-idp", "list_user_pools", json!({ "MaxResults": 60 })).unwrap();
    assert_eq!(pools["UserPools"].as_array().unwrap().len(), 2);
}

#[test]
fn a_validation_record_is_adopted_after_a_failed_first_run() {
    let account = Account::new().unwrap();
    let names = [format!("*.runtime.{SITE}")];
    let foreign = json!({ "DomainName": SITE, "SubjectAlternativeNames": names, "ValidationMethod": "DNS" });
    let foreign = account.call_in("us-east-1", "acm", "request_certificate", foreign).unwrap();
    for record in validation(&account, &foreign) {
        put_record(&account, record["Name"].as_str().unwrap(), "CNAME", record["Value"].as_str().unwrap());
    }
    let before = records(&account);
    // The first run saves an intent for the records, but has no permission to list them.
    let denied = |call: &Call| {
        let is_lookup = call.operation.contains("/rrset") && call.operation.contains("name=_");
        let refusal = || Answer::refusal(call, 403, "AccessDenied", "not authorized");
        if is_lookup { Verdict::Answer(refusal()) } else { Verdict::Forward }
    };
    let proxy = Proxy::start(&account.endpoint, Duration::ZERO, Box::new(denied)).unwrap();
    let mut command = account.command(&["apply", "--yes", "--target", "edge/certificate-issued"]).unwrap();
    let run = ended(command.env("AWS_ENDPOINT_URL", &proxy.endpoint)).unwrap();
    assert_eq!(run.code, Some(1), "{run:#?}");
    assert!(run.stderr.contains("edge/certificate-validation-1: create failed"), "{run:#?}");

    account.succeed(&["apply", "--yes", "--target", "edge/certificate-issued"]).unwrap();
    let id = account.state().unwrap()["resources"]["edge/certificate-validation-1"]["id"].clone();
    assert!(id.as_str().unwrap().starts_with("adopted:"), "{id}");
    account.succeed(&["destroy", "--purge", "--yes"]).unwrap();
    assert_eq!(records(&account), before);
}
