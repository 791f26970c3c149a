//! Changes of the domain. The old or the new site is available at any time during the apply.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use ohinfra_tests::account::ended;
use ohinfra_tests::proxy::{Call, Verdict};
use ohinfra_tests::{Account, Proxy};
use serde_json::{Value, json};

fn items(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}

fn has(list: &Value, text: &str) -> bool {
    items(list).iter().any(|item| item == text)
}

/// A domain of the site, before or after the change.
#[derive(Clone)]
struct Site {
    zone: String,
    domain: String,
}

impl Site {
    fn new(zone: &str, domain: &str) -> Self {
        Self { zone: zone.to_owned(), domain: domain.to_owned() }
    }
}

/// The resources that visitors and logins depend on, read with another SDK.
struct World {
    distributions: Vec<Value>,
    policies: Vec<Value>,
    client: Value,
    records: Vec<Value>,
}

impl World {
    fn read(account: &Account, zone: &str, login: (&str, &str)) -> Self {
        let client = json!({ "UserPoolId": login.0, "ClientId": login.1 });
        let calls = [
            ("route53", "list_resource_record_sets", json!({ "HostedZoneId": zone })),
            ("cloudfront", "list_distributions", json!({})),
            ("cloudfront", "list_response_headers_policies", json!({ "Type": "custom" })),
            ("cognito-idp", "describe_user_pool_client", client),
        ];
        let answers = account.calls_in("us-east-1", &calls).unwrap();
        Self {
            records: items(&answers[0]["ResourceRecordSets"]),
            distributions: items(&answers[1]["DistributionList"]["Items"]),
            policies: items(&answers[2]["ResponseHeadersPolicyList"]["Items"]),
            client: answers[3]["UserPoolClient"].clone(),
        }
    }

    /// Returns the distribution to which a name resolves.
    fn served_by(&self, name: &str, record_type: &str) -> Option<&Value> {
        let plain = |record: &Value| record["Name"].as_str().unwrap().trim_end_matches('.').replace("\\052", "*");
        let record = self.records.iter().find(|record| record["Type"] == record_type && plain(record) == name)?;
        let target = record["AliasTarget"]["DNSName"].as_str()?.trim_end_matches('.');
        self.distributions.iter().find(|distribution| distribution["DomainName"] == target)
    }

    /// Returns `true` if both names of a site resolve to a distribution, its runtimes can send requests to it, and login works.
    fn works(&self, domain: &str) -> bool {
        let origin = format!("https://{domain}");
        let is_served_by = |name: &str, record_type: &str| {
            self.served_by(name, record_type).is_some_and(|distribution| {
                let policy = &distribution["DefaultCacheBehavior"]["ResponseHeadersPolicyId"];
                let policy =
                    self.policies.iter().map(|item| &item["ResponseHeadersPolicy"]).find(|p| p["Id"] == *policy);
                let origins = |policy: &Value| {
                    policy["ResponseHeadersPolicyConfig"]["CorsConfig"]["AccessControlAllowOrigins"]["Items"].clone()
                };
                distribution["Enabled"] == true
                    && distribution["Status"] == "Deployed"
                    && has(&distribution["Aliases"]["Items"], name)
                    && policy.is_some_and(|policy| has(&origins(policy), &origin))
            })
        };
        let is_served = |name: &str| ["A", "AAAA"].iter().all(|record_type| is_served_by(name, record_type));
        is_served(domain)
            && is_served(&format!("*.runtime.{domain}"))
            && has(&self.client["CallbackURLs"], &format!("{origin}/_callback"))
            && has(&self.client["LogoutURLs"], &format!("{origin}/"))
    }
}

/// The mutating calls, each with the sites that were available before it.
type Seen = Arc<Mutex<Vec<(String, Vec<bool>)>>>;

fn login(account: &Account) -> (String, String) {
    let state = account.state().unwrap();
    let client = state["resources"]["auth/client"]["id"].as_str().unwrap().to_owned();
    let (pool, client) = client.split_once(':').unwrap();
    (pool.to_owned(), client.to_owned())
}

/// Applies a configuration that moves `old` to `new`, and checks both sites before every mutating call.
fn moves(account: &Arc<Account>, old: &Site, new: &Site, configuration: &str) {
    let login = login(account);
    let works = {
        let (account, login, sites) = (Arc::clone(account), login.clone(), [old.clone(), new.clone()]);
        move || -> Vec<bool> {
            let is_working = |site: &Site| World::read(&account, &site.zone, (&login.0, &login.1)).works(&site.domain);
            sites.iter().map(is_working).collect()
        }
    };
    assert_eq!(works(), [true, false]);
    account.write("ohinfra.toml", configuration).unwrap();
    let seen = Seen::default();
    let (recording, check) = (Arc::clone(&seen), works.clone());
    let rule = move |call: &Call| {
        if call.may_change()
            && ["cloudfront", "route53", "cognito-idp", "lambda", "acm"].contains(&call.service.as_str())
        {
            // The lock serializes the calls, so that no change occurs during a check.
            let mut seen = recording.lock().unwrap();
            seen.push((format!("{} {}", call.service, call.operation), check()));
        }
        // One of the new records is created long after the others.
        let body = String::from_utf8_lossy(&call.body);
        let is_last = ["<Action>CREATE</Action>", "AliasTarget", "<Type>A</Type>", ".runtime."];
        let is_late = is_last.iter().all(|part| body.contains(part));
        if is_late { Verdict::Delay(Duration::from_secs(2)) } else { Verdict::Forward }
    };
    let proxy = Proxy::start(&account.endpoint, Duration::ZERO, Box::new(rule)).unwrap();
    let mut apply = account.command(&["apply", "--yes"]).unwrap();
    let run = ended(apply.env("AWS_ENDPOINT_URL", &proxy.endpoint)).unwrap();
    assert_eq!(run.code, Some(0), "{run:#?}");
    let seen = seen.lock().unwrap();
    assert!(seen.len() > 10, "{seen:#?}");
    assert!(seen.iter().all(|(_, works)| works.contains(&true)), "{seen:#?}");
    assert_eq!(works(), [false, true]);

    // The new records are propagated to all Route 53 servers before an old record is deleted.
    let calls = proxy.calls();
    let changes = |action: &str| {
        let alias = |call: &Call| {
            let body = String::from_utf8_lossy(&call.body).into_owned();
            body.contains(&format!("<Action>{action}</Action>")) && body.contains("AliasTarget")
        };
        calls.iter().enumerate().filter(|(_, call)| alias(call)).map(|(n, _)| n).collect::<Vec<_>>()
    };
    let (created, deleted) = (changes("CREATE"), changes("DELETE"));
    assert_eq!((created.len(), deleted.len()), (4, 4));
    let between = &calls[created[3]..deleted[0]];
    assert!(between.iter().any(|call| call.operation.starts_with("GET /2013-04-01/change/")), "{between:#?}");

    // No reference to the old domain remains.
    account.finish(&["apply", "--yes"]).unwrap();
    let settled = account.run(&["plan", "--detailed-exitcode"]).unwrap();
    assert_eq!(settled.code, Some(0), "{}", settled.stdout);
    let world = World::read(account, &new.zone, (&login.0, &login.1));
    assert_eq!((world.distributions.len(), world.policies.len()), (1, 1));
    let left = World::read(account, &old.zone, (&login.0, &login.1));
    for remaining in [json!(left.records), json!(world.client), json!(world.policies)] {
        let text = remaining.to_string();
        assert!(!text.contains(&old.domain), "{text}");
    }
    let certificates = account.call_in("us-east-1", "acm", "list_certificates", json!({})).unwrap();
    assert_eq!(items(&certificates["CertificateSummaryList"]).len(), 1);
}

fn configuration(account: &Account, zone: &str, domain: &str, more: &str) -> String {
    let vpc = account.fixture("vpc_id");
    format!(
        "region = \"us-west-2\"\nvpc_id = \"{vpc}\"\nhosted_zone_id = \"{zone}\"\ndomain_name = \"{domain}\"\n{more}"
    )
}

#[test]
fn a_change_of_subdomain_keeps_the_old_or_the_new_site_available() {
    let account = Arc::new(Account::new().unwrap());
    account.succeed(&["apply", "--yes"]).unwrap();
    let zone = account.fixture("hosted_zone_id").to_owned();
    let (old, new) = (Site::new(&zone, "openhands.example.com"), Site::new(&zone, "agents.example.com"));
    let changed = configuration(&account, &zone, "example.com", "sub_domain = \"agents\"\n");
    moves(&account, &old, &new, &changed);
}

#[test]
fn a_change_of_domain_keeps_the_old_or_the_new_site_available() {
    let account = Arc::new(Account::new().unwrap());
    account.succeed(&["apply", "--yes"]).unwrap();
    let created = json!({ "Name": "example.org", "CallerReference": "another" });
    let other = account.call("route53", "create_hosted_zone", created).unwrap();
    let other = other["HostedZone"]["Id"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let zone = account.fixture("hosted_zone_id");
    let (old, new) = (Site::new(zone, "openhands.example.com"), Site::new(&other, "openhands.example.org"));
    let changed = configuration(&account, &other, "example.org", "");
    moves(&account, &old, &new, &changed);
}
