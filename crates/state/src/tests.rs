//! Tests of the document, the local store and the lock.

use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

use jiff::Timestamp;
use proptest::prelude::*;

use crate::migrations::parse;
use crate::*;

static SAMPLE: LazyLock<Vec<u8>> = LazyLock::new(|| stored("sample-v2.json").into_bytes());
static VERSION_1: LazyLock<Vec<u8>> = LazyLock::new(|| stored("sample-v1.json").into_bytes());
static SCHEMA: LazyLock<String> = LazyLock::new(|| stored("state-v2.schema.json"));

/// Returns a file of the repository's `state` directory.
fn stored(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../state").join(name)).unwrap()
}

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn holder(who: &str) -> LockInfo {
    LockInfo {
        id: format!("lock-of-{who}"),
        operation: "apply".into(),
        who: who.into(),
        host: "laptop".into(),
        pid: 42,
        created_at: Timestamp::UNIX_EPOCH,
        heartbeat_at: Timestamp::UNIX_EPOCH,
        tool_version: "0.1.0".into(),
    }
}

#[test]
fn the_sample_matches_the_schema_and_round_trips() {
    let schema: serde_json::Value = serde_json::from_str(&SCHEMA).unwrap();
    let sample: serde_json::Value = serde_json::from_slice(&SAMPLE).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(&sample).map(|e| e.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new());
    let document = parse(&SAMPLE, "sample").unwrap();
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&document.to_bytes()).unwrap(), sample);
}

#[test]
fn the_committed_schema_is_up_to_date() {
    let schema = serde_json::to_string_pretty(&schemars::schema_for!(StateDocument)).unwrap() + "\n";
    assert_eq!(schema, *SCHEMA, "run `cargo xtask docs` to regenerate it");
}

#[test]
fn a_newer_format_version_is_rejected_with_both_versions() {
    let error = parse(br#"{"format_version": 3, "anything": true}"#, "s.json").unwrap_err();
    insta::assert_snapshot!(error, @"s.json has format version 3; this ohinfra reads versions up to 2");
}

#[test]
fn a_state_of_version_1_is_migrated_without_loss() {
    let document = parse(&VERSION_1, "sample").unwrap();
    assert_eq!(document.format_version, 2);
    let mut expected: serde_json::Value = serde_json::from_slice(&VERSION_1).unwrap();
    expected["format_version"] = 2.into();
    assert_eq!(serde_json::to_value(&document).unwrap(), expected);
}

#[test]
fn a_corrupt_state_is_rejected_with_the_position() {
    let cut = SAMPLE.get(..SAMPLE.len() / 2).unwrap();
    let error = parse(cut, "s.json").unwrap_err().to_string();
    assert!(error.starts_with("s.json is not a state document: EOF"), "{error}");
    let edited = String::from_utf8_lossy(&SAMPLE).replace("\"serial\": 3", "\"serial\": \"three\"");
    let error = parse(edited.as_bytes(), "s.json").unwrap_err();
    insta::assert_snapshot!(error, @r#"s.json is not a state document: at `serial`: invalid type: string "three", expected u64"#);
}

#[test]
fn a_write_fails_if_the_file_changed_since_it_was_read() {
    let folder = tempfile::tempdir().unwrap();
    let store = LocalStore::new(folder.path().join("deep/er/state.json"));
    block_on(async {
        assert!(store.read().await.unwrap().is_none());
        let mut document = StateDocument::new("openhands", "0.1.0");
        let first = store.write(&document, None).await.unwrap();
        assert!(matches!(store.write(&document, None).await, Err(StateError::Changed { .. })));
        document.serial = 1;
        let second = store.write(&document, Some(&first)).await.unwrap();
        assert!(matches!(store.write(&document, Some(&first)).await, Err(StateError::Changed { .. })));
        let stored = store.read().await.unwrap().unwrap();
        assert_eq!((stored.document, stored.version), (document, second));
        let names: Vec<_> =
            std::fs::read_dir(folder.path().join("deep/er")).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(names, ["state.json"], "no temporary file remains");
    });
}

#[test]
fn a_lock_conflict_names_the_holder() {
    let folder = tempfile::tempdir().unwrap();
    let store = LocalStore::new(folder.path().join("state.json"));
    block_on(async {
        let lock = store.lock(&holder("ada")).await.unwrap();
        let Err(error) = store.lock(&holder("grace")).await else { panic!("both hold the lock") };
        assert!(error.to_string().contains("locked by ada on laptop (apply, process 42, since 1970"), "{error}");
        lock.heartbeat(Timestamp::UNIX_EPOCH).await.unwrap();
        lock.release().await.unwrap();
        assert_eq!(store.holder().await.unwrap(), None);
        store.lock(&holder("grace")).await.unwrap();
    });
}

#[test]
fn a_lock_expires_after_five_minutes_without_a_heartbeat() {
    let seen = |unseen_for| Holder { info: holder("ada"), unseen_for };
    let after = |seconds: i64| Timestamp::from_second(seconds).unwrap();
    assert!(!seen(None).is_expired(after(300)));
    assert!(seen(None).is_expired(after(301)));
    // The clock of the store, if it has one, takes precedence over the clocks of the machines.
    assert!(!seen(Some(Duration::from_secs(300))).is_expired(after(100_000)));
    assert!(seen(Some(Duration::from_secs(301))).is_expired(after(0)));
    // A clock behind that of the holder does not expire a lock.
    assert!(!seen(None).is_expired(after(-1_000_000)));
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(parse(&bytes, "x").is_err());
    }

    #[test]
    fn a_state_with_any_corrupt_byte_is_read_in_full_or_rejected(at in 0..SAMPLE.len(), byte: u8) {
        let mut damaged = SAMPLE.to_vec();
        damaged[at] = byte;
        if let Ok(document) = parse(&damaged, "x") {
            prop_assert_eq!(parse(&document.to_bytes(), "x").unwrap(), document);
        }
    }
}
