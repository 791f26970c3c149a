//! Keyed digests, which replace secrets wherever plain values must not appear.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::inputs::{Inputs, is_imported};
use crate::schema::{SENSITIVE, Schema};

/// Returns the digest of a value, keyed by the state's lineage, so that equal secrets of two deployments have different
/// digests. Displayed and stored as `{"$digest": "…"}` (the first 16 bytes of HMAC-SHA256, in hexadecimal).
pub fn digest(lineage: &str, value: &Value) -> Value {
    if is_digest(value) || is_imported(value) || value.is_null() {
        return value.clone();
    }
    // HMAC accepts a key of any length, so this cannot fail; a null digest would only appear as a difference.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(lineage.as_bytes()) else { return Value::Null };
    mac.update(value.to_string().as_bytes());
    let bytes = mac.finalize().into_bytes();
    json!({ "$digest": hex(bytes.get(..16).unwrap_or_default()) })
}

/// Returns the inputs with every sensitive field replaced by its digest, so that they can be stored and displayed.
pub fn mask(inputs: &Inputs, schema: &Schema, lineage: &str) -> Inputs {
    fn fields(prefix: &str, fields_in: &Inputs, schema: &Schema, lineage: &str) -> Inputs {
        let field = |(name, value): (&String, &Value)| {
            let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
            let masked = match value {
                _ if schema.traits(&path).has(SENSITIVE) => digest(lineage, value),
                Value::Object(inner) => Value::Object(fields(&path, inner, schema, lineage)),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => value.clone(),
            };
            (name.clone(), masked)
        };
        fields_in.iter().map(field).collect()
    }
    fields("", inputs, schema, lineage)
}

/// Returns `true` if a value is a digest.
pub fn is_digest(value: &Value) -> bool {
    value.as_object().is_some_and(|o| o.len() == 1 && o.contains_key("$digest"))
}

/// Returns the SHA-256 digest.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// Returns the SHA-256 digest in hexadecimal, used for configurations, plans and code.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&sha256(bytes))
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_hides_the_value_and_depends_on_the_lineage() {
        let secret = json!("hunter2");
        let one = digest("lineage-1", &secret);
        assert!(!one.to_string().contains("hunter2"));
        assert_eq!(one, digest("lineage-1", &secret));
        assert_ne!(one, digest("lineage-2", &secret));
        assert_eq!(digest("lineage-1", &one), one, "a digest is not digested again");
    }
}
