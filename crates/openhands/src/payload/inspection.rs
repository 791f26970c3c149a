//! The complete payload of a configuration, for inspection. Secrets and values known only after apply are placeholders in angle
//! brackets.

use super::boot::Boot;
use super::database::{Bootstrap, script};
use super::edge::{OriginResponse, ViewerRequest};
use super::images::{Digests, Image, tag_of};
use super::mail::{ASSETS, BRANDING, invitation, verification};
use super::overlay::{SandboxLimits, mcp_servers};
use super::template::PayloadError;
use super::user_config::UserConfig;
use crate::Configuration;
use crate::names::{DATABASE_NAME, DATABASE_PORT, Names};

/// A file: its path in the output directory, and its content.
pub type File = (String, Vec<u8>);

/// Returns the images to build for this configuration.
fn images(configuration: &Configuration) -> &'static [Image] {
    if configuration.builds_images() { &Image::ALL } else { &[] }
}

/// Returns the boot values of an instance, with placeholders.
fn boot(configuration: &Configuration, names: &Names) -> Result<Boot, PayloadError> {
    let region = configuration.region.to_string();
    let release = configuration.release;
    let mut boot = Boot {
        alert_topic_arn: format!("arn:aws:sns:{region}:<account>:{}", names.regional("alerts")),
        log_group_name: format!("/{}/application", configuration.name),
        group_name: names.regional("asg"),
        data_bucket: configuration.monitoring.data_bucket_name.clone().unwrap_or_else(|| names.data_bucket()),
        file_system_id: "<file system>".to_owned(),
        access_point_id: "<access point>".to_owned(),
        database_secret: format!("{}/database/proxy-user", configuration.name),
        database_host: "<proxy endpoint>".to_owned(),
        database_port: DATABASE_PORT,
        database_name: DATABASE_NAME.to_owned(),
        sandbox_secret: configuration.sandbox_secret_name(),
        origin_secret: names.origin_verify_secret(),
        user_secrets_key_id: "<key>".to_owned(),
        sandbox_role_arn: format!("arn:aws:iam::<account>:role/{}", names.global("sandbox")),
        openhands_repository: release.openhands_repository.to_owned(),
        openhands_tag: release.openhands_tag.to_owned(),
        agent_server_repository: release.agent_server_repository.to_owned(),
        agent_server_tag: release.agent_server_tag.to_owned(),
        model: configuration.models.default.clone(),
        allowed_models: configuration.models.allowed.clone(),
        sandbox: SandboxLimits::from(&configuration.sandbox),
        auto_update: configuration.auto_updates(),
        public_access: configuration.has_public_access(),
        registry: None,
        region,
    };
    for image in images(configuration) {
        let (repository, tag) = match image {
            Image::OpenHands => (&mut boot.openhands_repository, &mut boot.openhands_tag),
            Image::AgentServer => (&mut boot.agent_server_repository, &mut boot.agent_server_tag),
        };
        *repository = format!("<registry>/{}", names.repository(image.noun()));
        *tag = tag_of(&image.context(&image.bases(configuration, &Digests::new()))?);
        boot.registry = Some("<registry>".to_owned());
    }
    Ok(boot)
}

/// Returns all files of the payload, sorted by path.
pub fn files(configuration: &Configuration) -> Result<Vec<File>, PayloadError> {
    let names = Names::new(configuration, "<account>");
    let mut files: Vec<File> = Vec::new();
    let mut add = |folder: &str, name: &str, bytes: &[u8]| files.push((format!("{folder}/{name}"), bytes.to_vec()));

    let domains = &configuration.auth.callback_domains;
    for edge in &configuration.edges {
        let stack = edge.stack();
        let viewer = ViewerRequest::of_pool(
            "us-east-1_<user pool>",
            "<login domain>.auth.us-east-1.amazoncognito.com",
            ("<client>", "<client secret>"),
            &edge.full_domain(),
            domains,
            edge.runtime_access.as_str(),
        );
        for (name, text) in viewer.files()? {
            add(&format!("{stack}/viewer-request"), name, text.as_bytes());
        }
        add(&stack, "viewer-request.zip", &viewer.zip()?);
        let origin = OriginResponse { full_domain: edge.full_domain() };
        for (name, text) in origin.files()? {
            add(&format!("{stack}/origin-response"), name, text.as_bytes());
        }
        add(&stack, "origin-response.zip", &origin.zip()?);
    }

    let boot = boot(configuration, &names)?;
    let bundle = boot.bundle()?;
    add("boot", "user-data.sh", boot.script(&bundle)?.as_bytes());
    add("boot", "bundle.zip", &bundle);
    for (name, text) in boot.files()? {
        add("boot/bundle", &name, text.as_bytes());
    }

    for image in images(configuration) {
        add(
            "images",
            &format!("{}/Dockerfile", image.noun()),
            image.dockerfile(&image.bases(configuration, &Digests::new()))?.as_bytes(),
        );
    }

    let user_config = UserConfig { servers: mcp_servers()? };
    for (name, text) in user_config.files()? {
        add("user-config/function", name, text.as_bytes());
    }
    add("user-config", "function.zip", &user_config.zip()?);

    let transactions = Bootstrap::default().transactions("<verifier of the proxy role's password>")?;
    add("database", "bootstrap.sql", script(&transactions).as_bytes());

    let site = &configuration.site_name;
    for (name, mail) in [("invitation", invitation(site, domains)?), ("verification", verification(site, domains)?)] {
        add("auth", &format!("{name}.html"), mail.body.as_bytes());
    }
    for asset in ASSETS {
        let name = format!("{}-{}.svg", asset.category, asset.color_mode).to_lowercase();
        add("auth", &name, asset.svg.as_bytes());
    }
    add("auth", "branding.json", BRANDING.as_bytes());
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::Sources;

    /// Returns an example configuration of the repository.
    fn example(name: &str) -> String {
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config").join(name)).unwrap()
    }

    fn of(text: &str) -> Vec<File> {
        let sources = Sources { file: Some(("ohinfra.toml".to_owned(), text.to_owned())), ..Sources::default() };
        files(&Configuration::load(&sources).unwrap().0).unwrap()
    }

    #[test]
    fn the_payload_of_every_example_configuration_is_complete_and_deterministic() {
        for name in ["single-domain.toml", "multi-domain.toml"] {
            let text = example(name);
            let rendered = of(&text);
            assert_eq!(rendered, of(&text));
            let names: Vec<&str> = rendered.iter().map(|(name, _)| name.as_str()).collect();
            for name in [
                "auth/invitation.html",
                "boot/bundle/compose.yaml",
                "boot/user-data.sh",
                "database/bootstrap.sql",
                "user-config/function.zip",
            ] {
                assert!(names.contains(&name), "{names:?}");
            }
        }
    }

    #[test]
    fn built_images_are_rendered_and_used_by_the_instance() {
        let text = example("single-domain.toml");
        let rendered = of(&format!("{text}\n[images]\nsource = \"build\"\n"));
        let file = |name: &str| {
            let (_, bytes) = rendered.iter().find(|(path, _)| path == name).unwrap();
            String::from_utf8(bytes.clone()).unwrap()
        };
        assert!(file("images/agent-server/Dockerfile").contains("\nFROM ghcr.io/openhands/agent-server:"));
        let compose = file("boot/bundle/compose.yaml");
        assert!(compose.contains("/openhands/openhands:") && !compose.contains("ghcr.io"), "{compose}");
        assert!(file("boot/user-data.sh").contains("agent_server_image='<registry>/openhands/agent-server:"));
        assert!(
            !of(&text).iter().any(|(path, _)| path.starts_with("images/")),
            "published images have no build context"
        );
    }

    #[test]
    fn every_domain_has_an_edge_and_a_public_one_enables_public_routing() {
        let rendered = of(&example("multi-domain.toml"));
        let file = |name: &str| {
            let (_, bytes) = rendered.iter().find(|(found, _)| found == name).unwrap();
            String::from_utf8(bytes.clone()).unwrap().replace(": ", ":")
        };
        assert!(file("edge-prod/viewer-request/settings.mjs").contains("\"runtime_access\":\"owner\""));
        let test = file("edge-test/viewer-request/settings.mjs");
        assert!(
            test.contains("\"runtime_access\":\"public\"") && test.contains("openhands.test.example.com"),
            "{test}"
        );
        assert!(test.contains("\\u003cclient secret\\u003e"), "{test}");
        assert!(file("boot/bundle/nginx.conf").contains("public_access = true"));
        assert!(file("auth/invitation.html").contains("https://openhands.example.com/"));
    }
}
