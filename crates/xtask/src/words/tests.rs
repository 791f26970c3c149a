use super::*;

/// Returns the line and the phrase of each problem.
fn found(passages: &[Passage]) -> Vec<(usize, &'static str)> {
    check(passages).into_iter().map(|problem| (problem.line, problem.phrase)).collect()
}

#[test]
fn phrases_match_whole_words_in_any_case_and_across_lines() {
    let text = "Colour is what\nis there.\nDiscoloured: at, once. Anewly.";
    assert_eq!(found(&markdown_passages(text)), [(1, "colour"), (1, "what is there")]);
}

#[test]
fn phrases_do_not_match_across_punctuation_and_paragraphs() {
    assert!(found(&markdown_passages("We look at\n\nonce, go.\n\n- It will go\n- on")).is_empty());
}

#[test]
fn emphasis_and_apostrophes_belong_to_the_text() {
    assert_eq!(found(&markdown_passages("Images of **one's own**, look-ups")), [(1, "look-ups"), (1, "of one's own")]);
}

#[test]
fn code_and_links_in_documents_are_skipped() {
    let text =
        "```console\n$ go on\n```\nRun `go on`, [nobody](nobody.md) or https://example.com/nobody now.\n\nA ` go on";
    assert_eq!(found(&markdown_passages(text)), [(4, "nobody")]);
}

#[test]
fn doc_comments_and_strings_are_checked_and_other_code_is_not() {
    let text = r##"
//! Made anew.

/// It is what
/// is there.
fn anew() {
    // Made anew.
    /* anew /* anew */ anew */
    let quote = ('"', '\'', b'"', "goes on \" anew");
    let raw = r#"one "anew"
        nobody"#;
    let lines = "first\
        colour";
}
//// anew
"##;
    let expected =
        [(2, "anew"), (4, "what is there"), (9, "anew"), (9, "goes on"), (10, "anew"), (11, "nobody"), (13, "colour")];
    assert_eq!(found(&rust_passages(text)), expected);
}

#[test]
fn identifiers_addresses_and_paths_are_words() {
    assert!(found(&rust_passages("\"is_gone nobody@example.com docs/look-up\"")).is_empty());
}

#[test]
fn names_of_tests_are_checked_and_other_functions_are_not() {
    let text = "fn anew() {}\n#[tokio::test(flavor = \"x\")]\n#[expect(x)]\nasync fn it_goes_on() {}\nfn nobody() {}";
    assert_eq!(found(&test_names(text)), [(4, "goes on")]);
}

#[test]
fn comments_and_docstrings_of_python_are_checked_and_strings_are_not() {
    let text = r##"#!/usr/bin/env python3
"""It goes
on."""
text = "# anew"  # Made anew.
data = """
# nobody
"""
# First it went
# on, and
quoted = 'it\'s # anew' + '# anew'  # goes
# on
"##;
    assert_eq!(found(&python_passages(text)), [(2, "goes on"), (4, "anew"), (8, "went on")]);
}

#[test]
fn lifetimes_are_not_character_literals() {
    let text = "fn f<'a>(text: &'a str) -> &'static str { \"anew\" }";
    assert_eq!(found(&rust_passages(text)), [(1, "anew")]);
}

#[test]
fn starts_of_doc_comments_are_checked() {
    let text = "/// Whether it is open.\nfn a() {}\n/// The state.\n/// What follows is valid.\nfn b() {}";
    assert_eq!(found(&rust_passages(text)), [(1, "Whether")]);
    assert!(found(&markdown_passages("What changed")).is_empty());
}

#[test]
fn exceptions_apply_to_their_file_and_phrase() {
    assert!(is_allowed(Path::new("crates/xtask/src/words.rs"), "anew"));
    assert!(!is_allowed(Path::new("crates/xtask/src/check.rs"), "anew"));
    assert!(is_allowed(Path::new("a.py"), "or none") && !is_allowed(Path::new("a.py"), "anew"));
}

#[test]
fn banned_phrases_are_in_lower_case_and_unique() {
    for (n, (phrase, _)) in WORDS.iter().enumerate() {
        assert_eq!(*phrase, phrase.to_lowercase());
        assert!(WORDS.iter().skip(n + 1).all(|(other, _)| other != phrase), "{phrase}");
    }
}
