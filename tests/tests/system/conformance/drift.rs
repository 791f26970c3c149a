//! Drift detection covers every input of every kind: each input is changed with another SDK, reported, and restored.

use std::collections::{BTreeMap, BTreeSet};

use ohinfra_core::schema::{REPLACE, WRITE_ONLY};
use ohinfra_testkit::Harness;
use ohinfra_testkit::conformance::check_drift;
use ohinfra_tests::account::mutations;

use super::{case, prepared, wanted};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::print_stdout, reason = "the number of inputs is part of the report")]
async fn every_input_of_every_kind_is_shown_as_drift_and_restored() {
    let table = mutations().unwrap();
    let text = |row: &serde_json::Value, n: usize| row[n].as_str().unwrap_or_default().to_owned();
    let rows = |name: &str| table[name].as_array().cloned().unwrap_or_default();
    let mut mutated: BTreeMap<String, Vec<(String, u64)>> = BTreeMap::new();
    for row in rows("mutated") {
        mutated.entry(text(&row, 0)).or_default().push((text(&row, 1), row[2].as_u64().unwrap_or_default()));
    }
    let left_out: BTreeSet<(String, String)> =
        rows("left_out").iter().map(|row| (text(row, 0), text(row, 1))).collect();

    let (account, provider, cases) = prepared().await;
    let mut changed: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let mut failures = Vec::new();
    let checks = cases.into_iter().map(|tried| {
        let (account, harness, case) = (&account, Harness::new(provider.clone()), case(&provider, tried));
        let paths = mutated.get(case.schema.kind).cloned().unwrap_or_default();
        async move {
            let kind = case.schema.kind;
            let mutate = |path: &str, number: u64, resource: &serde_json::Value| {
                let mutated = account.mutate(&case.region.to_string(), kind, path, number, resource);
                mutated.map_err(|error| format!("{error:#}"))
            };
            (kind, check_drift(&harness, &case, &paths, mutate).await)
        }
    });
    for (kind, result) in futures::future::join_all(checks).await {
        match result {
            Ok(paths) => changed.entry(kind).or_default().extend(paths),
            Err(errors) => failures.extend(errors.into_iter().map(|error| format!("{kind}: {error}"))),
        }
    }

    // Every input was changed, or the table or the schema has the reason why it cannot be changed.
    let (mut tried, mut replacing, mut unreported, mut excused) = (0, 0, 0, 0);
    for (schema, _) in provider.kinds().filter(|(schema, _)| !schema.step && changed.contains_key(schema.kind)) {
        let paths = changed.get(schema.kind).cloned().unwrap_or_default();
        for (input, traits) in schema.inputs().iter().map(|input| (&input.path, input.traits)) {
            let is_part = |path: &String| path == input || path.starts_with(&format!("{input}."));
            let is_parent = |path: &String| input.starts_with(&format!("{path}."));
            match () {
                () if paths.iter().any(|path| is_part(path) || is_parent(path)) => tried += 1,
                () if traits.has(WRITE_ONLY) => unreported += 1,
                () if traits.has(REPLACE) => replacing += 1,
                () if left_out.contains(&(schema.kind.to_owned(), input.clone())) => excused += 1,
                () => failures.push(format!("{}: nothing changes `{input}`", schema.kind)),
            }
        }
    }
    println!(
        "{tried} inputs changed outside ohinfra; not changed: {replacing} that AWS cannot change, \
         {unreported} that no read returns, {excused} for reasons given in the table"
    );
    let all = wanted().is_none();
    let kinds: BTreeSet<&str> = provider.kinds().map(|(schema, _)| schema.kind).collect();
    assert!(!all || mutated.keys().all(|kind| kinds.contains(kind.as_str())), "mutations of unknown kinds");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
