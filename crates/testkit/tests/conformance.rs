//! Tests of the conformance suite with the kinds of the in-memory cloud: it accepts conforming kinds and finds wrong schemas.

#![expect(clippy::unwrap_used, reason = "a panic fails the test")]

use ohinfra_core::schema::{Availability, WRITE_ONLY};
use ohinfra_core::{Region, Schema};
use ohinfra_testkit::conformance::{Case, check, check_faults};
use ohinfra_testkit::lossy::{Armed, lossy};
use ohinfra_testkit::{Cloud, Harness, kind, schemas};
use serde_json::json;

fn case(schema: Schema) -> Case {
    Case {
        schema,
        region: Region::us_east_1(),
        inputs: json!({ "name": "n", "size": 1, "shape": 1, "members": ["a", "b"], "content": "c" }),
        changes: vec![("size", json!(2)), ("members", json!(["c"])), ("content", json!("d")), ("shape", json!(2))],
    }
}

fn run(schema: Schema, tried: Schema) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let cloud = Cloud::default();
        let harness = Harness::new(kind::provider(&cloud, [schema]));
        check(&harness, &case(tried)).await
    })
}

#[test]
fn every_kind_of_the_in_memory_cloud_conforms() {
    for schema in schemas::all() {
        run(schema.clone(), schema).unwrap();
    }
}

#[test]
fn every_kind_of_the_in_memory_cloud_converges_when_a_call_is_lost() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    for schema in schemas::all() {
        runtime.block_on(async {
            let armed = Armed::default();
            let provider = lossy(&kind::provider(&Cloud::default(), [schema.clone()]), &armed);
            check_faults(&Harness::new(provider), &armed, &case(schema)).await.unwrap();
        });
    }
}

#[test]
fn a_missing_write_only_trait_is_detected() {
    let wrong = Schema::new("fake.tagged", "Found by its tags").plain("content").attribute("id", Availability::Early);
    let error = run(schemas::tagged(), wrong).unwrap_err();
    assert_eq!(error, r#"after the create: a read does not return ["content"]"#);
}

#[test]
fn every_write_only_input_has_a_reason() {
    for schema in ohinfra_kinds::schemas() {
        for input in schema.inputs() {
            let has_reason = input.unreported.is_some_and(|reason| !reason.is_empty());
            assert_eq!(input.traits.has(WRITE_ONLY), has_reason, "{}: {}", schema.kind, input.path);
        }
    }
}
