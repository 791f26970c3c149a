//! The forms of single values: what AWS accepts of them, so that a wrong one is told before anything is made of it.

use std::net::Ipv4Addr;

/// What names of all kinds begin with. Two dashes in a row are nothing that RDS takes.
pub(super) fn is_name(text: &str) -> bool {
    (3..=24).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && is_label(text)
        && !text.contains("--")
}

/// Whether names that begin with it are AWS's own: of parameters in SSM, of security groups, of load balancers, and between
/// dashes in the domains of Cognito.
pub(super) fn is_reserved(text: &str) -> bool {
    let begins = ["aws", "ssm"].iter().any(|word| text.starts_with(word));
    begins || ["sg", "internal"].contains(&text.split('-').next().unwrap_or_default()) || has_reserved_word(text)
}

fn has_reserved_word(text: &str) -> bool {
    text.split('-').any(|word| ["aws", "amazon", "cognito"].contains(&word))
}

/// The end of the login domain's prefix. With the longest name and an account it has the 63 characters that Cognito takes.
pub(super) fn is_domain_suffix(text: &str) -> bool {
    text.len() <= 25 && is_label(text) && !has_reserved_word(text)
}

/// What Cognito takes as the name of a user pool and of its client, short enough for the subject of a mail.
pub(super) fn is_title(text: &str) -> bool {
    (1..=100).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric() || " _+=,.@-".contains(c))
}

/// A type of Graviton instance, for which the image is: `a1`, or a `g` behind the generation.
pub(super) fn is_arm64_instance(text: &str) -> bool {
    let Some((family, size)) = text.split_once('.') else { return false };
    let behind = family.trim_start_matches(|c: char| c.is_ascii_lowercase());
    let processor = behind.trim_start_matches(|c: char| c.is_ascii_digit());
    !size.is_empty() && (family == "a1" || (behind != processor && processor.starts_with('g')))
}

/// A runtime of Lambda: `nodejs24.x`, `python3.14`.
pub(super) fn is_runtime(text: &str, before: &str, after: &str) -> bool {
    let version = text.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
    version.is_some_and(|version| !version.is_empty() && version.chars().all(|c| c.is_ascii_digit()))
}

/// A version of PostgreSQL, `15.8`, or a major version.
pub(super) fn is_engine_version(text: &str) -> bool {
    let is_number = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit());
    text.split('.').count() <= 2 && text.split('.').all(is_number)
}

/// The digest of an image in a registry.
pub(super) fn is_image_digest(text: &str) -> bool {
    let digits = text.strip_prefix("sha256:");
    digits.is_some_and(|digits| digits.len() == 64 && digits.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f')))
}

/// The id of a model or an inference profile of Bedrock, in which `*` may stand for any text.
pub(super) fn is_model_pattern(text: &str) -> bool {
    (1..=140).contains(&text.len())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-:*".contains(c))
}

/// Whether a text fits a pattern, in which `*` stands for any text.
pub(super) fn fits_pattern(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(text) = text.strip_prefix(start) else { return false };
    (0..=text.len()).filter_map(|at| text.get(at..)).any(|tail| fits_pattern(rest, tail))
}

/// The id of a model or an inference profile in the name that `LiteLLM` has for it: `bedrock/ID`, or `bedrock/converse/ID` to choose
/// the API.
pub(crate) fn model_id(text: &str) -> Option<&str> {
    let rest = text.strip_prefix("bedrock/")?;
    Some(["converse/", "invoke/"].iter().find_map(|api| rest.strip_prefix(api)).unwrap_or(rest))
}

/// A model as `LiteLLM` names it.
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

/// Ids that AWS gives start with Z, which Route 53 does not promise.
pub(super) fn is_zone_id(text: &str) -> bool {
    (2..=32).contains(&text.len()) && text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
}

/// A bucket's name that is neither an address nor one of those that S3 keeps for access points and tests.
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
