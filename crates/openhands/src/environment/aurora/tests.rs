//! Tests of the selection of the Aurora version.

use std::collections::BTreeMap;

use serde_json::json;

use super::super::Pins;
use super::super::tests::{checked, checked_with};

/// Returns the version and the warnings, or the errors, for a configured, a live and a pinned version.
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
    let (environment, warnings) = checked_with(&format!("[database]\n{configured}"), &pins, |_, _| {})?;
    assert_eq!(environment.pins["aurora_version"], json!(environment.aurora_version), "the selected version is pinned");
    Ok((environment.aurora_version, warnings.iter().map(ToString::to_string).collect()))
}

fn chosen(configured: &str, live: Option<&str>, pinned: Option<&str>) -> String {
    version(configured, live, pinned, false).unwrap().0
}

#[test]
fn a_new_cluster_gets_the_configured_or_the_newest_minor_version() {
    assert_eq!(chosen("", None, None), "17.5");
    assert_eq!(chosen("16", None, None), "16.4");
    assert_eq!(chosen("15", None, None), "15.10");
    assert_eq!(chosen("15.8", None, None), "15.8");
    let (newer, warnings) = version("15.3", None, None, false).unwrap();
    assert_eq!(newer, "15.10");
    assert!(warnings.contains("15.3 is not available in us-west-2; using 15.10"), "{warnings}");
    assert!(version("15.99", None, None, false).unwrap_err().contains("Aurora PostgreSQL 15.99 or later 15.x is not"));
    let none = checked("", |lookup, answer| {
        if lookup == "rds.engine_versions" {
            *answer = json!([]);
        }
    });
    assert!(none.unwrap_err().contains("Aurora PostgreSQL 17.x is not available"));
}

#[test]
fn the_configured_version_is_a_minimum_for_a_live_cluster() {
    assert_eq!(chosen("15.8", Some("15.10"), Some("15.8")), "15.10", "upgraded by AWS");
    assert_eq!(chosen("15", Some("15.9"), Some("15.8")), "15.9");
    assert_eq!(chosen("15.8", Some("15.12"), Some("15.8")), "15.12", "no longer available for new clusters");
    assert_eq!(chosen("15.9", Some("15.8"), Some("15.8")), "15.9", "the configured version is higher");
    assert_eq!(version("15", Some("15.8"), Some("15.8"), true).unwrap().0, "15.10", "--upgrade");
    assert_eq!(version("15", Some("15.12"), None, true).unwrap().0, "15.12", "no newer version is available");
}

#[test]
fn a_pin_applies_only_while_its_version_is_available_or_live() {
    assert_eq!(chosen("17", None, Some("17.4")), "17.4");
    assert_eq!(chosen("17", None, Some("17.1")), "17.5", "a withdrawn version cannot be created");
    assert_eq!(chosen("15.9", None, Some("15.8")), "15.9", "the minimum is higher");
    assert_eq!(chosen("17", None, Some("15.8")), "17.5", "another major version");
}

#[test]
fn a_major_version_upgrade_requires_explicit_configuration() {
    let (kept, warnings) = version("", Some("15.8"), Some("15.8"), false).unwrap();
    assert_eq!(kept, "15.8");
    assert!(warnings.contains("the cluster stays at PostgreSQL 15; the default is now 17"), "{warnings}");
    assert_eq!(chosen("17", Some("15.8"), Some("15.8")), "17.5");
    assert_eq!(chosen("16", Some("15.8"), Some("15.8")), "16.4");
    assert!(version("15", Some("17.4"), None, false).unwrap_err().contains("cannot be downgraded to 15"));
}

#[test]
fn a_minimum_capacity_of_zero_is_a_warning() {
    let result = |more: &str| checked(&format!("[database]\nmin_acu = 0\n{more}"), |_, _| {});
    assert!(result("").unwrap().1[0].message.contains("never pauses"));
    let too_old = checked("[database]\nmin_acu = 0\nengine_version = \"15.6\"\n", |lookup, answer| {
        if lookup == "rds.engine_versions" {
            *answer = json!(["15.6"]);
        }
    });
    assert!(too_old.unwrap_err().contains("requires PostgreSQL 15.7 or later; selected: 15.6"));
    assert_eq!(checked("", |_, _| {}).unwrap().1, []);
}
