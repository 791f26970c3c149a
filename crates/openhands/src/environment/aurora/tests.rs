//! Which version a cluster gets.

use std::collections::BTreeMap;

use serde_json::json;

use super::super::Pins;
use super::super::tests::{checked, checked_with};

/// The version and the remarks, or the problems, for a configured version, a live one and a pinned one.
fn version(
    configured: &str,
    live: Option<&str>,
    pinned: Option<&str>,
    upgrade: bool,
) -> Result<(String, String), String> {
    let configured = if configured.is_empty() { String::new() } else { format!("engine_version = \"{configured}\"\n") };
    let known: BTreeMap<_, _> =
        pinned.into_iter().map(|version| ("aurora_version".to_owned(), json!(version))).collect();
    let pins = Pins { known, cluster_version: live.map(str::to_owned), upgrade };
    let (environment, remarks) = checked_with(&format!("[database]\n{configured}"), &pins, |_, _| {})?;
    assert_eq!(environment.pins["aurora_version"], json!(environment.aurora_version), "what is chosen is pinned");
    Ok((environment.aurora_version, remarks.iter().map(ToString::to_string).collect()))
}

fn chosen(configured: &str, live: Option<&str>, pinned: Option<&str>) -> String {
    version(configured, live, pinned, false).unwrap().0
}

#[test]
fn a_new_cluster_gets_what_is_configured_or_the_newest_of_the_major_version() {
    assert_eq!(chosen("", None, None), "17.5");
    assert_eq!(chosen("16", None, None), "16.4");
    assert_eq!(chosen("15", None, None), "15.10");
    assert_eq!(chosen("15.8", None, None), "15.8");
    let (newer, remarks) = version("15.3", None, None, false).unwrap();
    assert_eq!(newer, "15.10");
    assert!(remarks.contains("15.3 is not offered in us-west-2: 15.10 is used"), "{remarks}");
    assert!(version("15.99", None, None, false).unwrap_err().contains("no Aurora PostgreSQL 15.99 or later"));
    let none = checked("", |look_up, answer| {
        if look_up == "rds.engine_versions" {
            *answer = json!([]);
        }
    });
    assert!(none.unwrap_err().contains("no Aurora PostgreSQL 17.x is offered"));
}

#[test]
fn what_is_configured_is_a_floor_that_a_live_cluster_may_exceed() {
    assert_eq!(chosen("15.8", Some("15.10"), Some("15.8")), "15.10", "AWS has raised it");
    assert_eq!(chosen("15", Some("15.9"), Some("15.8")), "15.9");
    assert_eq!(chosen("15.8", Some("15.12"), Some("15.8")), "15.12", "it need not be offered any more");
    assert_eq!(chosen("15.9", Some("15.8"), Some("15.8")), "15.9", "the configuration asks for more");
    assert_eq!(version("15", Some("15.8"), Some("15.8"), true).unwrap().0, "15.10", "--upgrade");
    assert_eq!(version("15", Some("15.12"), None, true).unwrap().0, "15.12", "nothing newer is offered");
}

#[test]
fn a_pin_counts_only_while_it_is_offered_or_the_cluster_lives() {
    assert_eq!(chosen("17", None, Some("17.4")), "17.4");
    assert_eq!(chosen("17", None, Some("17.1")), "17.5", "a version that has gone cannot be created");
    assert_eq!(chosen("15.9", None, Some("15.8")), "15.9", "the floor is higher");
    assert_eq!(chosen("17", None, Some("15.8")), "17.5", "another major version");
}

#[test]
fn another_major_version_is_an_upgrade_only_if_it_is_configured() {
    let (kept, remarks) = version("", Some("15.8"), Some("15.8"), false).unwrap();
    assert_eq!(kept, "15.8");
    assert!(remarks.contains("the cluster stays at PostgreSQL 15: new deployments get 17"), "{remarks}");
    assert_eq!(chosen("17", Some("15.8"), Some("15.8")), "17.5");
    assert_eq!(chosen("16", Some("15.8"), Some("15.8")), "16.4");
    assert!(version("15", Some("17.4"), None, false).unwrap_err().contains("cannot go back to 15"));
}

#[test]
fn a_least_capacity_of_nothing_is_remarked() {
    let remarks = |more: &str| checked(&format!("[database]\nmin_acu = 0\n{more}"), |_, _| {});
    assert!(remarks("").unwrap().1[0].message.contains("never pauses"));
    let too_old = checked("[database]\nmin_acu = 0\nengine_version = \"15.6\"\n", |look_up, answer| {
        if look_up == "rds.engine_versions" {
            *answer = json!(["15.6"]);
        }
    });
    assert!(too_old.unwrap_err().contains("needs PostgreSQL 15.7 or later, not 15.6"));
    assert_eq!(checked("", |_, _| {}).unwrap().1, []);
}
