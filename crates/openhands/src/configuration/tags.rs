//! `[tags]`: additional tags of all resources. They must be valid in every service, so the strictest rule applies.

use ohinfra_core::tags::Tags;

use super::Values;

/// Maximum number of additional tags. AWS allows 50 tags per resource, and ohinfra sets up to ten.
const MOST: usize = 40;

/// Keys of the tags that ohinfra sets on every resource.
pub(super) const OWN: &[&str] = &["ManagedBy", "Project", "Purpose", "STAGE"];

/// Returns `true` for text that every service accepts in a tag: letters, numbers, spaces and some punctuation.
fn is_text(text: &str, longest: usize) -> bool {
    let is_space = |c: char| c.is_whitespace() && !c.is_control();
    text.chars().count() <= longest
        && text.chars().all(|c| c.is_alphanumeric() || is_space(c) || "_.:/=+-@".contains(c))
}

/// Returns `true` for text with a prefix that AWS reserves in any case. RDS reserves `rds:`.
fn is_reserved(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["aws:", "rds:"].iter().any(|prefix| text.starts_with(prefix))
}

impl Values {
    /// Validates the additional tags.
    pub(super) fn check_tags(&mut self, tags: &Tags) {
        let characters = "letters, numbers, spaces and _.:/=+-@";
        for (key, value) in tags {
            let path = format!("tags.{key}");
            if is_reserved(key) || key.starts_with("ohinfra:") {
                let message = format!("the tag `{key}` is reserved");
                let help = "tags that start with `ohinfra:`, `aws:` or `rds:` are reserved; choose another name";
                self.refuse(&path, message, help);
            }
            if key.is_empty() || !is_text(key, 128) {
                let message = format!("`{key}` is not a valid tag key");
                self.refuse(&path, message, &format!("1 to 128 {characters}"));
            }
            if is_reserved(value) || !is_text(value, 256) {
                let message = format!("`{value}`, the value of the tag `{key}`, is not a valid tag value");
                let help = format!("at most 256 {characters}; not starting with `aws:` or `rds:`");
                self.refuse(&path, message, &help);
            }
            // IAM refuses keys that differ only in case.
            let others = OWN.iter().copied().chain(tags.keys().map(String::as_str));
            if let Some(other) = others.into_iter().find(|other| other != key && other.eq_ignore_ascii_case(key)) {
                let message = format!("the tags `{key}` and `{other}` differ only in case");
                self.refuse(&path, message, &format!("write `{other}`, or choose another name"));
            }
        }
        if tags.len() > MOST {
            let message = format!("[tags] has {} tags", tags.len());
            self.refuse(
                "tags",
                message,
                &format!("at most {MOST}: AWS allows 50 per resource, including those of ohinfra"),
            );
        }
    }
}
