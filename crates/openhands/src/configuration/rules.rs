//! Rules for the form of strings. They apply the rules of AWS, so that invalid values are reported before any AWS call.

use std::net::Ipv4Addr;

use ohinfra_core::Region;

/// A rule for the form of a string.
pub(super) struct Rule {
    /// The noun phrase in "`x`, which is not …".
    pub(super) what: &'static str,
    /// The help for a string that violates the rule.
    pub(super) help: &'static str,
    /// Returns `true` for strings that satisfy the rule.
    pub(super) is_met: fn(&str) -> bool,
}

const fn rule(what: &'static str, help: &'static str, is_met: fn(&str) -> bool) -> Rule {
    Rule { what, help, is_met }
}

pub(super) const NAME: Rule =
    rule("a deployment name", "3 to 24 lowercase letters, digits and single hyphens, starting with a letter", is_name);
pub(super) const UNRESERVED: Rule = rule(
    "available: AWS reserves it",
    "names must not start with `aws`, `ssm`, `sg-` or `internal-`, or contain the words `aws`, `amazon` or `cognito`",
    |text| !is_reserved(text),
);
pub(super) const BACKEND_NAME: Rule =
    rule("a deployment name", "the `name` of the deployment that runs the instance", is_name);
pub(super) const REGION: Rule = rule("a valid region", "for example `us-west-2`", |text| Region::new(text).is_ok());
pub(super) const VPC_ID: Rule = rule("a valid VPC ID", "for example `vpc-0123456789abcdef0`", is_vpc_id);
pub(super) const ZONE_ID: Rule = rule("a hosted zone ID", "for example `Z0123456789ABCDEFGHIJ`", is_zone_id);
pub(super) const DOMAIN: Rule = rule("a valid domain", "for example `example.com`", is_domain);
pub(super) const HOST: Rule =
    rule("a valid domain", "a host name without `https://`, for example `chat.example.com`", is_domain);
pub(super) const SUBDOMAIN: Rule = rule("a valid subdomain", "lowercase letters, digits and hyphens", is_label);
pub(super) const SITE_NAME: Rule = rule("a valid site name", "1 to 100 letters, digits, spaces and _+=,.@-", is_title);
pub(super) const STAGE: Rule =
    rule("a valid stage", "`production` or `staging`", |text| ["production", "staging"].contains(&text));
pub(super) const STATE_URL: Rule = rule("a valid state URL", "for example `s3://bucket/openhands.json`", is_state_url);
pub(super) const DOMAIN_SUFFIX: Rule = rule(
    "a valid domain prefix suffix",
    "at most 25 lowercase letters, digits and hyphens, without the words `aws`, `amazon` and `cognito`",
    is_domain_suffix,
);
pub(super) const EDGE_SUFFIX: Rule =
    rule("a valid suffix", "at most 20 lowercase letters, digits and hyphens", |text| {
        is_label(text) && text.len() <= 20
    });
pub(super) const PROVIDER_NAME: Rule = rule(
    "a valid identity provider name",
    "3 to 32 letters, digits, hyphens and dots; not the name of a social provider",
    is_provider_name,
);
pub(super) const HTTPS: Rule = rule("an HTTPS URL", "for example `https://sso.example.com/metadata`", is_https);
pub(super) const ISSUER: Rule = rule(
    "a valid issuer",
    "an https:// URL without a trailing slash, equal to the `iss` claim of the provider's tokens",
    is_issuer,
);
pub(super) const SECRET_NAME: Rule = rule("a valid secret name", "letters, digits and /_+=.@-", is_secret_name);
pub(super) const MODEL: Rule = rule(
    "a Bedrock model",
    "`bedrock/` followed by a model or inference profile ID, for example `bedrock/us.anthropic.claude-sonnet-4-6`",
    is_bedrock_model,
);
pub(super) const MODEL_PATTERN: Rule = rule(
    "a valid model ID pattern",
    "a model or inference profile ID, where `*` matches any characters, for example `anthropic.claude-*`",
    is_model_pattern,
);
pub(super) const NODE_RUNTIME: Rule =
    rule("a Lambda Node.js runtime", "for example `nodejs24.x`", |text| is_runtime(text, "nodejs", ".x"));
pub(super) const PYTHON_RUNTIME: Rule =
    rule("a Lambda Python runtime", "for example `python3.14`", |text| is_runtime(text, "python3.", ""));
pub(super) const INSTANCE_TYPE: Rule = rule(
    "an arm64 (Graviton) instance type",
    "for example `m7g.xlarge`; the machine image and the containers are built for arm64",
    is_arm64_instance,
);
pub(super) const ENGINE_VERSION: Rule =
    rule("a PostgreSQL version", "a major version or one of its minor versions: `17`, `15.8`", is_engine_version);
pub(super) const EMAIL: Rule = rule("an email address", "for example `ops@example.com`", is_email);
pub(super) const BUCKET: Rule =
    rule("a valid bucket name", "3 to 63 lowercase letters, digits, dots and hyphens", is_bucket);
pub(super) const IMAGE_DIGEST: Rule =
    rule("an image digest", "`sha256:` followed by 64 hexadecimal digits", is_image_digest);

/// Provider names reserved by Cognito, for itself and for social providers.
const RESERVED_PROVIDERS: &[&str] = &["cognito", "facebook", "google", "loginwithamazon", "signinwithapple"];

/// Returns `true` for a valid deployment name, the prefix of resource names. RDS rejects consecutive hyphens.
pub(super) fn is_name(text: &str) -> bool {
    (3..=24).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && is_label(text)
        && !text.contains("--")
}

/// Returns `true` for a name that AWS reserves: as a prefix of SSM parameters, security groups and load balancers, or as a
/// word in Cognito domain prefixes.
pub(super) fn is_reserved(text: &str) -> bool {
    let begins = ["aws", "ssm"].iter().any(|word| text.starts_with(word));
    begins || ["sg", "internal"].contains(&text.split('-').next().unwrap_or_default()) || has_reserved_word(text)
}

fn has_reserved_word(text: &str) -> bool {
    text.split('-').any(|word| ["aws", "amazon", "cognito"].contains(&word))
}

/// Returns `true` for a valid suffix of the login domain prefix. With the longest name and an account ID, the prefix has 63
/// characters, the maximum in Cognito.
fn is_domain_suffix(text: &str) -> bool {
    text.len() <= 25 && is_label(text) && !has_reserved_word(text)
}

/// Returns `true` for a valid name of a Cognito user pool and client that is short enough for an email subject.
fn is_title(text: &str) -> bool {
    (1..=100).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric() || " _+=,.@-".contains(c))
}

/// Returns `true` for a Graviton instance type: `a1`, or a `g` after the generation number.
pub(super) fn is_arm64_instance(text: &str) -> bool {
    let Some((family, size)) = text.split_once('.') else { return false };
    let generation = family.trim_start_matches(|c: char| c.is_ascii_lowercase());
    let processor = generation.trim_start_matches(|c: char| c.is_ascii_digit());
    !size.is_empty() && (family == "a1" || (generation != processor && processor.starts_with('g')))
}

/// Returns `true` for a Lambda runtime: `nodejs24.x`, `python3.14`.
fn is_runtime(text: &str, before: &str, after: &str) -> bool {
    let version = text.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
    version.is_some_and(|version| !version.is_empty() && version.chars().all(|c| c.is_ascii_digit()))
}

/// Returns `true` for a PostgreSQL version, `15.8`, or a major version, `15`.
fn is_engine_version(text: &str) -> bool {
    let is_number = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit());
    text.split('.').count() <= 2 && text.split('.').all(is_number)
}

/// Returns `true` for an image digest: `sha256:` and 64 hexadecimal digits.
fn is_image_digest(text: &str) -> bool {
    let digits = text.strip_prefix("sha256:");
    digits.is_some_and(|digits| digits.len() == 64 && digits.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f')))
}

/// Returns `true` for a pattern of Bedrock model or inference profile IDs, where `*` matches any characters.
fn is_model_pattern(text: &str) -> bool {
    (1..=140).contains(&text.len())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-:*".contains(c))
}

/// Returns `true` if a string matches a pattern, where `*` matches any characters.
pub(super) fn fits_pattern(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(text) = text.strip_prefix(start) else { return false };
    (0..=text.len()).filter_map(|at| text.get(at..)).any(|tail| fits_pattern(rest, tail))
}

/// Extracts the model or inference profile ID from a `LiteLLM` name: `bedrock/ID`, or `bedrock/converse/ID` with an explicit
/// API.
pub(super) fn model_id(text: &str) -> Option<&str> {
    let rest = text.strip_prefix("bedrock/")?;
    Some(["converse/", "invoke/"].iter().find_map(|api| rest.strip_prefix(api)).unwrap_or(rest))
}

/// Returns `true` for the `LiteLLM` name of a Bedrock model.
fn is_bedrock_model(text: &str) -> bool {
    model_id(text).is_some_and(|id| is_model_pattern(id) && !id.contains('*'))
}

fn is_label(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

fn is_domain(text: &str) -> bool {
    text.len() <= 200 && text.contains('.') && text.split('.').all(is_label)
}

fn is_vpc_id(text: &str) -> bool {
    text.strip_prefix("vpc-").is_some_and(|rest| {
        matches!(rest.len(), 8 | 17) && rest.chars().all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c))
    })
}

/// Returns `true` for a hosted zone ID. IDs start with `Z` in practice, but Route 53 does not guarantee it.
fn is_zone_id(text: &str) -> bool {
    (2..=32).contains(&text.len()) && text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
}

/// Returns `true` for a bucket name that is neither an IP address nor reserved by S3 (access points, examples).
pub(super) fn is_bucket(text: &str) -> bool {
    (3..=63).contains(&text.len())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.')
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.ends_with(|c: char| c.is_ascii_alphanumeric())
        && !text.contains("..")
        && text.parse::<Ipv4Addr>().is_err()
        && !["xn--", "sthree-", "amzn-s3-demo-"].iter().any(|start| text.starts_with(start))
        && !["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"].iter().any(|end| text.ends_with(end))
}

fn is_state_url(text: &str) -> bool {
    text.strip_prefix("s3://").and_then(|rest| rest.split_once('/')).is_some_and(|(bucket, key)| {
        let bucket = bucket.replace("<account>", "0").replace("<region>", "0");
        is_bucket(&format!("{bucket}00")) && !key.is_empty()
    })
}

fn is_secret_name(text: &str) -> bool {
    (1..=512).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric() || "/_+=.@-".contains(c))
}

/// Returns `true` for a valid Cognito identity provider name that is suitable as a button label.
fn is_provider_name(text: &str) -> bool {
    (3..=32).contains(&text.len())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "-.".contains(c))
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.ends_with(|c: char| c.is_ascii_alphanumeric())
        && !RESERVED_PROVIDERS.contains(&text.to_ascii_lowercase().as_str())
}

fn is_https(text: &str) -> bool {
    text.strip_prefix("https://").is_some_and(|rest| {
        let host = rest.split('/').next().unwrap_or_default();
        !host.is_empty() && host.contains('.') && text.chars().all(|c| c.is_ascii_graphic()) && text.len() <= 1024
    })
}

fn is_issuer(text: &str) -> bool {
    is_https(text) && !text.ends_with('/') && !text.contains(['?', '#'])
}

fn is_email(text: &str) -> bool {
    text.split_once('@').is_some_and(|(user, host)| !user.is_empty() && host.contains('.'))
}
