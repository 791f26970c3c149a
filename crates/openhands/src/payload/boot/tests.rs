use serde_json::Value;

use super::*;

pub(crate) fn boot() -> Boot {
    Boot {
        region: "us-west-2".into(),
        alert_topic_arn: "arn:aws:sns:us-west-2:111111111111:openhands-alerts".into(),
        log_group_name: "/openhands/application".into(),
        data_bucket: "openhands-data-111111111111-us-west-2".into(),
        file_system_id: "fs-0123456789abcdef0".into(),
        access_point_id: "fsap-0123456789abcdef0".into(),
        database_secret: "openhands/database/proxy-user".into(),
        database_host: "openhands-proxy.proxy-abc.us-west-2.rds.amazonaws.com".into(),
        database_port: 5432,
        database_name: "openhands".into(),
        sandbox_secret: "openhands/sandbox-secret-key".into(),
        user_secrets_key_id: "11111111-2222-3333-4444-555555555555".into(),
        sandbox_role_arn: Some("arn:aws:iam::111111111111:role/openhands-us-west-2-sandbox".into()),
        openhands_repository: OPENHANDS_REPOSITORY.to_owned(),
        openhands_version: "1.2.1".into(),
        runtime_repository: RUNTIME_REPOSITORY.to_owned(),
        runtime_version: "1.2-nikolaik".into(),
        llm_model: "bedrock/global.anthropic.claude-sonnet-4-5-20250929-v1:0".into(),
        watchtower: true,
        public_access: false,
        registry: None,
    }
}

fn file(boot: &Boot, name: &str) -> String {
    boot.files().unwrap().into_iter().find(|(found, _)| found == name).unwrap().1
}

#[test]
fn the_same_values_are_the_same_bytes_and_every_value_has_its_part() {
    let bundle = boot().bundle().unwrap();
    assert_eq!(bundle, boot().bundle().unwrap());
    let script = boot().user_data(&bundle).unwrap();
    assert_eq!(script, boot().user_data(&bundle).unwrap());
    assert!(script.contains(&format!("boot/{}.zip", sha256_hex(&bundle))));
    for other in [
        Boot { llm_model: "other".into(), ..boot() },
        Boot { sandbox_role_arn: None, ..boot() },
        Boot { watchtower: false, ..boot() },
        Boot { public_access: true, ..boot() },
        Boot { database_host: "other".into(), ..boot() },
    ] {
        assert_ne!(other.bundle().unwrap(), bundle, "{other:?}");
    }
}

#[test]
fn a_script_that_is_too_long_is_refused() {
    let long = Boot { alert_topic_arn: "x".repeat(8000), ..boot() };
    let error = long.user_data(b"").unwrap_err();
    assert!(matches!(error, PayloadError::TooLarge { limit: 16_384, .. }), "{error}");
}

#[test]
fn every_json_file_is_json_and_openhands_configuration_is_toml_without_comments() {
    for name in ["cloudwatch-agent.json", "daemon.json", "settings.json"] {
        assert!(serde_json::from_str::<Value>(&file(&boot(), name)).is_ok(), "{name}");
    }
    let text = boot().openhands_configuration().unwrap();
    assert!(!text.contains('#'), "{text}");
    let parsed: toml::Table = text.parse().unwrap();
    assert_eq!(parsed["core"]["file_store"].as_str(), Some("s3"));
    assert_eq!(parsed["llm"]["model"].as_str(), Some("bedrock/global.anthropic.claude-sonnet-4-5-20250929-v1:0"));
    // A value cannot end its text.
    let hostile = Boot { llm_model: "a\"\n[core]\nfile_store = \"local\"".into(), ..boot() };
    let parsed: toml::Table = hostile.openhands_configuration().unwrap().parse().unwrap();
    assert_eq!(parsed["core"]["file_store"].as_str(), Some("s3"));
}

#[test]
fn credentials_of_sandboxes_are_mounted_only_where_there_are_any() {
    let with = file(&boot(), "compose.yaml");
    assert!(with.contains("/data/openhands/config/sandbox-credentials:/data/sandbox-credentials:ro"), "{with}");
    let without = file(&Boot { sandbox_role_arn: None, ..boot() }, "compose.yaml");
    assert!(!without.contains("sandbox-credentials"), "{without}");
    assert!(file(&boot(), "refresh-sandbox-credentials").contains("role/openhands-us-west-2-sandbox"));
}
