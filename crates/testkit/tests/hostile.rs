//! Files with arbitrary bytes: the parsers return an error, never panic, and never exceed the maximum file size in memory.

use std::sync::LazyLock;

use ohinfra_cli::plan_file::PlanFile;
use ohinfra_openhands::{Configuration, Sources, sandbox_policy};
use ohinfra_state::migrations;
use ohinfra_testkit::repository_file;
use proptest::prelude::*;
use proptest::sample::Index;

static CONFIGURATION: LazyLock<String> = LazyLock::new(|| repository_file("config/multi-domain.toml"));
static POLICY: LazyLock<String> = LazyLock::new(|| repository_file("config/sandbox-aws-policy.json"));
static STATE: LazyLock<String> = LazyLock::new(|| repository_file("state/sample-v2.json"));

/// Damage to the bytes of a valid file.
#[derive(Clone, Debug)]
enum Damage {
    Flip(Index, u8),
    Cut(Index),
    Remove(Index, u8),
    Insert(Index, Vec<u8>),
    Double(Index, u8),
}

fn damage() -> impl Strategy<Value = Damage> {
    // Tokens with a meaning to the parsers, in addition to noise.
    let words = [
        "{",
        "}",
        "[",
        "]",
        "\"",
        "\\u0000",
        "null",
        "-1",
        "1e999",
        "18446744073709551616",
        "=",
        "\n[a.b]\n",
        "\u{1b}[",
    ];
    let word = proptest::sample::select(words.map(|word| word.as_bytes().to_vec()).to_vec());
    prop_oneof![
        (any::<Index>(), 0..8u8).prop_map(|(at, bit)| Damage::Flip(at, bit)),
        any::<Index>().prop_map(Damage::Cut),
        (any::<Index>(), any::<u8>()).prop_map(|(at, length)| Damage::Remove(at, length)),
        (any::<Index>(), word).prop_map(|(at, word)| Damage::Insert(at, word)),
        (any::<Index>(), any::<u8>()).prop_map(|(at, length)| Damage::Double(at, length)),
    ]
}

/// Generates damaged valid files, and noise.
fn bytes(good: &'static str) -> impl Strategy<Value = Vec<u8>> {
    let damaged = proptest::collection::vec(damage(), 1..6).prop_map(move |all| {
        let mut bytes = good.as_bytes().to_vec();
        for damage in all {
            let place = |index: &Index| index.index(bytes.len() + 1);
            match damage {
                Damage::Flip(at, bit) => {
                    let at = place(&at);
                    bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1 << bit);
                }
                Damage::Cut(at) => bytes.truncate(place(&at)),
                Damage::Remove(at, length) => {
                    let from = place(&at);
                    bytes.drain(from..(from + usize::from(length)).min(bytes.len()));
                }
                Damage::Insert(at, word) => {
                    let at = place(&at);
                    bytes.splice(at..at, word);
                }
                Damage::Double(at, length) => {
                    let from = place(&at);
                    let piece = bytes[from..(from + usize::from(length)).min(bytes.len())].to_vec();
                    bytes.splice(from..from, piece);
                }
            }
        }
        bytes
    });
    prop_oneof![4 => damaged, 1 => proptest::collection::vec(any::<u8>(), 0..2000)]
}

fn configuration(bytes: &[u8]) -> Result<Configuration, Vec<ohinfra_core::diagnostic::Diagnostic>> {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let sources = Sources { file: Some(("ohinfra.toml".to_owned(), text)), ..Sources::default() };
    Configuration::load(&sources).map(|(configuration, _)| configuration)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_configuration_with_any_bytes_is_parsed_or_rejected_with_a_reason(bytes in bytes(&CONFIGURATION)) {
        if let Err(problems) = configuration(&bytes) {
            prop_assert!(problems.iter().any(|problem| problem.is_error() && !problem.to_string().is_empty()));
        }
    }

    #[test]
    fn a_policy_with_any_bytes_is_parsed_or_rejected_with_a_reason(bytes in bytes(&POLICY)) {
        if let Err(problems) = sandbox_policy::parse(&String::from_utf8_lossy(&bytes), "policy.json") {
            prop_assert!(problems.iter().any(|problem| problem.to_string().starts_with("policy.json:")));
        }
    }

    #[test]
    fn a_state_with_any_bytes_is_parsed_or_rejected_with_a_reason(bytes in bytes(&STATE)) {
        match migrations::parse(&bytes, "state.json") {
            Err(error) => prop_assert!(error.to_string().starts_with("state.json ")),
            // A parsed document round-trips unchanged.
            Ok(document) => {
                let again = migrations::parse(&document.to_bytes(), "state.json").unwrap();
                prop_assert_eq!(again.to_bytes(), document.to_bytes());
            }
        }
    }

    #[test]
    fn a_saved_plan_with_any_bytes_is_parsed_or_rejected_with_a_reason(bytes in bytes(&STATE)) {
        if let Err(error) = PlanFile::parse(&bytes, "saved.plan") {
            prop_assert!(error.to_string().starts_with("saved.plan "));
        }
    }
}

#[test]
fn deep_nesting_is_rejected_without_exhausting_the_stack() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("{a=", "}")] {
        let deep = format!("{}1{}", open.repeat(100_000), close.repeat(100_000));
        assert!(configuration(format!("a = {deep}").as_bytes()).is_err());
        assert!(configuration(format!("[{}]", "a.".repeat(100_000) + "a").as_bytes()).is_err());
        assert!(sandbox_policy::parse(&deep, "policy.json").is_err());
        assert!(migrations::parse(deep.as_bytes(), "state.json").is_err());
        assert!(PlanFile::parse(deep.as_bytes(), "saved.plan").is_err());
    }
}

#[test]
fn a_state_with_a_dependency_cycle_is_rejected() {
    let mut state: serde_json::Value = serde_json::from_str(&STATE).unwrap();
    let addresses: Vec<String> = state["resources"].as_object().unwrap().keys().cloned().collect();
    let (first, last) = (&addresses[0], &addresses[addresses.len() - 1]);
    assert_ne!(first, last);
    state["resources"][first]["depends_on"] = serde_json::json!([last]);
    state["resources"][last]["depends_on"] = serde_json::json!([first]);
    let error = migrations::parse(state.to_string().as_bytes(), "state.json").unwrap_err();
    insta::assert_snapshot!(error, @"state.json is not a state document: the dependencies of `network/endpoint-logs` contain a cycle");
}

#[test]
fn an_oversized_file_is_rejected_before_it_is_read_in_full() {
    let error = ohinfra_state::local::read_at_most(std::path::Path::new("/dev/zero"), 1024 * 1024).unwrap_err();
    assert_eq!(error.to_string(), "larger than 1024 KiB");
}
