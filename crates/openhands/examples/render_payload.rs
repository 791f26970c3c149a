//! Renders one part of the payload for a test: `render_payload PART [DIRECTORY]`, with the values as JSON on standard input.
//!
//! | part | values | standard output | files in DIRECTORY |
//! | --- | --- | --- | --- |
//! | `boot` | the fields of `payload::boot::Boot` | the boot script | `bundle.zip` |
//! | `bundle` | the same | | the files of the bundle: `compose.yaml`, `overlay/`, `nginx.conf`, `sandbox-network`, … |
//! | `viewer-request` | the fields of `payload::edge::ViewerRequest` | | `viewer-request.zip` |
//! | `routing` | the fields of `payload::routing::Routing` | `nginx.conf` | |
//! | `mail` | `site_name`, `domains` | subjects and bodies of the emails as JSON, by name | |
//! | `releases` | ignored | the supported OpenHands releases as JSON | |
//! | `database` | `password` | the SQL script of the database bootstrap | |
//!
//! Missing fields of `boot` and `bundle` have sample values: the default release with its images, the default sandbox limits, and
//! the string `sample`.

#![expect(clippy::print_stdout, reason = "the program prints to stdout")]

use std::error::Error;
use std::io::Write as _;
use std::path::PathBuf;

use ohinfra_openhands::names::DATABASE_PORT;
use ohinfra_openhands::payload::boot::Boot;
use ohinfra_openhands::payload::database::{Bootstrap, script, verifier};
use ohinfra_openhands::payload::edge::ViewerRequest;
use ohinfra_openhands::payload::mail::{self, Mail};
use ohinfra_openhands::payload::overlay::SandboxLimits;
use ohinfra_openhands::payload::routing::Routing;
use ohinfra_openhands::releases::{RELEASES, Release};
use ohinfra_openhands::{Configuration, Sources};
use serde_json::{Value, json};

/// Returns sample values: the default release and limits, and the string `sample`.
fn sample() -> Result<Boot, Box<dyn Error>> {
    let sets = ["vpc_id=vpc-0123456789abcdef0", "hosted_zone_id=Z1", "domain_name=example.com"];
    let sources = Sources { sets: sets.map(str::to_owned).into(), ..Sources::default() };
    let (configuration, _) = Configuration::load(&sources).map_err(|problems| format!("{problems:?}"))?;
    let (release, text) = (configuration.release, || "sample".to_owned());
    Ok(Boot {
        region: text(),
        alert_topic_arn: text(),
        log_group_name: text(),
        group_name: text(),
        data_bucket: text(),
        file_system_id: text(),
        access_point_id: text(),
        database_secret: text(),
        database_host: text(),
        database_port: DATABASE_PORT,
        database_name: text(),
        sandbox_secret: text(),
        origin_secret: text(),
        user_secrets_key_id: text(),
        sandbox_role_arn: text(),
        openhands_repository: release.openhands_repository.to_owned(),
        openhands_tag: release.openhands_tag.to_owned(),
        agent_server_repository: release.agent_server_repository.to_owned(),
        agent_server_tag: release.agent_server_tag.to_owned(),
        model: "bedrock/sample".to_owned(),
        allowed_models: vec![text()],
        sandbox: SandboxLimits::from(&configuration.sandbox),
        auto_update: false,
        public_access: false,
        registry: None,
    })
}

/// Returns the given values, with sample values for missing ones.
fn boot(values: &str) -> Result<Boot, Box<dyn Error>> {
    let mut all = serde_json::to_value(sample()?)?;
    let given: serde_json::Map<String, Value> = serde_json::from_str(values)?;
    for (name, value) in given {
        *all.get_mut(&name).ok_or_else(|| format!("unknown value `{name}`"))? = value;
    }
    Ok(serde_json::from_value(all)?)
}

fn main() -> Result<(), Box<dyn Error>> {
    let name = std::env::args().nth(1).unwrap_or_default();
    let values = std::io::read_to_string(std::io::stdin())?;
    let folder = std::env::args().nth(2).map(PathBuf::from).unwrap_or_default();
    let text = match name.as_str() {
        "boot" => {
            let boot = boot(&values)?;
            let bundle = boot.bundle()?;
            std::fs::File::create(folder.join("bundle.zip"))?.write_all(&bundle)?;
            boot.script(&bundle)?
        }
        "bundle" => {
            for (name, text) in boot(&values)?.files()? {
                let path = folder.join(name);
                std::fs::create_dir_all(path.parent().unwrap_or(&folder))?;
                std::fs::File::create(path)?.write_all(text.as_bytes())?;
            }
            String::new()
        }
        "mail" => {
            let values: Value = serde_json::from_str(&values)?;
            let site = values["site_name"].as_str().unwrap_or_default();
            let domains: Vec<String> = serde_json::from_value(values["domains"].clone())?;
            let shown = |mail: Mail| json!({ "subject": mail.subject, "body": mail.body });
            let (invitation, verification) = (mail::invitation(site, &domains)?, mail::verification(site, &domains)?);
            json!({ "invitation": shown(invitation), "verification": shown(verification) }).to_string()
        }
        "releases" => {
            let release = |release: &Release| {
                json!({
                    "version": release.version,
                    "openhands_repository": release.openhands_repository,
                    "openhands_tag": release.openhands_tag,
                    "agent_server_repository": release.agent_server_repository,
                    "agent_server_tag": release.agent_server_tag,
                })
            };
            Value::from(RELEASES.iter().map(release).collect::<Vec<_>>()).to_string()
        }
        "viewer-request" => {
            let zip = serde_json::from_str::<ViewerRequest>(&values)?.zip()?;
            std::fs::File::create(folder.join("viewer-request.zip"))?.write_all(&zip)?;
            String::new()
        }
        "routing" => serde_json::from_str::<Routing>(&values)?.configuration()?,
        "database" => {
            let password: serde_json::Value = serde_json::from_str(&values)?;
            script(&Bootstrap::default().transactions(&verifier(password["password"].as_str().unwrap_or_default()))?)
        }
        _ => return Err(format!("unknown part `{name}`").into()),
    };
    print!("{text}");
    Ok(())
}
