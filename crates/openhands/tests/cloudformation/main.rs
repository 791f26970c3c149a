//! Compares the kinds, and the values that the stacks give to them, with CloudFormation's schemas of the same resources.
//!
//! `kinds.toml` maps the kinds to CloudFormation; `extract.py` writes `schemas.json`. See `README.md`.

#![expect(clippy::unwrap_used, reason = "a panic fails the test")]

mod mapping;
mod schemas;
mod values;

use std::collections::BTreeSet;

use ohinfra_core::Schema;
use ohinfra_core::schema::{REPLACE, REPLACE_IF_DISJOINT};

use mapping::{Kind, Mappings};
use schemas::{Replaces, ResourceType, Types};

/// Fails with all problems.
fn none_of(problems: &[String]) {
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

/// Calls `check` with every kind that has a CloudFormation type.
fn for_each_type(mut check: impl FnMut(&Schema, &Mappings, &ResourceType)) {
    let (kinds, types) = (mapping::load(), Types::load());
    for schema in ohinfra_kinds::schemas() {
        if let Some(Kind::Type { name, inputs }) = kinds.get(schema.kind) {
            check(&schema, inputs, types.get(name));
        }
    }
}

#[test]
fn every_kind_and_every_input_has_a_property_or_a_reason() {
    let kinds = mapping::load();
    let schemas = ohinfra_kinds::schemas();
    let mut problems = Vec::new();
    for schema in &schemas {
        let Some(kind) = kinds.get(schema.kind) else {
            problems.push(format!("{}: not in kinds.toml", schema.kind));
            continue;
        };
        let Kind::Type { inputs, .. } = kind else { continue };
        for (input, _) in schema.inputs().iter().filter(|(input, _)| !inputs.contains_key(*input)) {
            problems.push(format!("{}: no property for `{input}`", schema.kind));
        }
        let is_known = |name: &str| {
            let of =
                |input: &str| name.strip_prefix(input).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
            of("tags") || schema.inputs().iter().any(|(input, _)| of(input))
        };
        for name in inputs.keys().filter(|name| !is_known(name)) {
            problems.push(format!("{}: `{name}` is not an input", schema.kind));
        }
    }
    let known: BTreeSet<&str> = schemas.iter().map(|schema| schema.kind).collect();
    problems
        .extend(kinds.keys().filter(|kind| !known.contains(kind.as_str())).map(|kind| format!("{kind}: no such kind")));
    none_of(&problems);
}

#[test]
fn a_change_replaces_a_resource_exactly_if_cloudformation_replaces_it() {
    let mut problems = Vec::new();
    for_each_type(|schema, inputs, resource| {
        for (name, property) in inputs.iter().filter(|(_, property)| !property.paths.is_empty()) {
            let traits = schema.traits(name);
            let ours = traits.has(REPLACE) || traits.has(REPLACE_IF_DISJOINT);
            let theirs: BTreeSet<Replaces> = property.paths.iter().map(|path| resource.replaces(path)).collect();
            let differs = theirs.iter().any(|theirs| match theirs {
                Replaces::Always => !ours,
                Replaces::Never => ours && !traits.has(REPLACE_IF_DISJOINT),
                Replaces::Sometimes => false,
            });
            let (kind, paths) = (schema.kind, property.paths.join(", "));
            match (&property.replaces, differs) {
                (None, true) if ours => problems.push(format!("{kind}: `{name}` replaces, {paths} does not")),
                (None, true) => problems.push(format!("{kind}: `{name}` does not replace, {paths} does")),
                (Some(_), false) => problems.push(format!("{kind}: `{name}` needs no reason in `replaces`")),
                _ => {}
            }
        }
    });
    none_of(&problems);
}

#[test]
fn no_input_is_read_only_in_cloudformation() {
    let mut problems = Vec::new();
    for_each_type(|schema, inputs, resource| {
        for (name, property) in inputs {
            let is_read_only = |path: &&String| resource.read_only.contains(*path);
            problems.extend(
                property
                    .paths
                    .iter()
                    .filter(is_read_only)
                    .map(|path| format!("{}: `{name}` is an input, {path} is read-only", schema.kind)),
            );
        }
    });
    none_of(&problems);
}

#[test]
fn a_kind_has_tags_exactly_if_cloudformation_tags_it() {
    let mut problems = Vec::new();
    for_each_type(|schema, inputs, resource| {
        let differs = schema.taggable != resource.tags.is_some();
        let kind = schema.kind;
        match (inputs.get("tags"), differs) {
            (None, true) if schema.taggable => problems.push(format!("{kind}: has tags, CloudFormation has none")),
            (None, true) => problems.push(format!("{kind}: has no tags, CloudFormation has")),
            (Some(_), false) => problems.push(format!("{kind}: `tags` needs no reason")),
            _ => {}
        }
    });
    none_of(&problems);
}

#[test]
fn the_values_of_the_stacks_are_valid_in_cloudformation() {
    let (kinds, types) = (mapping::load(), Types::load());
    let resources = values::resources();
    let mut problems = Vec::new();
    for (kind, mapping) in &kinds {
        let Kind::Type { name: type_name, inputs } = mapping else { continue };
        let resource_type = types.get(type_name);
        let of_kind: Vec<_> = resources.iter().filter(|resource| resource.kind == *kind).collect();
        for (name, property) in inputs {
            let values: Vec<_> = of_kind.iter().flat_map(|resource| values::at(&resource.inputs, name)).collect();
            if values.is_empty() && name.contains('.') && !of_kind.is_empty() {
                problems.push(format!("{kind}: no stack has a value of `{name}`"));
            }
            let values: BTreeSet<String> = values.iter().map(|value| property.value(value).to_string()).collect();
            let values = values.iter().map(|value| serde_json::from_str(value).unwrap());
            let limits = |path: &String| &resource_type.properties[path];
            let violations: Vec<String> = values
                .flat_map(|value: serde_json::Value| property.paths.iter().map(move |path| (path, value.clone())))
                .filter_map(|(path, value)| {
                    Some(format!("{kind}: `{name}`, {path}: {}", values::violations(limits(path), &value)?))
                })
                .collect();
            match (&property.accepts, violations.is_empty()) {
                (None, _) => problems.extend(violations),
                (Some(_), true) => problems.push(format!("{kind}: `{name}` needs no reason in `accepts`")),
                (Some(_), false) => {}
            }
        }
        for resource in of_kind {
            if let (Some(tags), Some(limits)) = (resource.inputs.get("tags"), &resource_type.tags) {
                let found = values::violations(limits, &values::tags(tags, limits));
                problems.extend(found.map(|found| format!("{}: tags: {found}", resource.address)));
            }
        }
    }
    none_of(&problems);
}
