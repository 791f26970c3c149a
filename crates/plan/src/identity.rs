//! Immutable names, descriptions and placements, which imported and adopted resources keep.

use ohinfra_core::diagnostic::Diagnostic;
use ohinfra_core::inputs::{Inputs, is_unknown};
use ohinfra_core::schema::{NOMINAL, REPLACE, SENSITIVE, Schema};
use serde_json::Value;

use crate::difference::equal;
use crate::plan::{Change, FieldChange};

/// Returns the [`NOMINAL`] inputs in which a live resource differs from its configuration, with the live values.
///
/// An input whose desired value is still unknown is also kept: AWS could not change it to any value.
pub fn kept(schema: &Schema, desired: &Inputs, live: &Inputs) -> Inputs {
    let kept = schema.inputs_with(NOMINAL | REPLACE).filter_map(|name| {
        let (desired, live) = (desired.get(name)?, live.get(name)?);
        let differs = is_unknown(desired) || !equal(schema.traits(name), desired, live);
        (differs && !live.is_null()).then(|| (name.to_owned(), live.clone()))
    });
    kept.collect()
}

/// Returns the inputs, overlaid with the kept values.
pub fn overlay(inputs: &Inputs, kept: &Inputs) -> Inputs {
    let mut inputs = inputs.clone();
    for (name, value) in kept {
        if inputs.contains_key(name) {
            inputs.insert(name.clone(), value.clone());
        }
    }
    inputs
}

/// Returns one error for each difference that would replace an imported or retained resource.
pub(crate) fn refusals(change: &Change, schema: &Schema) -> Vec<Diagnostic> {
    let refused = |field: &FieldChange| {
        let secret = field.sensitive || schema.traits(&field.path).has(SENSITIVE);
        let text = |value: Option<&Value>, unknown: bool| match value {
            _ if secret => "a different value".to_owned(),
            _ if unknown => "a value known only after apply".to_owned(),
            Some(Value::String(text)) => format!("`{text}`"),
            Some(value) => format!("`{value}`"),
            None => "not set".to_owned(),
        };
        let (live, desired) = (text(field.before.as_ref(), false), text(field.after.as_ref(), field.unknown));
        let id = change.id.as_deref().unwrap_or_default();
        Diagnostic::error(
            &change.address,
            format!(
                "`{}` is {live} in AWS but {desired} in the configuration, and AWS cannot change it in place",
                field.path
            ),
        )
        .help(format!(
            "change the configuration to {live}; to replace {} `{id}` with a new, empty one, add `--replace {}`",
            change.kind, change.address
        ))
    };
    change.fields.iter().filter(|field| field.replace).map(refused).collect()
}
