//! The configuration: layered sources, validated against the table of keys, as typed data.
//!
//! [`tree`] merges the sources, `leaves` validates each value against [`keys`] and its `rules`, `document` adds the defaults,
//! and this module validates what concerns several values.

pub mod auth;
mod checks;
mod document;
pub mod edges;
pub mod keys;
mod leaves;
pub mod reference;
mod rules;
pub mod sections;
mod tags;
pub mod tree;

use ohinfra_core::Region;
use ohinfra_core::diagnostic::Diagnostic;
use ohinfra_core::secret::sha256_hex;
use ohinfra_core::tags::Tags;
use ohinfra_kinds::logs::REPLICA_REGIONS;
use serde::Serialize;

use crate::releases::{self, Release};
pub use auth::{Auth, Oidc, Saml, SamlMetadata};
use checks::Checks;
use document::{BackendDocument, Document};
pub use edges::Edge;
use edges::{Inherited, edges};
pub use sections::RuntimeAccess;
use sections::{Compute, Database, ImageSource, Images, Models, Monitoring, Network, Sandbox, State, UserConfig, Waf};
pub use tree::Sources;

/// A validated configuration with all defaults applied.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Configuration {
    /// The deployment name: the prefix of resource names and the owner of the state.
    pub name: String,
    /// The main region.
    pub region: Region,
    /// The location of the instance that serves the domains.
    pub host: Host,
    /// `production` or `staging`.
    pub stage: String,
    /// The site name shown to users.
    pub site_name: String,
    /// `true` to create no S3 gateway endpoint.
    pub skip_s3_endpoint: bool,
    /// The location of the state.
    pub state: State,
    /// The served domains.
    pub edges: Vec<Edge>,
    /// The Lambda runtime of the Lambda@Edge functions.
    pub edge_runtime: String,
    /// The login.
    pub auth: Auth,
    /// The instance.
    pub compute: Compute,
    /// The OpenHands release of the configured version.
    pub release: &'static Release,
    /// The database.
    pub database: Database,
    /// `true` if no source gives the engine version of the database.
    pub has_default_engine_version: bool,
    /// The images.
    pub images: Images,
    /// The models.
    pub models: Models,
    /// Logs, alerts and the data bucket.
    pub monitoring: Monitoring,
    /// The VPC endpoints.
    pub network: Network,
    /// The sandboxes.
    pub sandbox: Sandbox,
    /// The user configuration API.
    pub user_config: UserConfig,
    /// The web application firewall.
    pub waf: Waf,
    /// Tags in addition to the four tags of every deployment.
    pub tags: Tags,
}

/// The location of the instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Host {
    /// In the VPC with this ID, as part of this deployment.
    Vpc(String),
    /// In another deployment.
    Backend(Backend),
}

/// Another deployment in the same account, with a separate state, that exports the values a domain needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Backend {
    /// The main region of the backend.
    pub region: Region,
    /// The name of the backend.
    pub name: String,
}

impl Configuration {
    /// Merges and validates all sources. Returns the configuration and warnings, or all errors.
    pub fn load(sources: &Sources) -> Result<(Self, Vec<Diagnostic>), Vec<Diagnostic>> {
        let (tree, mut problems) = tree::merge(sources);
        // A source that does not parse may set any key, so further checks would report false errors.
        if problems.iter().any(Diagnostic::is_error) {
            problems.retain(Diagnostic::is_error);
            return Err(sorted(problems));
        }
        let mut checks = Checks::new(sources.file_name());
        checks.walk("", &tree);
        let configuration = match Document::new(&tree, &checks) {
            Ok(document) => Self::new(&mut checks, document, tree.list("edge").is_some_and(|edges| !edges.is_empty())),
            Err(error) => {
                let message = format!("internal error: {error}");
                checks.problems.push(Diagnostic::error(sources.file_name(), message).help("please report this"));
                None
            }
        };
        problems.append(&mut checks.problems);
        let (errors, remarks): (Vec<_>, Vec<_>) = problems.into_iter().partition(Diagnostic::is_error);
        match configuration {
            Some(configuration) if errors.is_empty() => Ok((configuration, remarks)),
            _ => Err(sorted(errors)),
        }
    }

    /// Validates what concerns several values. Returns `None` only if it reports a problem.
    fn new(checks: &mut Checks, document: Document, has_edges: bool) -> Option<Self> {
        let Document { name, region, domain_name, hosted_zone_id, sub_domain, .. } = document;
        let Document { compute, database, monitoring, tags, .. } = document;
        let host = if let Some(backend) = document.backend {
            check_backend(checks, backend, &name).map(Host::Backend)
        } else {
            let help = "the VPC that OpenHands runs in, for example `vpc_id = \"vpc-0123456789abcdef0\"`";
            checks.require("vpc_id", document.vpc_id, help).map(Host::Vpc)
        };
        let inherited = Inherited { domain_name, hosted_zone_id, sub_domain };
        let edges = edges(checks, document.edge, &inherited, has_edges);
        let auth = auth::auth(checks, document.auth, edges.as_deref().unwrap_or_default());
        let release = releases::find(&compute.openhands_version);
        if release.is_none() {
            let version = &compute.openhands_version;
            let message =
                format!("`compute.openhands_version` is `{version}`, which is not a supported OpenHands version");
            let help = format!("one of the supported versions: {}", releases::versions());
            checks.refuse("compute.openhands_version", message, &help);
        }
        check_capacity(checks, &database);
        check_monitoring(checks, &monitoring);
        tags::check(checks, &tags);
        let edges = edges?;
        let stage = document.stage.unwrap_or_else(|| {
            let is_test = edges.first().is_some_and(|edge| edge.domain_name.starts_with("test."));
            if is_test { "staging" } else { "production" }.to_owned()
        });
        Some(Self {
            name,
            region,
            host: host?,
            stage,
            site_name: document.site_name,
            skip_s3_endpoint: document.skip_s3_endpoint,
            state: document.state,
            edges,
            edge_runtime: document.edge_runtime,
            auth: auth?,
            compute,
            release: release?,
            database,
            has_default_engine_version: !checks.is_given("database.engine_version"),
            images: document.images,
            models: document.models.with_default(),
            monitoring,
            network: document.network,
            sandbox: document.sandbox,
            user_config: document.user_config,
            waf: document.waf,
            tags,
        })
    }

    /// Returns `true` if images are built locally instead of pulled as published.
    pub fn builds_images(&self) -> bool {
        self.images.source == ImageSource::Build
    }

    /// Returns `true` if the instance pulls updated images. Locally built images are immutable and never updated.
    pub fn auto_updates(&self) -> bool {
        self.compute.auto_update && !self.builds_images()
    }

    /// Returns `true` if an edge allows public access to apps started by agents.
    pub fn has_public_access(&self) -> bool {
        self.edges.iter().any(|edge| edge.runtime_access == RuntimeAccess::Public)
    }

    /// Returns the name of the secret that encrypts agent sessions.
    pub fn sandbox_secret_name(&self) -> String {
        self.sandbox.secret_name.clone().unwrap_or_else(|| format!("{}/sandbox-secret-key", self.name))
    }

    /// Returns the digest that binds a saved plan to this configuration and sandbox policy.
    pub fn digest(&self, sandbox_policy: &str) -> String {
        let text = serde_json::json!(self).to_string();
        sha256_hex(format!("{text}\n{sandbox_policy}").as_bytes())
    }
}

fn check_backend(checks: &mut Checks, document: BackendDocument, own_name: &str) -> Option<Backend> {
    let BackendDocument { region, name } = document;
    let help = "the main region of the backend";
    if region.is_none() && !checks.is_given("backend.region") {
        checks.refuse("backend.name", "`backend.region` is missing".to_owned(), help);
        return None;
    }
    let region = checks.require("backend.region", region, help)?;
    if name == own_name {
        let message = format!("this deployment and its backend have the same name, `{name}`");
        checks.refuse("backend.region", message, "choose a different `name`: each deployment has a separate state");
    }
    if checks.is_given("vpc_id") {
        let message = "`vpc_id` cannot be combined with `[backend]`".to_owned();
        checks.refuse("vpc_id", message, "remove `vpc_id`: the instance runs in the network of the backend");
    }
    Some(Backend { region, name })
}

/// Validates the Aurora capacity, which is set in steps of 0.5 ACU.
fn check_capacity(checks: &mut Checks, database: &Database) {
    let (min, max) = (database.min_acu, database.max_acu);
    for (path, value) in [("database.min_acu", min), ("database.max_acu", max)] {
        if (value * 2.0).fract() != 0.0 {
            let message = format!("{value} is not a valid Aurora capacity");
            checks.refuse(path, message, "a multiple of 0.5 ACU, for example `0.5`");
        }
    }
    if min > max {
        let message = format!("`min_acu` ({min}) exceeds `max_acu` ({max})");
        checks.refuse("database.min_acu", message, "lower `min_acu` or raise `max_acu` in [database]");
    }
}

fn check_monitoring(checks: &mut Checks, monitoring: &Monitoring) {
    for region in monitoring.edge_log_regions.iter().filter(|region| !REPLICA_REGIONS.contains(&region.as_str())) {
        let message = format!("Lambda@Edge functions do not log in `{region}`");
        let help = format!("choose from {}", REPLICA_REGIONS.join(", "));
        checks.refuse("monitoring.edge_log_regions", message, &help);
    }
    let days = monitoring.log_retention_days;
    if !keys::RETENTION_DAYS.contains(&days) {
        let message = format!("{days} is not a retention period that CloudWatch Logs supports");
        let help = format!("one of {}", keys::RETENTION_DAYS.map(|days| days.to_string()).join(", "));
        checks.refuse("monitoring.log_retention_days", message, &help);
    }
}

/// Sorts problems by place and removes duplicates.
fn sorted(mut problems: Vec<Diagnostic>) -> Vec<Diagnostic> {
    problems.sort_by(|a, b| (place_order(&a.place), &a.message).cmp(&(place_order(&b.place), &b.message)));
    problems.dedup();
    problems
}

/// Splits a place into file and numbers, so that line 10 sorts after line 9.
fn place_order(place: &str) -> (String, Vec<usize>) {
    let mut parts = place.split(':');
    let file = parts.next().unwrap_or_default().to_owned();
    (file, parts.filter_map(|part| part.parse().ok()).collect())
}

#[cfg(test)]
mod tests;
