//! Filling in templates. A placeholder without a value and a value without a placeholder are errors: neither can be meant.

use std::collections::BTreeSet;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde::Serialize;
use serde_json::Value;

/// Why a piece of the payload cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PayloadError {
    /// The template and what it is filled in with do not fit.
    #[error("{name}: {reason}")]
    Template {
        /// The template.
        name: String,
        /// What does not fit, and where.
        reason: String,
    },
    /// A piece is larger than AWS takes.
    #[error("{name} is {bytes} bytes long; AWS takes at most {limit}")]
    TooLarge {
        /// The piece.
        name: String,
        /// Its length.
        bytes: usize,
        /// AWS's limit.
        limit: usize,
    },
    /// A name that cannot be written safely.
    #[error("`{name}` is not a name: {rule}")]
    BadName {
        /// The name.
        name: String,
        /// What a name is.
        rule: &'static str,
    },
}

/// A word of a shell, in single quotes.
fn shell(value: &str) -> String {
    format!("'{}'", value.replace('\'', "'\\''"))
}

/// Fills a template in. Values in HTML are escaped; in other languages the template says how (`tojson`, `shell`).
pub fn render(name: &str, source: &str, values: &impl Serialize) -> Result<String, PayloadError> {
    let failed = |reason: String| PayloadError::Template { name: name.to_owned(), reason };
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let syntax = SyntaxConfig::builder().keep_trailing_newline(true).trim_blocks(true).lstrip_blocks(true).build();
    environment.set_syntax(syntax.map_err(|error| failed(error.to_string()))?);
    environment.add_filter("shell", |value: &str| shell(value));
    environment.set_auto_escape_callback(|name| {
        if name.ends_with(".html.tmpl") { AutoEscape::Html } else { AutoEscape::None }
    });
    environment.add_template(name, source).map_err(|error| failed(format!("{error:#}")))?;
    let template = environment.get_template(name).map_err(|error| failed(error.to_string()))?;
    let values = serde_json::to_value(values).map_err(|error| failed(error.to_string()))?;
    let used: BTreeSet<String> = template.undeclared_variables(false).into_iter().collect();
    let given: BTreeSet<String> = match &values {
        Value::Object(fields) => fields.keys().cloned().collect(),
        _ => BTreeSet::new(),
    };
    if let Some(unused) = given.difference(&used).next() {
        return Err(failed(format!("`{unused}` is given and not used")));
    }
    template.render(Serde(&values)).map_err(|error| failed(format!("{error:#}")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_placeholder_without_a_value_and_a_value_without_a_placeholder_are_errors() {
        let reason = |source: &str, values: Value| render("x.tmpl", source, &values).unwrap_err().to_string();
        let missing = reason("a {{ b }}", json!({}));
        assert!(missing.starts_with("x.tmpl: undefined value"), "{missing}");
        assert_eq!(reason("a", json!({ "b": 1 })), "x.tmpl: `b` is given and not used");
        let nested = reason("{{ a.c }}", json!({ "a": { "b": 1 } }));
        assert!(nested.starts_with("x.tmpl: undefined value"), "{nested}");
        assert!(reason("{% if %}", json!({})).starts_with("x.tmpl: syntax error"));
    }

    #[test]
    fn values_are_written_as_the_language_wants_them() {
        let value = json!({ "v": "a'b\"<c>\n$d" });
        let rendered = |name: &str, source: &str| render(name, source, &value).unwrap();
        assert_eq!(rendered("x.html.tmpl", "{{ v }}"), "a&#x27;b&quot;&lt;c&gt;\n$d");
        assert_eq!(rendered("x.sh.tmpl", "{{ v | shell }}"), "'a'\\''b\"<c>\n$d'");
        assert_eq!(
            serde_json::from_str::<String>(&rendered("x.json.tmpl", "{{ v | tojson }}")).unwrap(),
            "a'b\"<c>\n$d"
        );
    }
}
