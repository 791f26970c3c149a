//! The configuration: layered sources, validated against the table of keys, as typed data.

pub mod keys;
pub mod login;
pub mod reference;
mod tags;
pub mod tree;
mod validators;

use std::collections::BTreeMap;

use ohinfra_core::Region;
use ohinfra_core::diagnostic::Diagnostic;
use ohinfra_core::secret::sha256_hex;
use ohinfra_core::tags::Tags;
use ohinfra_kinds::logs::REPLICA_REGIONS;
use serde::Serialize;
use serde_json::Value;

use crate::payload::releases::{self, Release};
pub use login::{Login, Oidc, Saml, SamlMetadata};
pub use tree::Sources;
use tree::{Node, Origin};
use validators::{
    is_arm64_instance, is_bedrock_model, is_bucket, is_domain, is_domain_suffix, is_engine_version, is_image_digest,
    is_label, is_model_pattern, is_name, is_reserved, is_runtime, is_secret_name, is_state_url, is_title, is_vpc_id,
    is_zone_id,
};

/// A validated configuration with all defaults applied.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Configuration {
    /// The deployment name: the prefix of resource names and the owner of the state.
    pub name: String,
    /// The main region.
    pub region: Region,
    /// The VPC ID; empty with a backend.
    pub vpc_id: String,
    /// The deployment that serves the domains; `None` if it is this one.
    pub backend: Option<Backend>,
    /// `production` or `staging`.
    pub stage: String,
    /// The site name shown to users.
    pub site_name: String,
    /// `true` to create no S3 gateway endpoint.
    pub skip_s3_endpoint: bool,
    /// The S3 URL of the state; `None` for a local file.
    pub state_url: Option<String>,
    /// The served domains.
    pub edges: Vec<Edge>,
    /// Interface endpoints by short name; `true` to create the endpoint.
    pub endpoints: BTreeMap<String, bool>,
    /// Recipients of alerts.
    pub alarm_emails: Vec<String>,
    /// Retention of the application log, in days.
    pub log_retention_days: i32,
    /// The name of the data bucket; `None` for the default.
    pub data_bucket_name: Option<String>,
    /// `true` to give agents AWS credentials.
    pub sandbox_aws_access: bool,
    /// The path of the IAM policy for these credentials.
    pub sandbox_aws_policy_file: String,
    /// The name of the secret that encrypts agent sessions.
    pub sandbox_secret_name: Option<String>,
    /// The login methods.
    pub login: Login,
    /// Tags in addition to the four tags of every deployment.
    pub tags: Tags,
    /// All configured values by key path, for the digest and for keys without a separate field.
    pub all: BTreeMap<String, Value>,
}

/// Another deployment in the same account, with a separate state, that exports the values a domain needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Backend {
    /// The main region of the backend.
    pub region: Region,
    /// The name of the backend.
    pub name: String,
}

/// A served domain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Edge {
    /// The suffix of the stack name, `edge-<suffix>`; `None` for `edge`.
    pub suffix: Option<String>,
    /// The domain.
    pub domain_name: String,
    /// The ID of the hosted zone of the domain.
    pub hosted_zone_id: String,
    /// The subdomain.
    pub sub_domain: String,
    /// Access to apps started by agents: `owner` or `public`.
    pub runtime_access: String,
}

impl Edge {
    /// Returns the stack name of this edge.
    pub fn stack(&self) -> String {
        self.suffix.as_ref().map_or_else(|| "edge".to_owned(), |suffix| format!("edge-{suffix}"))
    }

    /// Returns the host name that users open.
    pub fn full_domain(&self) -> String {
        format!("{}.{}", self.sub_domain, self.domain_name)
    }
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
        let mut values = Values { problems: Vec::new(), leaves: BTreeMap::new(), file: sources.file_name() };
        keys::check(&tree, &mut values.leaves, &mut values.problems);
        let configuration = values.configuration(&tree);
        problems.append(&mut values.problems);
        let (errors, remarks): (Vec<_>, Vec<_>) = problems.into_iter().partition(Diagnostic::is_error);
        match configuration {
            Some(configuration) if errors.is_empty() => Ok((configuration, remarks)),
            _ => Err(sorted(errors)),
        }
    }

    /// Returns the configured value of a key, or its default.
    pub fn value(&self, path: &str) -> Value {
        self.all.get(path).cloned().or_else(|| keys::default(path)).unwrap_or_default()
    }

    /// Returns `true` if images are built locally instead of pulled as published.
    pub fn builds_images(&self) -> bool {
        self.value("images.source") == "build"
    }

    /// Returns the configured OpenHands release.
    pub fn release(&self) -> &'static Release {
        let version = self.value("compute.openhands_version");
        let release = version.as_str().and_then(releases::find).or_else(|| releases::RELEASES.first());
        release.unwrap_or_else(|| unreachable!("BUG: the table of releases is empty"))
    }

    /// Returns the default model of new users under its `LiteLLM` name, `bedrock/…`.
    pub fn default_model(&self) -> String {
        self.value("models.default").as_str().unwrap_or_default().to_owned()
    }

    /// Returns the Bedrock model or inference profile ID of the default model.
    pub fn default_model_id(&self) -> Option<String> {
        validators::model_id(&self.default_model()).map(str::to_owned)
    }

    /// Returns patterns of the allowed models; the default model always matches one of them.
    pub fn allowed_models(&self) -> Vec<String> {
        let listed = self.value("models.allowed");
        let listed = listed.as_array().into_iter().flatten().filter_map(|pattern| pattern.as_str().map(str::to_owned));
        let mut patterns: Vec<String> = listed.collect();
        let model =
            self.default_model_id().filter(|id| !patterns.iter().any(|pattern| validators::fits_pattern(pattern, id)));
        patterns.extend(model);
        patterns
    }

    /// Returns `true` if the instance pulls updated images. Locally built images are immutable and never updated.
    pub fn auto_updates(&self) -> bool {
        self.value("compute.auto_update") == true && !self.builds_images()
    }

    /// Returns the domains allowed as login redirect targets.
    pub fn callback_domains(&self) -> Vec<String> {
        let listed = self.value("auth.callback_domains");
        let listed = listed.as_array().into_iter().flatten().filter_map(|domain| domain.as_str().map(str::to_owned));
        let listed: Vec<String> = listed.collect();
        if listed.is_empty() { self.edges.iter().map(Edge::full_domain).collect() } else { listed }
    }

    /// Returns the regions, besides us-east-1, in which the log groups of Lambda@Edge functions are managed.
    pub fn edge_log_regions(&self) -> Vec<String> {
        let listed = self.value("monitoring.edge_log_regions");
        listed.as_array().into_iter().flatten().filter_map(|region| region.as_str().map(str::to_owned)).collect()
    }

    /// Returns the digest that binds a saved plan to this configuration and sandbox policy.
    pub fn digest(&self, sandbox_policy: &str) -> String {
        let text = serde_json::to_string(self).unwrap_or_default();
        sha256_hex(format!("{text}\n{sandbox_policy}").as_bytes())
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

/// Validated leaves by dotted path, with their origins for diagnostics.
struct Values {
    problems: Vec<Diagnostic>,
    leaves: BTreeMap<String, (Value, Origin)>,
    file: String,
}

impl Values {
    fn get(&self, path: &str) -> Option<Value> {
        self.leaves.get(path).map(|(value, _)| value.clone()).or_else(|| keys::default(path))
    }

    fn text(&self, path: &str) -> Option<String> {
        self.get(path).and_then(|value| value.as_str().map(str::to_owned)).filter(|text| !text.is_empty())
    }

    fn flag(&self, path: &str) -> bool {
        self.get(path).and_then(|value| value.as_bool()).unwrap_or(false)
    }

    fn texts(&self, path: &str) -> Vec<String> {
        let list = self.get(path).and_then(|value| value.as_array().cloned()).unwrap_or_default();
        list.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect()
    }

    fn place(&self, path: &str) -> String {
        self.leaves.get(path).map_or_else(|| self.file.clone(), |(_, origin)| origin.to_string())
    }

    fn refuse(&mut self, path: &str, message: String, help: &str) {
        let place = self.place(path);
        self.problems.push(Diagnostic::error(place, message).help(help));
    }

    /// Validates a string, if it is set.
    fn form(&mut self, path: &str, what: &str, help: &str, is_good: impl Fn(&str) -> bool) {
        if let Some(text) = self.text(path).filter(|text| !is_good(text)) {
            self.refuse(path, format!("`{path}` is `{text}`, which is not {what}"), help);
        }
    }

    fn require(&mut self, path: &str, help: &str) -> String {
        self.text(path).unwrap_or_else(|| {
            if self.leaves.contains_key(path) {
                self.refuse(path, format!("`{path}` is empty"), help);
            } else {
                self.refuse(path, format!("`{path}` is missing"), help);
            }
            String::new()
        })
    }

    fn configuration(&mut self, tree: &Node) -> Option<Configuration> {
        self.form(
            "name",
            "a deployment name",
            "3 to 24 lowercase letters, digits and single hyphens, starting with a letter",
            is_name,
        );
        self.form(
            "name",
            "available: AWS reserves it",
            "names must not start with `aws`, `ssm`, `sg-` or `internal-`, or contain the words `aws`, `amazon` or `cognito`",
            |text| !is_reserved(text),
        );
        self.form(
            "database.engine_version",
            "a PostgreSQL version",
            "a major version or one of its minor versions: `17`, `15.8`",
            is_engine_version,
        );
        self.form("site_name", "a valid site name", "1 to 100 letters, digits, spaces and _+=,.@-", is_title);
        self.form(
            "auth.domain_prefix_suffix",
            "a valid domain prefix suffix",
            "at most 25 lowercase letters, digits and hyphens, without the words `aws`, `amazon` and `cognito`",
            is_domain_suffix,
        );
        self.form(
            "compute.instance_type",
            "an arm64 (Graviton) instance type",
            "for example `m7g.xlarge`; the machine image and the containers are built for arm64",
            is_arm64_instance,
        );
        let versions = format!("one of the supported versions: {}", releases::versions());
        self.form("compute.openhands_version", "a supported OpenHands version", &versions, |text| {
            releases::find(text).is_some()
        });
        for path in ["images.openhands_digest", "images.agent_server_digest", "images.aws_cli_digest"] {
            self.form(path, "an image digest", "`sha256:` followed by 64 hexadecimal digits", is_image_digest);
        }
        self.models();
        self.form("edge_runtime", "a Lambda Node.js runtime", "for example `nodejs24.x`", |text| {
            is_runtime(text, "nodejs", ".x")
        });
        self.form("user_config.runtime", "a Lambda Python runtime", "for example `python3.14`", |text| {
            is_runtime(text, "python3.", "")
        });
        self.capacity();
        self.form("region", "a valid region", "for example `us-west-2`", |text| Region::new(text).is_ok());
        self.form("vpc_id", "a valid VPC ID", "for example `vpc-0123456789abcdef0`", is_vpc_id);
        self.form("sub_domain", "a valid subdomain", "lowercase letters, digits and hyphens", is_label);
        self.form("stage", "a valid stage", "`production` or `staging`", |text| {
            ["production", "staging"].contains(&text)
        });
        self.form("state.url", "a valid state URL", "for example `s3://bucket/openhands.json`", is_state_url);
        self.form("sandbox.secret_name", "a valid secret name", "letters, digits and /_+=.@-", is_secret_name);
        self.form(
            "monitoring.data_bucket_name",
            "a valid bucket name",
            "3 to 63 lowercase letters, digits, dots and hyphens",
            is_bucket,
        );
        let backend = self.backend();
        let vpc_id = if self.leaves.keys().any(|path| path.starts_with("backend.")) {
            String::new()
        } else {
            self.require("vpc_id", "the VPC that OpenHands runs in, for example `vpc_id = \"vpc-0123456789abcdef0\"`")
        };
        for email in self.texts("monitoring.alarm_emails") {
            if !email.split_once('@').is_some_and(|(user, host)| !user.is_empty() && host.contains('.')) {
                self.refuse(
                    "monitoring.alarm_emails",
                    format!("`{email}` is not an email address"),
                    "for example `ops@example.com`",
                );
            }
        }
        for region in self.texts("monitoring.edge_log_regions") {
            if !REPLICA_REGIONS.contains(&region.as_str()) {
                let message = format!("Lambda@Edge functions do not log in `{region}`");
                let help = format!("choose from {}", REPLICA_REGIONS.join(", "));
                self.refuse("monitoring.edge_log_regions", message, &help);
            }
        }
        self.callback_domains();
        let edges = self.edges(tree);
        let login = self.login(tree);
        let retention = self.get("monitoring.log_retention_days").and_then(|v| v.as_i64()).unwrap_or(30);
        if !keys::RETENTION_DAYS.contains(&retention) {
            let offered = keys::RETENTION_DAYS.map(|n| n.to_string()).join(", ");
            self.refuse(
                "monitoring.log_retention_days",
                format!("{retention} is not a retention period that CloudWatch Logs supports"),
                &format!("one of {offered}"),
            );
        }
        let stage = self.text("stage").unwrap_or_else(|| {
            let is_test = edges.first().is_some_and(|edge| edge.domain_name.starts_with("test."));
            if is_test { "staging" } else { "production" }.to_owned()
        });
        let map = |prefix: &str| {
            let prefix = format!("{prefix}.");
            let entries = self
                .leaves
                .range(prefix.clone()..)
                .take_while(|(path, _)| path.starts_with(&prefix))
                .collect::<Vec<_>>();
            entries
                .into_iter()
                .filter_map(|(path, (value, _))| Some((path.strip_prefix(&prefix)?.to_owned(), value.clone())))
                .collect::<BTreeMap<_, _>>()
        };
        let tags: Tags = map("tags").into_iter().filter_map(|(k, v)| Some((k, v.as_str()?.to_owned()))).collect();
        let mut endpoints: BTreeMap<String, bool> =
            keys::ENDPOINTS.iter().map(|name| ((*name).to_owned(), true)).collect();
        endpoints.extend(map("network.endpoints").into_iter().filter_map(|(k, v)| Some((k, v.as_bool()?))));
        self.check_tags(&tags);
        Some(Configuration {
            name: self.text("name")?,
            region: Region::new(&self.text("region")?).ok()?,
            vpc_id,
            backend,
            stage,
            site_name: self.text("site_name")?,
            skip_s3_endpoint: self.flag("skip_s3_endpoint"),
            state_url: self.text("state.url"),
            edges,
            endpoints,
            alarm_emails: self.texts("monitoring.alarm_emails"),
            log_retention_days: i32::try_from(retention).ok()?,
            data_bucket_name: self.text("monitoring.data_bucket_name"),
            sandbox_aws_access: self.flag("sandbox.aws_access"),
            sandbox_aws_policy_file: self.text("sandbox.aws_policy_file")?,
            sandbox_secret_name: self.text("sandbox.secret_name"),
            login,
            tags,
            all: self.leaves.iter().map(|(path, (value, _))| (path.clone(), value.clone())).collect(),
        })
    }

    fn models(&mut self) {
        let help = "`bedrock/` followed by a model or inference profile ID, for example \
                    `bedrock/us.anthropic.claude-sonnet-4-6`";
        self.form("models.default", "a Bedrock model", help, is_bedrock_model);
        for pattern in self.texts("models.allowed") {
            if !is_model_pattern(&pattern) {
                let message = format!("`{pattern}` is not a valid model ID pattern");
                let help = "a model or inference profile ID, where `*` matches any characters, for example `anthropic.claude-*`";
                self.refuse("models.allowed", message, help);
            }
        }
    }

    /// Validates the login redirect targets. Cognito accepts 100 URLs.
    fn callback_domains(&mut self) {
        let domains = self.texts("auth.callback_domains");
        for domain in domains.iter().filter(|domain| !is_domain(domain)) {
            let message = format!("`{domain}` is not a valid domain");
            self.refuse(
                "auth.callback_domains",
                message,
                "a host name without `https://`, for example `chat.example.com`",
            );
        }
        if domains.len() > 100 {
            let message = format!("`auth.callback_domains` has {} domains", domains.len());
            self.refuse("auth.callback_domains", message, "at most 100");
        }
    }

    /// Validates the Aurora capacity, which is set in steps of 0.5 ACU.
    fn capacity(&mut self) {
        let value = |path: &str| self.get(path).and_then(|value| value.as_f64()).unwrap_or_default();
        let (min, max) = (value("database.min_acu"), value("database.max_acu"));
        for (path, value) in [("database.min_acu", min), ("database.max_acu", max)] {
            if (value * 2.0).fract() != 0.0 {
                let message = format!("{value} is not a valid Aurora capacity");
                self.refuse(path, message, "a multiple of 0.5 ACU, for example `0.5`");
            }
        }
        if min > max {
            let message = format!("`min_acu` ({min}) exceeds `max_acu` ({max})");
            self.refuse("database.min_acu", message, "lower `min_acu` or raise `max_acu` in [database]");
        }
    }

    fn backend(&mut self) -> Option<Backend> {
        self.form("backend.region", "a valid region", "for example `us-west-2`", |text| Region::new(text).is_ok());
        self.form("backend.name", "a deployment name", "the `name` of the deployment that runs the instance", is_name);
        let Some(region) = self.text("backend.region") else {
            if self.leaves.contains_key("backend.name") {
                self.refuse("backend.name", "`backend.region` is missing".to_owned(), "the main region of the backend");
            }
            return None;
        };
        let name = self.text("backend.name")?;
        if self.text("name").as_ref() == Some(&name) {
            let message = format!("this deployment and its backend have the same name, `{name}`");
            self.refuse("backend.region", message, "choose a different `name`: each deployment has a separate state");
        }
        if self.leaves.contains_key("vpc_id") {
            let message = "`vpc_id` cannot be combined with `[backend]`".to_owned();
            self.refuse("vpc_id", message, "remove `vpc_id`: the instance runs in the network of the backend");
        }
        Some(Backend { region: Region::new(&region).ok()?, name })
    }

    fn edges(&mut self, tree: &Node) -> Vec<Edge> {
        let count = tree.list("edge").map_or(0, <[Node]>::len);
        let prefixes: Vec<String> =
            if count == 0 { vec![String::new()] } else { (0..count).map(|n| format!("edge.{n}.")).collect() };
        let mut edges: Vec<Edge> = Vec::new();
        for prefix in prefixes {
            let own = |key: &str| format!("{prefix}{key}");
            let inherited = |values: &Self, key: &str| values.text(&own(key)).or_else(|| values.text(key));
            for key in ["domain_name", "hosted_zone_id", "sub_domain"] {
                let path = if self.leaves.contains_key(&own(key)) { own(key) } else { key.to_owned() };
                match key {
                    "domain_name" => self.form(&path, "a valid domain", "for example `example.com`", is_domain),
                    "hosted_zone_id" => {
                        self.form(&path, "a hosted zone ID", "for example `Z0123456789ABCDEFGHIJ`", is_zone_id);
                    }
                    _ => self.form(&path, "a valid subdomain", "lowercase letters, digits and hyphens", is_label),
                }
            }
            let mut required = |key: &str, help: &str| match inherited(self, key) {
                Some(text) => text,
                None => self.require(&own(key), help),
            };
            let domain_name =
                required("domain_name", "the domain that users open, for example `domain_name = \"example.com\"`");
            let hosted_zone_id = required(
                "hosted_zone_id",
                "the Route 53 hosted zone of the domain, for example `hosted_zone_id = \"Z0123456789ABCDEFGHIJ\"`",
            );
            let suffix = self.text(&own("suffix"));
            self.form(&own("suffix"), "a valid suffix", "at most 20 lowercase letters, digits and hyphens", |text| {
                is_label(text) && text.len() <= 20
            });
            if edges.iter().any(|edge| edge.suffix == suffix) {
                let message = suffix
                    .as_ref()
                    .map_or("two edges have no `suffix`".to_owned(), |s| format!("two edges have the suffix `{s}`"));
                self.refuse(&own("suffix"), message, "give each `[[edge]]` a unique `suffix`");
            }
            let edge = Edge {
                suffix,
                domain_name,
                hosted_zone_id,
                sub_domain: inherited(self, "sub_domain").unwrap_or_else(|| "openhands".to_owned()),
                runtime_access: self.text(&own("runtime_access")).unwrap_or_else(|| "owner".to_owned()),
            };
            // The common name of a certificate has at most 64 characters: RequestCertificate of ACM, after RFC 5280.
            let full_domain = edge.full_domain();
            if full_domain.len() > 64 {
                let path =
                    if self.leaves.contains_key(&own("sub_domain")) { own("sub_domain") } else { own("domain_name") };
                let message = format!("`{full_domain}` has {} characters", full_domain.len());
                self.refuse(&path, message, "at most 64, the limit of a certificate; choose a shorter `sub_domain`");
            }
            edges.push(edge);
        }
        edges
    }
}

#[cfg(test)]
mod tests;
