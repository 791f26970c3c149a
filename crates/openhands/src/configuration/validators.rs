//! Validators of single values. They apply the rules of AWS, so that invalid values are reported before any AWS call.

use std::net::Ipv4Addr;

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
pub(super) fn is_domain_suffix(text: &str) -> bool {
    text.len() <= 25 && is_label(text) && !has_reserved_word(text)
}

/// Returns `true` for a valid name of a Cognito user pool and client that is short enough for an email subject.
pub(super) fn is_title(text: &str) -> bool {
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
pub(super) fn is_runtime(text: &str, before: &str, after: &str) -> bool {
    let version = text.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
    version.is_some_and(|version| !version.is_empty() && version.chars().all(|c| c.is_ascii_digit()))
}

/// Returns `true` for a PostgreSQL version, `15.8`, or a major version, `15`.
pub(super) fn is_engine_version(text: &str) -> bool {
    let is_number = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit());
    text.split('.').count() <= 2 && text.split('.').all(is_number)
}

/// Returns `true` for an image digest: `sha256:` and 64 hexadecimal digits.
pub(super) fn is_image_digest(text: &str) -> bool {
    let digits = text.strip_prefix("sha256:");
    digits.is_some_and(|digits| digits.len() == 64 && digits.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f')))
}

/// Returns `true` for a pattern of Bedrock model or inference profile IDs, where `*` matches any characters.
pub(super) fn is_model_pattern(text: &str) -> bool {
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
pub(crate) fn model_id(text: &str) -> Option<&str> {
    let rest = text.strip_prefix("bedrock/")?;
    Some(["converse/", "invoke/"].iter().find_map(|api| rest.strip_prefix(api)).unwrap_or(rest))
}

/// Returns `true` for the `LiteLLM` name of a Bedrock model.
pub(super) fn is_bedrock_model(text: &str) -> bool {
    model_id(text).is_some_and(|id| is_model_pattern(id) && !id.contains('*'))
}

pub(super) fn is_label(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

pub(super) fn is_domain(text: &str) -> bool {
    text.len() <= 200 && text.contains('.') && text.split('.').all(is_label)
}

pub(super) fn is_vpc_id(text: &str) -> bool {
    text.strip_prefix("vpc-").is_some_and(|rest| {
        matches!(rest.len(), 8 | 17) && rest.chars().all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c))
    })
}

/// Returns `true` for a hosted zone ID. IDs start with `Z` in practice, but Route 53 does not guarantee it.
pub(super) fn is_zone_id(text: &str) -> bool {
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

pub(super) fn is_state_url(text: &str) -> bool {
    text.strip_prefix("s3://").and_then(|rest| rest.split_once('/')).is_some_and(|(bucket, key)| {
        let bucket = bucket.replace("<account>", "0").replace("<region>", "0");
        is_bucket(&format!("{bucket}00")) && !key.is_empty()
    })
}

pub(super) fn is_secret_name(text: &str) -> bool {
    (1..=512).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric() || "/_+=.@-".contains(c))
}
