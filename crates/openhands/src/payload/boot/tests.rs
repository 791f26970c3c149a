use serde_json::Value;

use super::*;
use crate::{Configuration, Sources};

fn configuration() -> Configuration {
    let sets = ["vpc_id=vpc-0123456789abcdef0", "hosted_zone_id=Z1", "domain_name=example.com"];
    Configuration::load(&Sources { sets: sets.map(str::to_owned).into(), ..Sources::default() }).unwrap().0
}

pub(crate) fn boot() -> Boot {
    Boot {
        region: "us-west-2".into(),
        alert_topic_arn: "arn:aws:sns:us-west-2:111111111111:openhands-alerts".into(),
        log_group_name: "/openhands/application".into(),
        group_name: "openhands-asg".into(),
        data_bucket: "openhands-data-111111111111-us-west-2".into(),
        file_system_id: "fs-0123456789abcdef0".into(),
        access_point_id: "fsap-0123456789abcdef0".into(),
        database_secret: "openhands/database/proxy-user".into(),
        database_host: "openhands-proxy.proxy-abc.us-west-2.rds.amazonaws.com".into(),
        database_port: 5432,
        database_name: "openhands".into(),
        sandbox_secret: "openhands/sandbox-secret-key".into(),
        origin_secret: "openhands/cloudfront/origin-verify".into(),
        user_secrets_key_id: "11111111-2222-3333-4444-555555555555".into(),
        sandbox_role_arn: "arn:aws:iam::111111111111:role/openhands-us-west-2-sandbox".into(),
        openhands_repository: "ghcr.io/openhands/openhands".into(),
        openhands_tag: "1.11.0".into(),
        agent_server_repository: "ghcr.io/openhands/agent-server".into(),
        agent_server_tag: "1.34.0-python".into(),
        model: "bedrock/global.anthropic.claude-sonnet-4-6".into(),
        allowed_models: vec!["anthropic.claude-*".into(), "*.anthropic.claude-*".into()],
        sandbox: SandboxLimits::from(&configuration().sandbox),
        auto_update: false,
        public_access: false,
        registry: None,
    }
}

fn file(boot: &Boot, name: &str) -> String {
    boot.files().unwrap().into_iter().find(|(found, _)| found == name).unwrap().1
}

#[test]
fn the_bundle_is_deterministic_and_depends_on_every_value() {
    let bundle = boot().bundle().unwrap();
    assert_eq!(bundle, boot().bundle().unwrap());
    let script = boot().script(&bundle).unwrap();
    assert_eq!(script, boot().script(&bundle).unwrap());
    assert!(script.contains(&format!("boot/{}.zip", sha256_hex(&bundle))));
    for other in [
        Boot { model: "other".into(), ..boot() },
        Boot { sandbox_role_arn: "other".into(), ..boot() },
        Boot { sandbox: SandboxLimits { cpus: 1.5, ..boot().sandbox }, ..boot() },
        Boot { agent_server_tag: "other".into(), ..boot() },
        Boot { public_access: true, ..boot() },
        Boot { database_host: "other".into(), ..boot() },
    ] {
        assert_ne!(other.bundle().unwrap(), bundle, "{other:?}");
    }
}

#[test]
fn a_script_over_the_size_limit_is_rejected() {
    let long = Boot { alert_topic_arn: "x".repeat(8000), ..boot() };
    let error = long.script(b"").unwrap_err();
    assert!(matches!(error, PayloadError::TooLarge { limit: 16_384, .. }), "{error}");
}

#[test]
fn json_files_are_valid_with_hostile_values() {
    let hostile = Boot { model: "a\"\n}".into(), database_name: "a\"}".into(), ..boot() };
    for boot in [boot(), hostile] {
        for name in ["cloudwatch-agent.json", "daemon.json", "database.json", "overlay/settings.json"] {
            assert!(serde_json::from_str::<Value>(&file(&boot, name)).is_ok(), "{name}");
        }
        let settings: Value = serde_json::from_str(&file(&boot, "overlay/settings.json")).unwrap();
        assert_eq!(settings["model"], boot.model);
    }
}

#[test]
fn overlay_settings_contain_no_secrets() {
    let settings: Value = serde_json::from_str(&file(&boot(), "overlay/settings.json")).unwrap();
    let names = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ");
    assert_eq!(
        names(&settings),
        "allowed_models data_bucket mcp_servers model origin_secret region sandbox user_secrets_key_id workspace"
    );
    assert_eq!(
        names(&settings["sandbox"]),
        "cpus credentials disk_gb gateway_port host_address idle_minutes memory_mb network per_user processes retention_days \
         start_seconds"
    );
    assert_eq!(settings["sandbox"]["cpus"], 2.0);
    assert!(file(&boot(), "overlay/ohinfra_overlay/__init__.py").starts_with("\"\"\""));
}

#[test]
fn a_script_with_references_resolves_to_the_script_without() {
    let plain = boot();
    let mut values = serde_json::to_value(&plain).unwrap();
    let mut known = std::collections::BTreeMap::new();
    for name in ["alert_topic_arn", "data_bucket", "file_system_id", "agent_server_repository", "agent_server_tag"] {
        let resource: ohinfra_core::Address = format!("a/{}", name.replace('_', "-")).parse().unwrap();
        let reference = ohinfra_core::Reference { resource, attribute: "id".to_owned() };
        known.insert(reference.clone(), values[name].clone());
        values[name] = serde_json::to_value(Text::from(reference)).unwrap();
    }
    let boot: Boot<Text> = serde_json::from_value(values).unwrap();
    let script = boot.user_data("boot/x.zip".into(), "x".into()).unwrap();
    assert_eq!(script.known(), None);
    let resolved = ohinfra_core::inputs::resolve(&serde_json::to_value(script).unwrap(), &|reference| {
        known.get(reference).cloned()
    });
    assert_eq!(resolved, with_names(&plain.user_data("boot/x.zip".into(), "x".into()).unwrap()));
}
