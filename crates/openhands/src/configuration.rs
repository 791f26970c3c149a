//! The configuration: layers of values, checked against one table of keys, as typed data.

mod forms;
pub mod keys;
pub mod login;
pub mod tree;

use std::collections::BTreeMap;

use ohinfra_core::Region;
use ohinfra_core::diagnostic::Diagnostic;
use ohinfra_core::secret::sha256_hex;
use ohinfra_core::tags::Tags;
use ohinfra_kinds::logs::REPLICA_REGIONS;
use serde::Serialize;
use serde_json::Value;

use crate::payload::releases::{self, Release};
use forms::{
    is_arm64_instance, is_bedrock_model, is_bucket, is_domain, is_domain_suffix, is_engine_version, is_image_digest,
    is_label, is_model_pattern, is_name, is_reserved, is_runtime, is_secret_name, is_state_url, is_title, is_vpc_id,
    is_zone_id,
};
pub use login::{Login, Oidc, Saml, SamlMetadata};
pub use tree::Sources;
use tree::{Node, Origin};

/// A checked configuration with every default filled in.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Configuration {
    /// Prefixes names and owns the state.
    pub name: String,
    /// The main region.
    pub region: Region,
    /// The VPC. Empty with a backend.
    pub vpc_id: String,
    /// The deployment that domains are put in front of, if it is not this one.
    pub backend: Option<Backend>,
    /// `production` or `staging`.
    pub stage: String,
    /// Shown to users.
    pub site_name: String,
    /// Whether the S3 gateway endpoint is left out.
    pub skip_s3_endpoint: bool,
    /// Where the state is kept; none for a local file.
    pub state_url: Option<String>,
    /// The domains that are served.
    pub edges: Vec<Edge>,
    /// Which interface endpoints are made, by short name.
    pub endpoints: BTreeMap<String, bool>,
    /// Who gets alerts.
    pub alarm_emails: Vec<String>,
    /// Days that the application's log is kept.
    pub log_retention_days: i32,
    /// The data bucket's name, if it is not the default.
    pub data_bucket_name: Option<String>,
    /// Whether agents get AWS credentials.
    pub sandbox_aws_access: bool,
    /// What they may do with them: a file.
    pub sandbox_aws_policy_file: String,
    /// The secret that encrypts agents' sessions.
    pub sandbox_secret_name: Option<String>,
    /// Who may log in.
    pub login: Login,
    /// Tags beside the four of every deployment.
    pub tags: Tags,
    /// Everything as it was written, for the digest and for stacks that read what is not a field here.
    pub all: BTreeMap<String, Value>,
}

/// Another deployment of the same account, with a state of its own: it exports what a domain needs to know of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Backend {
    /// Its main region.
    pub region: Region,
    /// Its name.
    pub name: String,
}

/// A domain that is served.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Edge {
    /// Names the stack `edge-<suffix>`; none: `edge`.
    pub suffix: Option<String>,
    /// The domain.
    pub domain_name: String,
    /// Its hosted zone.
    pub hosted_zone_id: String,
    /// The part before the domain.
    pub sub_domain: String,
    /// `owner` or `public`.
    pub runtime_access: String,
}

impl Edge {
    /// The stack of its resources.
    pub fn stack(&self) -> String {
        self.suffix.as_ref().map_or_else(|| "edge".to_owned(), |suffix| format!("edge-{suffix}"))
    }

    /// The name that users open.
    pub fn full_domain(&self) -> String {
        format!("{}.{}", self.sub_domain, self.domain_name)
    }
}

impl Configuration {
    /// Reads all layers, or reports every problem. Also gives remarks.
    pub fn load(sources: &Sources) -> Result<(Self, Vec<Diagnostic>), Vec<Diagnostic>> {
        let (tree, mut problems) = tree::merge(sources);
        // What cannot be read may hold anything: nothing else can be said of it.
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

    /// What a key holds: as it was written, or its default.
    pub fn value(&self, path: &str) -> Value {
        self.all.get(path).cloned().or_else(|| keys::default(path)).unwrap_or_default()
    }

    /// Whether images are built here instead of taken as they are published.
    pub fn builds_images(&self) -> bool {
        self.value("images.source") == "build"
    }

    /// The release of OpenHands that runs.
    pub fn release(&self) -> &'static Release {
        let version = self.value("compute.openhands_version");
        let release = version.as_str().and_then(releases::find).or_else(|| releases::RELEASES.first());
        release.unwrap_or_else(|| unreachable!("BUG: the table of releases is empty"))
    }

    /// The model of a new user, as `LiteLLM` names it: `bedrock/…`.
    pub fn default_model(&self) -> String {
        self.value("models.default").as_str().unwrap_or_default().to_owned()
    }

    /// The id of that model or inference profile in Bedrock.
    pub fn default_model_id(&self) -> Option<String> {
        forms::model_id(&self.default_model()).map(str::to_owned)
    }

    /// Patterns of the models that may be used; the default model fits one of them.
    pub fn allowed_models(&self) -> Vec<String> {
        let listed = self.value("models.allowed");
        let listed = listed.as_array().into_iter().flatten().filter_map(|pattern| pattern.as_str().map(str::to_owned));
        let mut patterns: Vec<String> = listed.collect();
        let model =
            self.default_model_id().filter(|id| !patterns.iter().any(|pattern| forms::fits_pattern(pattern, id)));
        patterns.extend(model);
        patterns
    }

    /// Whether the instance pulls its images again by itself. An image that was built here keeps its content for good.
    pub fn auto_updates(&self) -> bool {
        self.value("compute.auto_update") == true && !self.builds_images()
    }

    /// The domains that users may come back to from the login.
    pub fn callback_domains(&self) -> Vec<String> {
        let listed = self.value("auth.callback_domains");
        let listed = listed.as_array().into_iter().flatten().filter_map(|domain| domain.as_str().map(str::to_owned));
        let listed: Vec<String> = listed.collect();
        if listed.is_empty() { self.edges.iter().map(Edge::full_domain).collect() } else { listed }
    }

    /// The regions besides us-east-1 in which functions at the edge write logs that get a retention.
    pub fn edge_log_regions(&self) -> Vec<String> {
        let listed = self.value("monitoring.edge_log_regions");
        listed.as_array().into_iter().flatten().filter_map(|region| region.as_str().map(str::to_owned)).collect()
    }

    /// The digest that a saved plan is bound to.
    pub fn digest(&self, sandbox_policy: &str) -> String {
        let text = serde_json::to_string(self).unwrap_or_default();
        sha256_hex(format!("{text}\n{sandbox_policy}").as_bytes())
    }
}

/// Problems by place, each once.
fn sorted(mut problems: Vec<Diagnostic>) -> Vec<Diagnostic> {
    problems.sort_by(|a, b| (place_order(&a.place), &a.message).cmp(&(place_order(&b.place), &b.message)));
    problems.dedup();
    problems
}

/// Lines in the order of the file, not of their digits.
fn place_order(place: &str) -> (String, Vec<usize>) {
    let mut parts = place.split(':');
    let file = parts.next().unwrap_or_default().to_owned();
    (file, parts.filter_map(|part| part.parse().ok()).collect())
}

/// Checked leaves by dotted path, with what is needed to say where a problem is.
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

    /// Checks the form of a text that is there.
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
            "3 to 24 lower-case letters, digits and single dashes, a letter first",
            is_name,
        );
        self.form(
            "name",
            "free to use",
            "AWS keeps for itself what begins with `aws`, `ssm`, `sg-` or `internal-`, and the words `aws`, `amazon` and `cognito`",
            |text| !is_reserved(text),
        );
        self.form(
            "database.engine_version",
            "a version of PostgreSQL",
            "a major version or one of its minor versions: `17`, `15.8`",
            is_engine_version,
        );
        self.form("site_name", "a title that Cognito takes", "1 to 100 letters, digits, spaces and _+=,.@-", is_title);
        self.form(
            "auth.domain_prefix_suffix",
            "the end of a login domain's prefix",
            "at most 25 lower-case letters, digits and dashes, without the words `aws`, `amazon` and `cognito`",
            is_domain_suffix,
        );
        self.form(
            "compute.instance_type",
            "a type of arm64 instance",
            "for example `m7g.xlarge`: the image and the containers are for Graviton",
            is_arm64_instance,
        );
        let versions = format!("one of the supported versions: {}", releases::versions());
        self.form("compute.openhands_version", "a supported version of OpenHands", &versions, |text| {
            releases::find(text).is_some()
        });
        for path in ["images.openhands_digest", "images.agent_server_digest", "images.aws_cli_digest"] {
            self.form(path, "the digest of an image", "`sha256:` and 64 hexadecimal digits", is_image_digest);
        }
        self.models();
        self.form("edge_runtime", "a Node.js runtime of Lambda", "for example `nodejs24.x`", |text| {
            is_runtime(text, "nodejs", ".x")
        });
        self.form("user_config.runtime", "a Python runtime of Lambda", "for example `python3.14`", |text| {
            is_runtime(text, "python3.", "")
        });
        self.capacity();
        self.form("region", "a region", "for example `us-west-2`", |text| Region::new(text).is_ok());
        self.form("vpc_id", "a VPC id", "for example `vpc-0123456789abcdef0`", is_vpc_id);
        self.form("sub_domain", "a host name", "letters, digits and dashes", is_label);
        self.form("stage", "a stage", "`production` or `staging`", |text| ["production", "staging"].contains(&text));
        self.form("state.url", "a state URL", "for example `s3://bucket/openhands.json`", is_state_url);
        self.form("sandbox.secret_name", "a secret's name", "letters, digits and /_+=.@-", is_secret_name);
        self.form(
            "monitoring.data_bucket_name",
            "a bucket name",
            "3 to 63 lower-case letters, digits, dots and dashes",
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
                    format!("`{email}` is not an e-mail address"),
                    "for example `ops@example.com`",
                );
            }
        }
        for region in self.texts("monitoring.edge_log_regions") {
            if !REPLICA_REGIONS.contains(&region.as_str()) {
                let message = format!("functions at CloudFront's edge write no logs in `{region}`");
                let help = format!("some of {}", REPLICA_REGIONS.join(", "));
                self.refuse("monitoring.edge_log_regions", message, &help);
            }
        }
        let edges = self.edges(tree);
        let login = self.login(tree);
        let retention = self.get("monitoring.log_retention_days").and_then(|v| v.as_i64()).unwrap_or(30);
        if !keys::RETENTION_DAYS.contains(&retention) {
            let offered = keys::RETENTION_DAYS.map(|n| n.to_string()).join(", ");
            self.refuse(
                "monitoring.log_retention_days",
                format!("CloudWatch Logs offers no retention of {retention} days"),
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
        for key in tags.keys() {
            if key.starts_with("ohinfra:") || key.starts_with("aws:") {
                let message = format!("the tag `{key}` is reserved");
                self.refuse(
                    &format!("tags.{key}"),
                    message,
                    "tags that start with `ohinfra:` and `aws:` are not yours to set",
                );
            }
        }
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
        let help = "`bedrock/` and the id of a model or an inference profile, for example \
                    `bedrock/us.anthropic.claude-sonnet-4-6`";
        self.form("models.default", "a model on Bedrock", help, is_bedrock_model);
        for pattern in self.texts("models.allowed") {
            if !is_model_pattern(&pattern) {
                let message = format!("`{pattern}` is not a pattern of model ids");
                let help = "the id of a model or an inference profile, in which `*` stands for any text, for example `anthropic.claude-*`";
                self.refuse("models.allowed", message, help);
            }
        }
    }

    /// Aurora's capacity goes in halves of a unit.
    fn capacity(&mut self) {
        let value = |path: &str| self.get(path).and_then(|value| value.as_f64()).unwrap_or_default();
        let (least, most) = (value("database.min_acu"), value("database.max_acu"));
        for (path, value) in [("database.min_acu", least), ("database.max_acu", most)] {
            if (value * 2.0).fract() != 0.0 {
                let message = format!("Aurora offers no capacity of {value} units");
                self.refuse(path, message, "whole and half units, for example `0.5`");
            }
        }
        if least > most {
            let message = format!("the least capacity is {least} units, and the most is {most}");
            self.refuse("database.min_acu", message, "set `min_acu` no higher than `max_acu` in [database]");
        }
    }

    fn backend(&mut self) -> Option<Backend> {
        self.form("backend.region", "a region", "for example `us-west-2`", |text| Region::new(text).is_ok());
        self.form("backend.name", "a deployment name", "the `name` of the deployment that has the instance", is_name);
        let Some(region) = self.text("backend.region") else {
            if self.leaves.contains_key("backend.name") {
                self.refuse("backend.name", "`backend.region` is missing".to_owned(), "the main region of the backend");
            }
            return None;
        };
        let name = self.text("backend.name")?;
        if self.text("name").as_ref() == Some(&name) {
            let message = format!("this deployment and its backend are both called `{name}`");
            self.refuse("backend.region", message, "give this one a `name` of its own: it owns a state of its own");
        }
        if self.leaves.contains_key("vpc_id") {
            let message = "`vpc_id` has no meaning with `[backend]`".to_owned();
            self.refuse("vpc_id", message, "leave it out: the instance is the backend's, and so is its network");
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
                    "domain_name" => self.form(&path, "a domain", "for example `example.com`", is_domain),
                    "hosted_zone_id" => {
                        self.form(&path, "a hosted zone id", "for example `Z0123456789ABCDEFGHIJ`", is_zone_id);
                    }
                    _ => self.form(&path, "a host name", "letters, digits and dashes", is_label),
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
            self.form(&own("suffix"), "a suffix", "at most 20 lower-case letters, digits and dashes", |text| {
                is_label(text) && text.len() <= 20
            });
            if edges.iter().any(|edge| edge.suffix == suffix) {
                let message = suffix
                    .as_ref()
                    .map_or("two edges have no `suffix`".to_owned(), |s| format!("two edges have the suffix `{s}`"));
                self.refuse(&own("suffix"), message, "give each `[[edge]]` a `suffix` of its own");
            }
            edges.push(Edge {
                suffix,
                domain_name,
                hosted_zone_id,
                sub_domain: inherited(self, "sub_domain").unwrap_or_else(|| "openhands".to_owned()),
                runtime_access: self.text(&own("runtime_access")).unwrap_or_else(|| "owner".to_owned()),
            });
        }
        edges
    }
}

#[cfg(test)]
mod tests;
