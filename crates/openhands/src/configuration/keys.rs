//! The one table of configuration keys: what `validate` checks, what the JSON Schema and the reference are made of.

use std::collections::BTreeMap;

use ohinfra_core::diagnostic::Diagnostic;
use serde_json::{Value, json};

use super::tree::{Node, NodeValue, Origin};

/// What a key holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Holds {
    /// Text.
    Text,
    /// One of these texts.
    Choice(&'static [&'static str]),
    /// `true` or `false`.
    Flag,
    /// A whole number within these bounds.
    Integer(i64, i64),
    /// A number within these bounds.
    Number(f64, f64),
    /// A list of texts, JSON text of one, or comma-separated text.
    Texts,
    /// A table of texts under names of the user's choice.
    TextTable,
    /// A table of flags under these names.
    FlagTable(&'static [&'static str]),
}

/// A key.
pub struct Key {
    /// Its dotted path; `edge.*.` stands for every `[[edge]]`.
    pub path: &'static str,
    /// What it holds.
    pub holds: Holds,
    /// Its default as JSON text; empty if it has none.
    pub default: &'static str,
    /// What it is for.
    pub help: &'static str,
}

/// The interface endpoints that can be switched off.
pub const ENDPOINTS: &[&str] =
    &["bedrock-runtime", "ec2messages", "ecr-api", "ecr-dkr", "logs", "secretsmanager", "ssm", "ssmmessages"];

/// Retentions that CloudWatch Logs offers (`PutRetentionPolicy`).
pub const RETENTION_DAYS: [i64; 22] =
    [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

/// The model of a new user: the newest Claude Sonnet with a global inference profile that `LiteLLM` knows in every supported
/// release of OpenHands. With a newer one, those versions of `LiteLLM` cut answers at 4,096 tokens and cache no prompt. The id is
/// documented at <https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-support.html> and
/// <https://platform.claude.com/docs/en/build-with-claude/claude-on-amazon-bedrock>.
const DEFAULT_MODEL: &str = "\"bedrock/global.anthropic.claude-sonnet-4-6\"";

/// All of [`ohinfra_kinds::logs::REPLICA_REGIONS`].
const EDGE_LOG_REGIONS: &str = r#"["ap-northeast-1", "ap-northeast-2", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "eu-central-1", "eu-west-1", "eu-west-2", "sa-east-1", "us-east-2", "us-west-1", "us-west-2"]"#;

const fn key(path: &'static str, holds: Holds, default: &'static str, help: &'static str) -> Key {
    Key { path, holds, default, help }
}

/// Every key.
pub const KEYS: &[Key] = &[
    key(
        "name",
        Holds::Text,
        "\"openhands\"",
        "Prefixes names and owns the state: several deployments fit one account.",
    ),
    key("region", Holds::Text, "\"us-east-1\"", "The main region."),
    key("vpc_id", Holds::Text, "", "The VPC that OpenHands runs in. Required, except with `[backend]`."),
    key(
        "hosted_zone_id",
        Holds::Text,
        "",
        "The Route 53 hosted zone of the domain. Required unless every edge has its own.",
    ),
    key("domain_name", Holds::Text, "", "The domain. Required unless every edge has its own."),
    key("sub_domain", Holds::Text, "\"openhands\"", "The part before the domain."),
    key("site_name", Holds::Text, "\"Openhands on AWS\"", "Shown to users when they log in."),
    key("skip_s3_endpoint", Holds::Flag, "false", "Leaves the S3 gateway endpoint out."),
    key(
        "stage",
        Holds::Text,
        "",
        "`production` or `staging`; by default `staging` when the domain starts with `test.`.",
    ),
    key(
        "state.url",
        Holds::Text,
        "",
        "Where the state is kept, `s3://bucket/key`; `<account>` and `<region>` are filled in. By default a local file, `state/<name>.json`.",
    ),
    key(
        "backend.region",
        Holds::Text,
        "",
        "Only login and domains are made, in front of another deployment, whose main region this is.",
    ),
    key("backend.name", Holds::Text, "\"openhands\"", "The name of that deployment."),
    key(
        "auth.callback_domains",
        Holds::Texts,
        "[]",
        "Domains that users may log in from; by default those of all edges.",
    ),
    key("auth.domain_prefix_suffix", Holds::Text, "\"shared\"", "The end of the login domain's prefix."),
    key(
        "auth.local_login",
        Holds::Flag,
        "true",
        "Let users log in with an email address and a password, beside the company login.",
    ),
    key(
        "auth.saml.name",
        Holds::Text,
        "",
        "Name of the company's SAML login, shown on its button. Required in `[auth.saml]`. A change gives every user a new id.",
    ),
    key(
        "auth.saml.metadata_url",
        Holds::Text,
        "",
        "URL of the provider's SAML metadata. Required unless `metadata_file` is set.",
    ),
    key(
        "auth.saml.metadata_file",
        Holds::Text,
        "",
        "File with the provider's SAML metadata, relative to the configuration file.",
    ),
    key("auth.saml.sign_out", Holds::Flag, "false", "Log out of the SAML provider, too (single logout)."),
    key(
        "auth.saml.attributes",
        Holds::TextTable,
        "",
        "User attributes and the provider's names for them; `email` defaults to the usual claim URI.",
    ),
    key(
        "auth.oidc.name",
        Holds::Text,
        "",
        "Name of the company's OpenID Connect login, shown on its button. Required in `[auth.oidc]`. A change gives every user a new id.",
    ),
    key("auth.oidc.issuer", Holds::Text, "", "Issuer URL of the OpenID Connect provider. Required in `[auth.oidc]`."),
    key(
        "auth.oidc.client_id",
        Holds::Text,
        "",
        "Client id of this deployment at the provider. Required in `[auth.oidc]`.",
    ),
    key(
        "auth.oidc.client_secret_name",
        Holds::Text,
        "",
        "Name of the Secrets Manager secret, in the main region, that holds the client secret. Required in `[auth.oidc]`.",
    ),
    key("auth.oidc.scopes", Holds::Texts, "[\"openid\", \"email\", \"profile\"]", "Scopes that the login asks for."),
    key(
        "auth.oidc.attributes",
        Holds::TextTable,
        "",
        "User attributes and the provider's claims; `email` and `email_verified` default to the claims of the same name.",
    ),
    key("sandbox.aws_access", Holds::Flag, "false", "Whether agents may use AWS beyond Bedrock."),
    key(
        "sandbox.aws_policy_file",
        Holds::Text,
        "\"config/sandbox-aws-policy.json\"",
        "What they may do then: an IAM policy document, relative to the configuration file.",
    ),
    key(
        "sandbox.secret_name",
        Holds::Text,
        "",
        "The secret that encrypts agents' sessions; by default `<name>/sandbox-secret-key`. One that exists is used and never managed.",
    ),
    key("sandbox.memory_mb", Holds::Integer(512, 1_048_576), "4096", "Memory of a sandbox in MB."),
    key("sandbox.cpus", Holds::Number(0.1, 256.0), "2", "Processors of a sandbox."),
    key("sandbox.processes", Holds::Integer(64, 65_536), "1024", "Processes and threads of a sandbox."),
    key(
        "sandbox.disk_gb",
        Holds::Integer(0, 16_384),
        "20",
        "Disk of a sandbox in GB, without its workspace; 0 sets no limit.",
    ),
    key(
        "sandbox.idle_minutes",
        Holds::Integer(0, 525_600),
        "60",
        "Minutes without activity after which a sandbox stops; 0 stops none.",
    ),
    key(
        "sandbox.retention_days",
        Holds::Integer(0, 36_500),
        "0",
        "Days after which an archived conversation is deleted; 0 deletes none.",
    ),
    key("sandbox.per_user", Holds::Integer(1, 1000), "3", "Sandboxes of one user that run at the same time."),
    key("edge.*.suffix", Holds::Text, "", "Names the stack `edge-<suffix>`; without it the stack is `edge`."),
    key("edge.*.domain_name", Holds::Text, "", "This edge's domain; by default the top-level one."),
    key("edge.*.hosted_zone_id", Holds::Text, "", "Its hosted zone; by default the top-level one."),
    key("edge.*.sub_domain", Holds::Text, "", "The part before its domain; by default the top-level one."),
    key(
        "edge.*.runtime_access",
        Holds::Choice(&["owner", "public"]),
        "\"owner\"",
        "Who may open the apps that agents run.",
    ),
    key(
        "models.default",
        Holds::Text,
        DEFAULT_MODEL,
        "The model of a new user: an inference profile or a model of Bedrock.",
    ),
    key(
        "models.allowed",
        Holds::Texts,
        "[\"anthropic.claude-*\", \"*.anthropic.claude-*\"]",
        "Models that users and agents may use: patterns of the ids of models and inference profiles, in which `*` stands for any text.",
    ),
    // Lambda@Edge supports the newest Node.js of Lambda:
    // https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-at-edge-function-restrictions.html
    // https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
    key("edge_runtime", Holds::Text, "\"nodejs24.x\"", "The runtime of the functions at CloudFront's edge."),
    key("user_config.runtime", Holds::Text, "\"python3.14\"", "The runtime of the user configuration API."),
    key("compute.instance_type", Holds::Text, "\"m7g.xlarge\"", "The instance's type (arm64)."),
    key("compute.root_volume_gb", Holds::Integer(8, 16384), "30", "The root volume."),
    key("compute.data_volume_gb", Holds::Integer(1, 16384), "100", "The data volume."),
    key(
        "compute.openhands_version",
        Holds::Text,
        "\"1.11.0\"",
        "The version of OpenHands, one of a tested list; the agent server's image follows from it.",
    ),
    key(
        "compute.auto_update",
        Holds::Flag,
        "false",
        "Pull the images of the same tags every night, and restart OpenHands if one has changed. Has no effect on images that are built.",
    ),
    key("compute.deletion_protection", Holds::Flag, "false", "Whether the load balancer is protected."),
    key(
        "database.engine_version",
        Holds::Text,
        "\"17\"",
        "Aurora PostgreSQL's major version, or the version that it has at least: `16`, `15.8`. A new cluster gets the newest version of a major version.",
    ),
    key(
        "database.auto_minor_version_upgrade",
        Holds::Flag,
        "true",
        "Let AWS raise the minor version in the maintenance window.",
    ),
    key("database.min_acu", Holds::Number(0.0, 256.0), "0.5", "The least capacity."),
    key("database.max_acu", Holds::Number(1.0, 256.0), "4", "The most capacity."),
    key("database.backup_retention_days", Holds::Integer(1, 35), "35", "Days that backups are kept."),
    key("database.deletion_protection", Holds::Flag, "false", "Whether the cluster is protected."),
    key("database.restore_from_snapshot", Holds::Text, "", "A snapshot to start from, or `latest`."),
    key(
        "network.endpoints",
        Holds::FlagTable(ENDPOINTS),
        "",
        "Interface endpoints; each is made unless it is set to `false`.",
    ),
    key("monitoring.alarm_emails", Holds::Texts, "[]", "Who gets alerts."),
    key("monitoring.log_retention_days", Holds::Integer(1, 3653), "30", "Days that the application's log is kept."),
    key(
        "monitoring.edge_log_regions",
        Holds::Texts,
        EDGE_LOG_REGIONS,
        "Regions besides us-east-1 in which the logs of functions at the edge get a retention. Remove those that your organization denies.",
    ),
    key(
        "monitoring.data_bucket_name",
        Holds::Text,
        "",
        "The data bucket's name; by default `<name>-data-<account>-<region>`.",
    ),
    key(
        "images.source",
        Holds::Choice(&["upstream", "build"]),
        "\"upstream\"",
        "`build`: images are built here with docker and kept in the deployment's own registry.",
    ),
    key(
        "images.openhands_digest",
        Holds::Text,
        "",
        "The digest of the published OpenHands image to build on, `sha256:…`; by default the digest that its tag named at the first apply or the last `--upgrade`.",
    ),
    key(
        "images.agent_server_digest",
        Holds::Text,
        "",
        "The digest of the published agent server image to build on, `sha256:…`; by default the digest that its tag named at the first apply or the last `--upgrade`.",
    ),
    key(
        "images.aws_cli_digest",
        Holds::Text,
        "",
        "The digest of the AWS CLI image from which the command is copied, `sha256:…`; by default the digest that its tag named at the first apply or the last `--upgrade`.",
    ),
    key(
        "waf.rate_limit",
        Holds::Integer(10, 2_000_000_000),
        "50000",
        "Requests per 5 minutes and address before it is blocked.",
    ),
    key("tags", Holds::TextTable, "", "Tags beside the four of every deployment."),
];

/// Keys of earlier versions, and what took their place.
const REMOVED: &[(&str, &str)] = &[
    ("compute.llm_model", "use `models.default`"),
    ("compute.runtime_version", "remove it: the agent server's image follows from `compute.openhands_version`"),
    ("compute.watchtower", "remove it, or use `compute.auto_update`"),
];

/// The default of a key.
pub fn default(path: &str) -> Option<Value> {
    find(path).filter(|key| !key.default.is_empty()).and_then(|key| serde_json::from_str(key.default).ok())
}

fn find(path: &str) -> Option<&'static Key> {
    let general = general(path);
    KEYS.iter().find(|key| key.path == general)
}

/// `edge.0.suffix` is checked as `edge.*.suffix`.
fn general(path: &str) -> String {
    let parts = path.split('.').map(|part| if part.parse::<usize>().is_ok() { "*" } else { part });
    parts.collect::<Vec<_>>().join(".")
}

/// Checks every leaf of the tree against the table.
pub(super) fn check(tree: &Node, leaves: &mut BTreeMap<String, (Value, Origin)>, problems: &mut Vec<Diagnostic>) {
    walk("", tree, leaves, problems);
}

fn walk(path: &str, node: &Node, leaves: &mut BTreeMap<String, (Value, Origin)>, problems: &mut Vec<Diagnostic>) {
    let join = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match (&node.value, find(path)) {
        (NodeValue::Table(entries), Some(Key { holds: Holds::TextTable, .. })) => {
            for (name, entry) in entries {
                leaf(&join(name), entry, Holds::Text, leaves, problems);
            }
        }
        (NodeValue::Table(entries), Some(Key { holds: Holds::FlagTable(names), .. })) => {
            for (name, entry) in entries {
                if names.contains(&name.as_str()) {
                    leaf(&join(name), entry, Holds::Flag, leaves, problems);
                } else {
                    let message = format!("there is no key `{}`", join(name));
                    problems
                        .push(Diagnostic::error(&entry.origin, message).help(format!("one of {}", names.join(", "))));
                }
            }
        }
        (_, Some(key)) => leaf(path, node, key.holds, leaves, problems),
        (NodeValue::Table(entries), None) if path.is_empty() || has_children(path) => {
            for (name, entry) in entries {
                walk(&join(name), entry, leaves, problems);
            }
        }
        (NodeValue::List(items), None) if path == "edge" => {
            for (n, item) in items.iter().enumerate() {
                walk(&join(&n.to_string()), item, leaves, problems);
            }
        }
        (_, None) if has_children(path) => {
            let form = if path == "edge" { "[[edge]]".to_owned() } else { format!("[{path}]") };
            problems.push(
                Diagnostic::error(&node.origin, format!("`{path}` is a table, not a value"))
                    .help(format!("write it as `{form}`")),
            );
        }
        (_, None) => {
            let general = general(path);
            let parent = general.rsplit_once('.').map_or("", |(parent, _)| parent);
            let siblings = KEYS.iter().filter_map(|key| child_of(key.path, parent));
            problems.push(unknown(&general, &node.origin, siblings));
        }
    }
}

fn child_of(path: &str, parent: &str) -> Option<String> {
    let rest = if parent.is_empty() { path } else { path.strip_prefix(parent)?.strip_prefix('.')? };
    let name = rest.split('.').next().unwrap_or(rest);
    Some(if parent.is_empty() { name.to_owned() } else { format!("{parent}.{name}") })
}

fn has_children(path: &str) -> bool {
    let prefix = format!("{}.", general(path));
    KEYS.iter().any(|key| key.path.starts_with(&prefix))
}

fn unknown(path: &str, origin: &Origin, candidates: impl Iterator<Item = String>) -> Diagnostic {
    if let Some((_, help)) = REMOVED.iter().find(|(removed, _)| *removed == path) {
        return Diagnostic::error(origin, format!("there is no key `{path}` any more")).help(*help);
    }
    let everywhere = KEYS.iter().map(|key| key.path.to_owned());
    let nearest = candidates
        .chain(everywhere)
        .map(|candidate| (strsim::damerau_levenshtein(path, &candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len().min(path.len()) / 3)
        .min();
    let shown = path.replace("edge.*.", "[[edge]] ");
    let problem = Diagnostic::error(origin, format!("there is no key `{shown}`"));
    match nearest {
        Some((_, nearest)) => problem.help(format!("did you mean `{}`?", nearest.replace("edge.*.", "[[edge]] "))),
        None => problem.help("docs/configuration.md lists every key"),
    }
}

fn leaf(
    path: &str,
    node: &Node,
    holds: Holds,
    leaves: &mut BTreeMap<String, (Value, Origin)>,
    problems: &mut Vec<Diagnostic>,
) {
    match read(node, holds) {
        Ok(value) => {
            leaves.insert(path.to_owned(), (value, node.origin.clone()));
        }
        Err(expected) => {
            let shown = general(path).replace("edge.*.", "[[edge]] ");
            let message = format!("`{shown}` must be {expected}, not {}", node.value.describe());
            problems.push(Diagnostic::error(&node.origin, message));
        }
    }
}

/// The value in the form that the key wants. Text of flags and variables is converted; text of the file is not.
fn read(node: &Node, holds: Holds) -> Result<Value, String> {
    let text = match &node.value {
        NodeValue::Text(text) => Some(text.as_str()),
        _ => None,
    };
    let loose = text.filter(|_| !matches!(node.origin, Origin::File { .. })).map(str::trim);
    match holds {
        Holds::Text => match (&node.value, loose) {
            (NodeValue::Text(text), _) => Ok(json!(text)),
            _ => Err("text".to_owned()),
        },
        Holds::Choice(choices) => text
            .filter(|text| choices.contains(text))
            .map(|text| json!(text))
            .ok_or_else(|| choices.iter().map(|c| format!("`{c}`")).collect::<Vec<_>>().join(" or ")),
        Holds::Flag => match (&node.value, loose) {
            (NodeValue::Flag(flag), _) => Ok(json!(flag)),
            (_, Some("true")) => Ok(json!(true)),
            (_, Some("false")) => Ok(json!(false)),
            _ => Err("`true` or `false`".to_owned()),
        },
        Holds::Integer(least, most) => match (&node.value, loose) {
            (NodeValue::Integer(number), _) => Some(*number),
            (_, Some(text)) => text.parse().ok(),
            _ => None,
        }
        .filter(|number| (least..=most).contains(number))
        .map(|number| json!(number))
        .ok_or_else(|| format!("a whole number from {least} to {most}")),
        Holds::Number(least, most) => match (&node.value, loose) {
            #[expect(clippy::cast_precision_loss, reason = "numbers within the bounds are exact")]
            (NodeValue::Integer(number), _) => Some(*number as f64),
            (NodeValue::Number(number), _) => Some(*number),
            (_, Some(text)) => text.parse().ok(),
            _ => None,
        }
        .filter(|number| (least..=most).contains(number))
        .map(|number| json!(number))
        .ok_or_else(|| format!("a number from {least} to {most}")),
        Holds::Texts => texts(&node.value).map(|list| json!(list)).ok_or_else(|| "a list of texts".to_owned()),
        Holds::TextTable | Holds::FlagTable(_) => Err("a table".to_owned()),
    }
}

/// A list, JSON text of a list, or comma-separated text.
fn texts(value: &NodeValue) -> Option<Vec<String>> {
    match value {
        NodeValue::List(items) => items
            .iter()
            .map(|item| match &item.value {
                NodeValue::Text(text) => Some(text.clone()),
                _ => None,
            })
            .collect(),
        NodeValue::Text(text) if text.trim_start().starts_with('[') => serde_json::from_str(text).ok(),
        NodeValue::Text(text) => {
            Some(text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect())
        }
        _ => None,
    }
}

/// The reference of keys, made of the table.
pub fn markdown() -> String {
    let mut text = String::from(
        "# Configuration keys\n\nMade by `cargo xtask docs` of the one table of keys; docs/configuration.md explains how they are read.\n\n| key | holds | default | |\n| --- | --- | --- | --- |\n",
    );
    for key in KEYS {
        let holds = match key.holds {
            Holds::Text => "text".to_owned(),
            Holds::Choice(choices) => {
                choices.iter().map(|choice| format!("`{choice}`")).collect::<Vec<_>>().join(" or ")
            }
            Holds::Flag => "`true` or `false`".to_owned(),
            Holds::Integer(least, most) => format!("{least} to {most}"),
            Holds::Number(least, most) => format!("number, {least} to {most}"),
            Holds::Texts => "list of texts".to_owned(),
            Holds::TextTable => "table of texts".to_owned(),
            Holds::FlagTable(names) => format!("table of flags: {}", names.join(", ")),
        };
        let path = key.path.replace("edge.*.", "[[edge]] ");
        let default = if key.default.is_empty() { String::new() } else { format!("`{}`", key.default) };
        text.push_str(&format!("| `{path}` | {holds} | {default} | {} |\n", key.help));
    }
    text
}

/// The JSON Schema of the configuration file, made of the table.
pub fn json_schema() -> Value {
    let mut root = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "ohinfra.toml",
        "type": "object",
        "additionalProperties": false,
        "properties": {},
    });
    for key in KEYS {
        let mut schema = match key.holds {
            Holds::Text => json!({"type": "string"}),
            Holds::Choice(choices) => json!({"enum": choices}),
            Holds::Flag => json!({"type": "boolean"}),
            Holds::Integer(least, most) => json!({"type": "integer", "minimum": least, "maximum": most}),
            Holds::Number(least, most) => json!({"type": "number", "minimum": least, "maximum": most}),
            Holds::Texts => json!({"anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "string"}]}),
            Holds::TextTable => json!({"type": "object", "additionalProperties": {"type": "string"}}),
            Holds::FlagTable(names) => {
                let flags: BTreeMap<&str, Value> =
                    names.iter().map(|name| (*name, json!({"type": "boolean"}))).collect();
                json!({"type": "object", "additionalProperties": false, "properties": flags})
            }
        };
        schema["description"] = json!(key.help);
        if let Some(default) = default(key.path) {
            schema["default"] = default;
        }
        let mut at = &mut root;
        let mut parts = key.path.split('.').peekable();
        while let Some(part) = parts.next() {
            if part == "*" {
                continue;
            }
            if parts.peek().is_none() {
                at["properties"][part] = schema.take();
                break;
            }
            let nested = &mut at["properties"][part];
            if nested.is_null() {
                let table = json!({"type": "object", "additionalProperties": false, "properties": {}});
                *nested = if parts.peek() == Some(&"*") { json!({"type": "array", "items": table}) } else { table };
            }
            at = if nested["type"] == "array" { &mut nested["items"] } else { nested };
        }
    }
    root
}
