//! Rules that apply to every kind.

use super::*;

#[test]
fn every_kind_has_a_unique_two_part_name_a_summary_and_an_id() {
    let schemas = schemas();
    for schema in &schemas {
        assert_eq!(schema.kind.split('.').count(), 2, "{}", schema.kind);
        assert!(!schema.summary.is_empty(), "{}", schema.kind);
        assert!(schema.attributes().iter().any(|(name, _)| *name == "id"), "{} has no id", schema.kind);
    }
    let mut names: Vec<_> = schemas.iter().map(|s| s.kind).collect();
    names.dedup();
    assert_eq!(names.len(), schemas.len());
}

#[test]
fn every_natural_name_consists_of_inputs() {
    for schema in schemas() {
        for input in schema.natural_name {
            assert!(schema.has_input(input), "{}: {input}", schema.kind);
        }
    }
}
