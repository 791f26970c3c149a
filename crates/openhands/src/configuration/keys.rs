//! The table of configuration keys: the single source of validation, the JSON Schema and the key reference.

use serde_json::Value;

use super::rules::{self, Rule};

/// The type of a configuration value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ValueType {
    /// A string.
    Text,
    /// One of these strings.
    Choice(&'static [&'static str]),
    /// `true` or `false`.
    Flag,
    /// An integer within these inclusive bounds.
    Integer(i64, i64),
    /// A number within these inclusive bounds.
    Number(f64, f64),
    /// A list of strings, a JSON list in a string, or a comma-separated string.
    Texts,
    /// A table of strings with arbitrary names.
    TextTable,
    /// A table of booleans with these names.
    FlagTable(&'static [&'static str]),
}

/// A configuration key.
pub struct Key {
    /// The dotted path; `edge.*.` matches every `[[edge]]`.
    pub path: &'static str,
    /// The type of the value.
    pub holds: ValueType,
    /// The default as JSON; empty if there is none.
    pub default: &'static str,
    /// The description in the reference and the JSON Schema.
    pub help: &'static str,
    /// The rules for the form of the string, or of each string of the list.
    pub(super) rules: &'static [Rule],
}

impl Key {
    const fn form(self, rules: &'static [Rule]) -> Self {
        Self { rules, ..self }
    }
}

/// Interface endpoints that can be disabled.
pub const ENDPOINTS: &[&str] =
    &["bedrock-runtime", "ec2messages", "ecr-api", "ecr-dkr", "logs", "secretsmanager", "ssm", "ssmmessages"];

/// Retention periods, in days, that CloudWatch Logs supports (`PutRetentionPolicy`).
pub const RETENTION_DAYS: [i32; 22] =
    [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

/// The default model of new users: the newest Claude Sonnet with a global inference profile that `LiteLLM` supports in every
/// supported OpenHands release. With newer models, these versions of `LiteLLM` truncate responses at 4,096 tokens and do not
/// cache prompts. Sources of the ID:
/// <https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-support.html> and
/// <https://platform.claude.com/docs/en/build-with-claude/claude-on-amazon-bedrock>.
const DEFAULT_MODEL: &str = "\"bedrock/global.anthropic.claude-sonnet-4-6\"";

/// All of [`ohinfra_kinds::logs::REPLICA_REGIONS`].
const EDGE_LOG_REGIONS: &str = r#"["ap-northeast-1", "ap-northeast-2", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "eu-central-1", "eu-west-1", "eu-west-2", "sa-east-1", "us-east-2", "us-west-1", "us-west-2"]"#;

const fn key(path: &'static str, holds: ValueType, default: &'static str, help: &'static str) -> Key {
    Key { path, holds, default, help, rules: &[] }
}

/// All configuration keys.
pub const KEYS: &[Key] = &[
    key(
        "name",
        ValueType::Text,
        "\"openhands\"",
        "Deployment name. It prefixes resource names and owns the state, so one account can hold several deployments.",
    ).form(&[rules::NAME, rules::UNRESERVED]),
    key("region", ValueType::Text, "\"us-east-1\"", "Main AWS region.").form(&[rules::REGION]),
    key("vpc_id", ValueType::Text, "", "ID of the VPC for the deployment. Required, except with `[backend]`.").form(&[rules::VPC_ID]),
    key(
        "hosted_zone_id",
        ValueType::Text,
        "",
        "ID of the public Route 53 hosted zone of the domain. Required unless every `[[edge]]` sets it.",
    ).form(&[rules::ZONE_ID]),
    key("domain_name", ValueType::Text, "", "Domain name. Required unless every `[[edge]]` sets it.").form(&[rules::DOMAIN]),
    key("sub_domain", ValueType::Text, "\"openhands\"", "Subdomain under the domain.").form(&[rules::SUBDOMAIN]),
    key("site_name", ValueType::Text, "\"Openhands on AWS\"", "Site name shown on the login page and in emails.").form(&[rules::SITE_NAME]),
    key("skip_s3_endpoint", ValueType::Flag, "false", "Do not create the S3 gateway endpoint."),
    key(
        "stage",
        ValueType::Text,
        "",
        "`production` or `staging`. Default: `staging` if the domain starts with `test.`, otherwise `production`.",
    ).form(&[rules::STAGE]),
    key(
        "state.url",
        ValueType::Text,
        "",
        "State location, `s3://bucket/key`; `<account>` and `<region>` are replaced. Default: the local file `state/<name>.json`.",
    ).form(&[rules::STATE_URL]),
    key(
        "backend.region",
        ValueType::Text,
        "",
        "Main region of an existing deployment to serve. With `[backend]`, only login and domains are created.",
    ).form(&[rules::REGION]),
    key("backend.name", ValueType::Text, "\"openhands\"", "Name of the existing deployment to serve.").form(&[rules::BACKEND_NAME]),
    key(
        "auth.callback_domains",
        ValueType::Texts,
        "[]",
        "Domains allowed as login redirect targets. Default: the domains of all edges.",
    ).form(&[rules::HOST]),
    key("auth.domain_prefix_suffix", ValueType::Text, "\"shared\"", "Suffix of the Cognito domain prefix.").form(&[rules::DOMAIN_SUFFIX]),
    key(
        "auth.local_login",
        ValueType::Flag,
        "true",
        "Allow login with an email address and a password, in addition to SAML or OpenID Connect.",
    ),
    key(
        "auth.saml.name",
        ValueType::Text,
        "",
        "Name of the SAML provider, shown on its login button. Required in `[auth.saml]`. Changing it gives every user a new ID.",
    ).form(&[rules::PROVIDER_NAME]),
    key(
        "auth.saml.metadata_url",
        ValueType::Text,
        "",
        "URL of the SAML metadata. Required unless `metadata_file` is set.",
    ).form(&[rules::HTTPS]),
    key(
        "auth.saml.metadata_file",
        ValueType::Text,
        "",
        "File with the SAML metadata, relative to the configuration file.",
    ),
    key("auth.saml.sign_out", ValueType::Flag, "false", "Also log users out of the SAML provider (single logout)."),
    key(
        "auth.saml.attributes",
        ValueType::TextTable,
        "",
        "Map of user attributes to SAML attribute names. `email` defaults to the standard claim URI.",
    ),
    key(
        "auth.oidc.name",
        ValueType::Text,
        "",
        "Name of the OpenID Connect provider, shown on its login button. Required in `[auth.oidc]`. Changing it gives every user a new ID.",
    ).form(&[rules::PROVIDER_NAME]),
    key(
        "auth.oidc.issuer",
        ValueType::Text,
        "",
        "Issuer URL of the OpenID Connect provider. Required in `[auth.oidc]`.",
    ).form(&[rules::ISSUER]),
    key(
        "auth.oidc.client_id",
        ValueType::Text,
        "",
        "Client ID of this deployment at the provider. Required in `[auth.oidc]`.",
    ),
    key(
        "auth.oidc.client_secret_name",
        ValueType::Text,
        "",
        "Name of the Secrets Manager secret, in the main region, that contains the client secret. Required in `[auth.oidc]`.",
    ).form(&[rules::SECRET_NAME]),
    key("auth.oidc.scopes", ValueType::Texts, "[\"openid\", \"email\", \"profile\"]", "Requested OAuth scopes."),
    key(
        "auth.oidc.attributes",
        ValueType::TextTable,
        "",
        "Map of user attributes to claims. `email` and `email_verified` default to the claims with the same names.",
    ),
    key("sandbox.aws_access", ValueType::Flag, "false", "Grant agents access to AWS services other than Bedrock."),
    key(
        "sandbox.aws_policy_file",
        ValueType::Text,
        "\"config/sandbox-aws-policy.json\"",
        "IAM policy document of that access, relative to the configuration file.",
    ),
    key(
        "sandbox.secret_name",
        ValueType::Text,
        "",
        "Name of the secret that encrypts agent sessions. Default: `<name>/sandbox-secret-key`. An existing secret is used, but not managed.",
    ).form(&[rules::SECRET_NAME]),
    key("sandbox.memory_mb", ValueType::Integer(512, 1_048_576), "4096", "Memory limit of a sandbox, in MB."),
    key("sandbox.cpus", ValueType::Number(0.1, 256.0), "2", "CPU limit of a sandbox."),
    key(
        "sandbox.processes",
        ValueType::Integer(64, 65_536),
        "1024",
        "Maximum number of processes and threads in a sandbox.",
    ),
    key(
        "sandbox.disk_gb",
        ValueType::Integer(0, 16_384),
        "20",
        "Disk limit of a sandbox, in GB, excluding its workspace; 0 disables the limit.",
    ),
    key(
        "sandbox.idle_minutes",
        ValueType::Integer(0, 525_600),
        "60",
        "Minutes of inactivity before a sandbox is stopped; 0 disables stopping.",
    ),
    key(
        "sandbox.retention_days",
        ValueType::Integer(0, 36_500),
        "0",
        "Days before an archived conversation is deleted; 0 disables deletion.",
    ),
    key("sandbox.per_user", ValueType::Integer(1, 1000), "3", "Maximum number of running sandboxes per user."),
    key(
        "edge.*.suffix",
        ValueType::Text,
        "",
        "Suffix of the stack name, `edge-<suffix>`. Default: the stack is named `edge`.",
    ).form(&[rules::EDGE_SUFFIX]),
    key("edge.*.domain_name", ValueType::Text, "", "Domain name of this edge. Default: the top-level `domain_name`.").form(&[rules::DOMAIN]),
    key(
        "edge.*.hosted_zone_id",
        ValueType::Text,
        "",
        "Hosted zone ID of this edge. Default: the top-level `hosted_zone_id`.",
    ).form(&[rules::ZONE_ID]),
    key("edge.*.sub_domain", ValueType::Text, "", "Subdomain of this edge. Default: the top-level `sub_domain`.").form(&[rules::SUBDOMAIN]),
    key(
        "edge.*.runtime_access",
        ValueType::Choice(&["owner", "public"]),
        "\"owner\"",
        "Access to apps started by agents: `owner` for the owner of the conversation only, `public` for everyone.",
    ),
    key(
        "models.default",
        ValueType::Text,
        DEFAULT_MODEL,
        "Default model of new users: `bedrock/` followed by a Bedrock model or inference profile ID.",
    ).form(&[rules::MODEL]),
    key(
        "models.allowed",
        ValueType::Texts,
        "[\"anthropic.claude-*\", \"*.anthropic.claude-*\"]",
        "Models that users and agents can use: patterns of model and inference profile IDs, where `*` matches any characters.",
    ).form(&[rules::MODEL_PATTERN]),
    // Lambda@Edge supports the newest Node.js runtime of Lambda:
    // https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-at-edge-function-restrictions.html
    // https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
    key("edge_runtime", ValueType::Text, "\"nodejs24.x\"", "Lambda runtime of the Lambda@Edge functions.").form(&[rules::NODE_RUNTIME]),
    key("user_config.runtime", ValueType::Text, "\"python3.14\"", "Lambda runtime of the user configuration API.").form(&[rules::PYTHON_RUNTIME]),
    key("compute.instance_type", ValueType::Text, "\"m7g.xlarge\"", "EC2 instance type (arm64).").form(&[rules::INSTANCE_TYPE]),
    key("compute.root_volume_gb", ValueType::Integer(8, 16384), "30", "Size of the root volume, in GB."),
    key("compute.data_volume_gb", ValueType::Integer(1, 16384), "100", "Size of the data volume, in GB."),
    key(
        "compute.openhands_version",
        ValueType::Text,
        "\"1.11.0\"",
        "OpenHands version, one of the tested versions. It determines the agent server image.",
    ),
    key(
        "compute.auto_update",
        ValueType::Flag,
        "false",
        "Pull the configured image tags every night and restart OpenHands if an image changed. No effect with `images.source = \"build\"`.",
    ),
    key("compute.deletion_protection", ValueType::Flag, "false", "Enable deletion protection of the load balancer."),
    key(
        "database.engine_version",
        ValueType::Text,
        "\"17\"",
        "Major version or minimum version of Aurora PostgreSQL: `16`, `15.8`. With a major version, a new cluster gets the newest minor version.",
    ).form(&[rules::ENGINE_VERSION]),
    key(
        "database.auto_minor_version_upgrade",
        ValueType::Flag,
        "true",
        "Let AWS upgrade the minor version in the maintenance window.",
    ),
    key("database.min_acu", ValueType::Number(0.0, 256.0), "0.5", "Minimum Aurora capacity (ACU)."),
    key("database.max_acu", ValueType::Number(1.0, 256.0), "4", "Maximum Aurora capacity (ACU)."),
    key("database.backup_retention_days", ValueType::Integer(1, 35), "35", "Retention of automated backups, in days."),
    key("database.deletion_protection", ValueType::Flag, "false", "Enable deletion protection of the cluster."),
    key("database.restore_from_snapshot", ValueType::Text, "", "Snapshot to create the cluster from, or `latest`."),
    key(
        "network.endpoints",
        ValueType::FlagTable(ENDPOINTS),
        "",
        "Interface endpoints. All are created, except those set to `false`.",
    ),
    key(
        "monitoring.alarm_emails",
        ValueType::Texts,
        "[]",
        "Email addresses that receive alerts. Other subscriptions of the topic are left unmanaged.",
    ).form(&[rules::EMAIL]),
    key(
        "monitoring.log_retention_days",
        ValueType::Integer(1, 3653),
        "30",
        "Retention of the application log, in days.",
    ),
    key(
        "monitoring.edge_log_regions",
        ValueType::Texts,
        EDGE_LOG_REGIONS,
        "Regions, besides us-east-1, whose Lambda@Edge log groups are managed. Remove regions that your organization denies.",
    ),
    key(
        "monitoring.data_bucket_name",
        ValueType::Text,
        "",
        "Name of the data bucket. Default: `<name>-data-<account>-<region>`.",
    ).form(&[rules::BUCKET]),
    key(
        "images.source",
        ValueType::Choice(&["upstream", "build"]),
        "\"upstream\"",
        "`upstream` pulls the published images. `build` builds images locally with Docker and pushes them to Amazon ECR.",
    ),
    key(
        "images.openhands_digest",
        ValueType::Text,
        "",
        "Digest of the OpenHands base image, `sha256:…`. Default: the digest of the tag at the first apply or the last `--upgrade`.",
    ).form(&[rules::IMAGE_DIGEST]),
    key(
        "images.agent_server_digest",
        ValueType::Text,
        "",
        "Digest of the agent server base image, `sha256:…`. Default: the digest of the tag at the first apply or the last `--upgrade`.",
    ).form(&[rules::IMAGE_DIGEST]),
    key(
        "images.aws_cli_digest",
        ValueType::Text,
        "",
        "Digest of the image that supplies the AWS CLI, `sha256:…`. Default: the digest of the tag at the first apply or the last `--upgrade`.",
    ).form(&[rules::IMAGE_DIGEST]),
    key(
        "waf.rate_limit",
        ValueType::Integer(10, 2_000_000_000),
        "50000",
        "Maximum number of requests per IP address in 5 minutes.",
    ),
    key("tags", ValueType::TextTable, "", "Additional tags of all resources."),
];

/// Keys removed since earlier versions, with the help for each.
pub(super) const REMOVED: &[(&str, &str)] = &[
    ("compute.llm_model", "use `models.default`"),
    ("compute.runtime_version", "remove it: the agent server's image follows from `compute.openhands_version`"),
    ("compute.watchtower", "remove it, or use `compute.auto_update`"),
];

/// Returns the default of a key, if it has one.
pub fn default(path: &str) -> Option<Value> {
    find(path).filter(|key| !key.default.is_empty()).and_then(|key| serde_json::from_str(key.default).ok())
}

/// Returns the key of a path.
pub(super) fn find(path: &str) -> Option<&'static Key> {
    let general = general(path);
    KEYS.iter().find(|key| key.path == general)
}

/// Converts list indexes to wildcards: `edge.0.suffix` becomes `edge.*.suffix`.
pub(super) fn general(path: &str) -> String {
    let parts = path.split('.').map(|part| if part.parse::<usize>().is_ok() { "*" } else { part });
    parts.collect::<Vec<_>>().join(".")
}
