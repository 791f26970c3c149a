//! The three-way difference between desired (configuration), applied (state) and live (AWS) inputs, field by field.
//!
//! desired ≠ live is a change; applied ≠ live is drift. Fields that are not configured are not compared, except that a
//! field that was applied and is no longer configured is removed, and so is every foreign entry of an `EXACT` map.
//!
//! A field that AWS did not return is absent from the live inputs; `null` means that AWS reports it as not set. For an absent
//! field, the applied value stands in for the live one: an absent value is neither drift nor a reason to change anything.

use ohinfra_core::document::same_meaning;
use ohinfra_core::inputs::{Inputs, is_imported, is_unknown};
use ohinfra_core::schema::{
    CASELESS, DOCUMENT, EXACT, FLOOR, FieldTraits, MAP, RECORDED, REPLACE, REPLACE_IF_DISJOINT, SENSITIVE, SHARED,
    Schema, UNORDERED, WRITE_ONLY,
};
use ohinfra_core::secret::digest;
use ohinfra_core::version::order;
use serde_json::{Map, Value};

use crate::plan::FieldChange;

/// The inputs to compare.
pub struct Compared<'a> {
    /// The schema with the traits of the fields.
    pub schema: &'a Schema,
    /// The lineage of the state, used as the key of digests.
    pub lineage: &'a str,
    /// The configured inputs, resolved as far as possible.
    pub desired: &'a Inputs,
    /// The last applied inputs; `None` if unknown (an adopted resource).
    pub applied: Option<&'a Inputs>,
    /// The live inputs, as AWS reports them.
    pub live: &'a Inputs,
}

/// Returns every field in which desired and live inputs differ, by path.
pub fn difference(compared: &Compared<'_>) -> Vec<FieldChange> {
    let mut changes = Vec::new();
    fields("", compared.desired, compared.applied, Some(compared.live), compared, &mut changes);
    changes
}

/// Returns every field in which applied and live inputs differ: changes made outside ohinfra.
pub fn drift(schema: &Schema, lineage: &str, applied: &Inputs, live: &Inputs) -> Vec<FieldChange> {
    let compared = Compared { schema, lineage, desired: applied, applied: Some(applied), live };
    let mut changes: Vec<FieldChange> =
        difference(&compared).into_iter().filter(|change| !schema.traits(&change.path).has(WRITE_ONLY)).collect();
    for change in &mut changes {
        std::mem::swap(&mut change.before, &mut change.after);
        change.drift = true;
    }
    changes
}

fn fields(
    prefix: &str,
    desired: &Map<String, Value>,
    applied: Option<&Map<String, Value>>,
    live: Option<&Map<String, Value>>,
    compared: &Compared<'_>,
    changes: &mut Vec<FieldChange>,
) {
    let mut names: Vec<&String> = desired.keys().collect();
    let removed = applied.into_iter().flat_map(Map::keys).filter(|name| !desired.contains_key(*name));
    names.extend(removed);
    let parent = if prefix.is_empty() { FieldTraits::NONE } else { compared.schema.traits(prefix) };
    let is_exact = parent.has(EXACT);
    // An entry that a map lacks is missing. A field that a structure lacks was not returned.
    let is_map = is_exact || parent.has(MAP);
    names.extend(live.filter(|_| is_exact).into_iter().flat_map(Map::keys));
    names.sort();
    names.dedup();
    for name in names {
        let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        let get = |map: Option<&Map<String, Value>>| map.and_then(|map| map.get(name)).cloned().unwrap_or(Value::Null);
        let (wanted, was, is) = (get(Some(desired)), get(applied), get(live));
        let traits = compared.schema.traits(&path);
        let is_whole = traits.has(SENSITIVE) || traits.has(WRITE_ONLY) || is_unknown_text(&wanted);
        if let (Value::Object(wanted), Value::Object(is), false) = (&wanted, &is, is_whole) {
            fields(&path, wanted, was.as_object(), Some(is), compared, changes);
            continue;
        }
        let is_returned = is_map || live.is_some_and(|live| live.contains_key(name));
        changes.extend(field(path, wanted, &was, is_returned.then_some(&is), applied.is_some(), compared));
    }
}

fn is_unknown_text(value: &Value) -> bool {
    ohinfra_core::inputs::as_text(value).is_some()
}

fn field(
    path: String,
    wanted: Value,
    was: &Value,
    live: Option<&Value>,
    applied: bool,
    compared: &Compared<'_>,
) -> Option<FieldChange> {
    let traits = compared.schema.traits(&path);
    if traits.has(RECORDED) && was.is_null() {
        return None;
    }
    let wanted = if traits.has(RECORDED) { was.clone() } else { wanted };
    let own = live.filter(|_| traits.has(SHARED)).map(|live| own_entries(live, &wanted, was));
    let live = own.as_ref().or(live);
    let (sensitive, unknown) = (traits.has(SENSITIVE), is_unknown(&wanted));
    let masked = |value: &Value| if sensitive { digest(compared.lineage, value) } else { value.clone() };
    let equal = |one: &Value, other: &Value| equal(traits, &masked(one), &masked(other));
    // A value that AWS does not return, or an immutable one that it reports as not set, never causes a replacement.
    let live = live.filter(|live| !(traits.has(WRITE_ONLY) || traits.has(REPLACE) && live.is_null()));
    let (before, changed) = match live {
        Some(live) => (live, unknown || !equal(&wanted, live)),
        // An immutable value that was never applied, or not recorded by an older version, is accepted.
        None if traits.has(REPLACE) && !traits.has(WRITE_ONLY) && was.is_null() => return None,
        // For an adopted or imported resource, the current value is accepted.
        None => (was, applied && !is_imported(was) && !equal(&wanted, was)),
    };
    if !changed {
        return None;
    }
    // A field that was never applied is not drift, except for an entry that was added to a map outside ohinfra.
    let was_ours = !was.is_null() || traits.has(EXACT);
    let drift = applied && was_ours && live.is_some_and(|live| !equal(was, live));
    Some(FieldChange {
        replace: traits.has(REPLACE) || traits.has(REPLACE_IF_DISJOINT) && is_disjoint(&wanted, before),
        before: (!before.is_null()).then(|| masked(before)),
        after: (!wanted.is_null()).then(|| if unknown { wanted } else { masked(&wanted) }),
        path,
        drift,
        sensitive,
        unknown,
    })
}

/// Returns the entries of a live list that are configured or were applied. Other entries are left unmanaged.
pub fn own_entries(live: &Value, desired: &Value, applied: &Value) -> Value {
    let Value::Array(entries) = live else { return live.clone() };
    let has = |list: &Value, entry: &Value| list.as_array().is_some_and(|list| list.contains(entry));
    entries.iter().filter(|entry| has(desired, entry) || has(applied, entry)).cloned().collect()
}

/// Returns `true` if two non-empty lists have no entry in common.
fn is_disjoint(one: &Value, other: &Value) -> bool {
    let (Value::Array(one), Value::Array(other)) = (one, other) else { return false };
    !one.is_empty() && !other.is_empty() && !one.iter().any(|entry| other.contains(entry))
}

/// Returns `true` if the desired (or applied) value `one` and the live value `other` of a field are equivalent.
pub(crate) fn equal(traits: FieldTraits, one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::String(one), Value::String(other)) if traits.has(DOCUMENT) => same_meaning(one, other),
        (Value::String(floor), Value::String(version)) if traits.has(FLOOR) => order(version) >= order(floor),
        (Value::String(one), Value::String(other)) if traits.has(CASELESS) => one.eq_ignore_ascii_case(other),
        (Value::Array(one), Value::Array(other)) if traits.has(UNORDERED) => {
            let sorted = |items: &[Value]| {
                let mut items: Vec<Value> = items.iter().map(without_nulls).collect();
                items.sort_by_cached_key(Value::to_string);
                items
            };
            sorted(one) == sorted(other)
        }
        // AWS is inconsistent about absent and empty lists and about absent flags and `null`.
        (Value::Null, Value::Array(items)) | (Value::Array(items), Value::Null) => items.is_empty(),
        (Value::Null, Value::Object(fields)) | (Value::Object(fields), Value::Null) => fields.is_empty(),
        _ => without_nulls(one) == without_nulls(other),
    }
}

fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(fields) => Value::Object(
            fields.iter().filter(|(_, v)| !v.is_null()).map(|(name, v)| (name.clone(), without_nulls(v))).collect(),
        ),
        Value::Array(items) => Value::Array(items.iter().map(without_nulls).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}
