//! Checks the vocabulary: banned phrases, each with a better one. Covers documents, doc comments, string literals and test names
//! of Rust sources, and comments and docstrings of Python sources.
//!
//! Inline code, code blocks, link targets, ordinary Rust comments and other identifiers are skipped.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::files::files;
use crate::shell::root;

/// Banned phrases, each with a better one. Phrases match whole words, in any case and across line breaks.
const WORDS: &[(&str, &str)] = &[
    // Existence.
    ("are there already", "already exist"),
    ("exists already", "already exists"),
    ("is not there", "does not exist"),
    ("is there already", "already exists"),
    ("is there yet", "exists"),
    ("not there yet", "not created yet"),
    ("there is nobody", "no user or process"),
    ("was not there", "did not exist"),
    ("what holds", "resources that hold"),
    ("what is missing", "missing resources"),
    ("what is needed", "the requirements"),
    ("what is there", "existing resources"),
    ("what was there", "the previous resources"),
    // Actions.
    ("anew", "again"),
    ("bring up to date", "update"),
    ("brings back", "restores"),
    ("brought back", "restored"),
    ("brought up to date", "updated"),
    ("go away", "disappear"),
    ("go on", "continue"),
    ("goes away", "disappears"),
    ("goes on", "continues"),
    ("going on", "in progress"),
    ("gone", "deleted"),
    ("left for later", "deferred"),
    ("left in aws", "retained"),
    ("leave away", "omit"),
    ("leaves away", "omits"),
    ("look around", "explore"),
    ("look-up", "lookup"),
    ("look-ups", "lookups"),
    ("made good", "repaired"),
    ("make good", "repair"),
    ("makes good", "repairs"),
    ("makes it good", "repairs it"),
    ("take away", "delete"),
    ("taken away", "deleted"),
    ("takes away", "deletes"),
    ("takes everything away", "deletes everything"),
    ("taking away", "deleting"),
    ("under way", "in progress"),
    ("went away", "disappeared"),
    ("went on", "continued"),
    // Reports.
    ("are told", "are reported"),
    ("be told", "be reported"),
    ("is told", "is reported"),
    ("say so", "report it"),
    ("says so", "reports it"),
    ("tells", "reports"),
    // Actors.
    ("anybody", "any user"),
    ("everybody", "all users"),
    ("nobody", "no user or process"),
    ("of its own", "separate"),
    ("of one's own", "your own"),
    ("somebody", "another user or process"),
    ("whoever", "the user or process that"),
    // Idioms.
    ("any more", "no longer"),
    ("as it should be", "up to date"),
    ("as they should be", "up to date"),
    ("at once", "immediately, concurrently or together"),
    ("by itself", "automatically"),
    ("by themselves", "automatically"),
    ("half-way", "midway"),
    ("is no reason", "must not"),
    ("or none", "None if"),
    ("sign of life", "heartbeat"),
    ("wants to be", "must be"),
    // British spelling.
    ("behaviour", "behavior"),
    ("behaviours", "behaviors"),
    ("catalogue", "catalog"),
    ("centre", "center"),
    ("colour", "color"),
    ("coloured", "colored"),
    ("colours", "colors"),
    ("favour", "favor"),
    ("honour", "honor"),
    ("honours", "honors"),
    ("initialise", "initialize"),
    ("initialised", "initialized"),
    ("licence", "license"),
    ("licences", "licenses"),
    ("neighbour", "neighbor"),
    ("normalise", "normalize"),
    ("normalised", "normalized"),
    ("organisation", "organization"),
    ("recognise", "recognize"),
    ("recognised", "recognized"),
    ("recognises", "recognizes"),
    ("serialise", "serialize"),
    ("serialised", "serialized"),
];

/// Words that must not start a doc comment, each with a better start.
const STARTS: &[(&str, &str)] = &[
    ("Gives", "Returns"),
    ("How", NOUN_OR_VERB),
    ("Knows", "Stores"),
    ("Makes", "Creates"),
    ("Says", "Reports"),
    ("Tells", "Reports"),
    ("What", NOUN_OR_VERB),
    ("When", NOUN_OR_VERB),
    ("Where", NOUN_OR_VERB),
    ("Whether", "true if"),
    ("Which", NOUN_OR_VERB),
    ("Who", NOUN_OR_VERB),
    ("Whose", NOUN_OR_VERB),
    ("Why", NOUN_OR_VERB),
];

/// The better start in place of an interrogative.
const NOUN_OR_VERB: &str = "a noun phrase or a verb";

/// Folders with Python sources.
const PYTHON: &[&str] = &["crates", "tests"];

/// Characters inside of words, identifiers, email addresses and paths.
const JOINERS: &[char] = &['\'', '-', '_', '@', '/'];

/// Exceptions, for example data of tests: a file, and the phrase that it may contain; `*` allows every phrase.
const ALLOWED: &[(&str, &str)] = &[
    ("crates/openhands/src/configuration/tests.rs", "nobody"),
    ("crates/testkit/src/bin/ohinfra-fake.rs", "look-ups"),
    ("crates/testkit/src/kind.rs", "gone"),
    ("crates/testkit/tests/command_line.rs", "look-ups"),
    ("crates/testkit/tests/command_line/usage.rs", "look-ups"),
    ("crates/testkit/tests/command_line/users.rs", "look-ups"),
    ("crates/xtask/src/words.rs", "*"),
    ("crates/xtask/src/words/tests.rs", "*"),
    ("tests/tests/system/secrets.rs", "recognised"),
    ("tests/tests/system/users.rs", "nobody"),
];

/// A passage of text: a paragraph, a comment, a string literal or the words of a test name.
#[derive(Debug, PartialEq, Eq)]
struct Passage {
    /// The number of its first line.
    line: usize,
    text: String,
    is_doc_comment: bool,
}

/// A problem in a text: its line, the banned phrase and the better one.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Problem {
    line: usize,
    phrase: &'static str,
    better: &'static str,
}

/// Returns the problems of the sources and the documents, each as a line with path, line number, phrase and better phrase.
pub(crate) fn problems(sources: &[PathBuf]) -> Result<Vec<String>> {
    let mut documents = Vec::new();
    files(&root().join("crates"), "md", &mut documents)?;
    files(&root().join("tests"), "md", &mut documents)?;
    documents.retain(|path| path.file_name().is_some_and(|name| name == "README.md"));
    documents.extend(["README.md", "CHANGELOG.md"].map(|name| root().join(name)));
    files(&root().join("docs"), "md", &mut documents)?;
    let mut scripts = Vec::new();
    for folder in PYTHON {
        files(&root().join(folder), "py", &mut scripts)?;
    }
    let mut problems = Vec::new();
    for path in sources {
        add_problems(path, rust_passages, &mut problems)?;
        add_problems(path, test_names, &mut problems)?;
    }
    for path in &documents {
        add_problems(path, markdown_passages, &mut problems)?;
    }
    for path in &scripts {
        add_problems(path, python_passages, &mut problems)?;
    }
    Ok(problems)
}

/// Appends the problems of a file.
fn add_problems(path: &Path, passages: fn(&str) -> Vec<Passage>, problems: &mut Vec<String>) -> Result<()> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let place = path.strip_prefix(root())?;
    for Problem { line, phrase, better } in check(&passages(&text)) {
        if !is_allowed(place, phrase) {
            problems.push(format!("{}:{line}: `{phrase}`: write `{better}`", place.display()));
        }
    }
    Ok(())
}

fn is_allowed(place: &Path, phrase: &str) -> bool {
    // `None` is a value in Python.
    let is_python = place.extension().is_some_and(|extension| extension == "py");
    is_python && phrase == "or none"
        || ALLOWED.iter().any(|(path, allowed)| place == Path::new(path) && (*allowed == "*" || *allowed == phrase))
}

/// Returns the problems of passages, ordered by line.
fn check(passages: &[Passage]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for passage in passages {
        let words = words(passage);
        if passage.is_doc_comment
            && let Some((line, first)) = words.first()
            && let Some((start, better)) = STARTS.iter().find(|(start, _)| start.eq_ignore_ascii_case(first))
        {
            problems.push(Problem { line: *line, phrase: start, better });
        }
        for (n, (line, _)) in words.iter().enumerate() {
            let found = WORDS.iter().filter(|(phrase, _)| is_at(words.iter().skip(n), phrase));
            problems.extend(found.map(|(phrase, better)| Problem { line: *line, phrase, better }));
        }
    }
    problems.sort();
    problems
}

/// Returns `true` if the words start with the phrase.
fn is_at<'a>(words: impl Iterator<Item = &'a (usize, String)>, phrase: &str) -> bool {
    let mut words = words.map(|(_, word)| word.as_str());
    phrase.split(' ').all(|word| words.next() == Some(word))
}

/// Returns the words of a passage in lower case, each with its line number. Any other character except white space and emphasis
/// becomes an empty word, so that no phrase matches across it. Code blocks, inline code and URLs are skipped; an identifier, an
/// address or a path is one word.
fn words(passage: &Passage) -> Vec<(usize, String)> {
    let mut words: Vec<(usize, String)> = Vec::new();
    let mut in_block = false;
    let mut in_code = false;
    for (n, line) in passage.text.split('\n').enumerate() {
        let number = passage.line + n;
        if line.trim_start().starts_with("```") {
            in_block = !in_block;
            continue;
        }
        if in_block {
            continue;
        }
        if line.trim().is_empty() {
            // Inline code ends with its paragraph at the latest.
            in_code = false;
            words.push((number, String::new()));
            continue;
        }
        let mut word = String::new();
        let mut rest = line.chars().peekable();
        let mut at = 0;
        while let Some(character) = rest.next() {
            let tail = &line[at..];
            at += character.len_utf8();
            if in_code && character != '`' {
                continue;
            }
            if character.is_alphanumeric() && !is_url(tail) || !word.is_empty() && JOINERS.contains(&character) {
                word.extend(character.to_lowercase());
                continue;
            }
            end_word(&mut words, number, &mut word);
            if character == '*' || character.is_whitespace() {
                continue;
            }
            words.push((number, String::new()));
            in_code ^= character == '`';
            let is_target = tail.starts_with("](");
            if is_target || is_url(tail) {
                let is_part = |next: &char| if is_target { *next != ')' } else { !next.is_whitespace() };
                while let Some(skipped) = rest.next_if(is_part) {
                    at += skipped.len_utf8();
                }
            }
        }
        end_word(&mut words, number, &mut word);
    }
    words
}

/// Returns `true` if the text starts with a URL.
fn is_url(text: &str) -> bool {
    text.starts_with("https://") || text.starts_with("http://")
}

/// Adds the current word, if any.
fn end_word(words: &mut Vec<(usize, String)>, line: usize, word: &mut String) {
    if !word.is_empty() {
        words.push((line, std::mem::take(word).trim_end_matches(JOINERS).to_owned()));
    }
}

/// Returns a document as one passage.
fn markdown_passages(text: &str) -> Vec<Passage> {
    vec![Passage { line: 1, text: text.to_owned(), is_doc_comment: false }]
}

/// Returns the doc comments and string literals of a source file.
fn rust_passages(text: &str) -> Vec<Passage> {
    let mut source = Source { characters: text.chars().collect(), at: 0, line: 1 };
    let mut passages: Vec<Passage> = Vec::new();
    while let Some(character) = source.peek(0) {
        if source.starts_with("//") {
            comment(&mut source, &mut passages);
        } else if source.starts_with("/*") {
            source.skip_block_comment();
        } else if character == '\'' {
            source.skip_character();
        } else if let Some((prefix, hashes)) = source.raw_string() {
            source.advance(prefix);
            let (line, text) = (source.line, source.take_raw_string(hashes));
            passages.push(Passage { line, text, is_doc_comment: false });
        } else if character == '"' {
            source.advance(1);
            let (line, text) = (source.line, source.take_string());
            passages.push(Passage { line, text, is_doc_comment: false });
        } else if character.is_alphanumeric() || character == '_' {
            // The `r` at the end of an identifier does not start a raw string.
            while source.peek(0).is_some_and(|c| c.is_alphanumeric() || c == '_') {
                source.advance(1);
            }
        } else {
            source.advance(1);
        }
    }
    passages
}

/// Consumes a line comment. Adds a doc comment to the passages, joined with the doc comment on the line above.
fn comment(source: &mut Source, passages: &mut Vec<Passage>) {
    let line = source.line;
    let mut text = String::new();
    while let Some(character) = source.peek(0).filter(|character| *character != '\n') {
        text.push(character);
        source.advance(1);
    }
    let is_outer = text.starts_with("///") && !text.starts_with("////");
    if !is_outer && !text.starts_with("//!") {
        return;
    }
    let text = text.chars().skip(3).collect::<String>();
    match passages.last_mut() {
        Some(last) if last.is_doc_comment && last.line + last.text.split('\n').count() == line => {
            last.text.push('\n');
            last.text.push_str(&text);
        }
        _ => passages.push(Passage { line, text, is_doc_comment: true }),
    }
}

/// Returns the words of the test names of a source file.
fn test_names(text: &str) -> Vec<Passage> {
    let mut passages = Vec::new();
    let mut is_test = false;
    for (n, line) in text.lines().enumerate() {
        let line = line.trim_start();
        if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
            is_test = true;
        }
        let function = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ");
        let name = function.and_then(|function| function.split_once('(')).map(|(name, _)| name);
        if let Some(name) = name.filter(|_| std::mem::take(&mut is_test)) {
            passages.push(Passage { line: n + 1, text: name.replace('_', " "), is_doc_comment: false });
        }
    }
    passages
}

/// Returns the comments and docstrings of a Python source file. A docstring is a triple-quoted string at the start of a line.
fn python_passages(text: &str) -> Vec<Passage> {
    let mut source = Source { characters: text.chars().collect(), at: 0, line: 1 };
    let mut passages: Vec<Passage> = Vec::new();
    let mut is_line_start = true;
    // The line after the last comment without code on its line.
    let mut below_comment = 0;
    while let Some(character) = source.peek(0) {
        let line = source.line;
        if character == '#' {
            let mut text = String::new();
            while let Some(character) = source.peek(0).filter(|character| *character != '\n') {
                text.push(character);
                source.advance(1);
            }
            let text = text.trim_start_matches('#').to_owned();
            match passages.last_mut() {
                Some(last) if is_line_start && below_comment == line => {
                    last.text.push('\n');
                    last.text.push_str(&text);
                }
                _ => passages.push(Passage { line, text, is_doc_comment: false }),
            }
            if is_line_start {
                below_comment = line + 1;
            }
        } else if let Some(quotes) = ["\"\"\"", "'''"].into_iter().find(|quotes| source.starts_with(quotes)) {
            source.advance(quotes.len());
            let text = source.take_python_string(quotes);
            if is_line_start {
                passages.push(Passage { line, text, is_doc_comment: false });
            }
            is_line_start = false;
        } else if character == '"' || character == '\'' {
            source.advance(1);
            source.take_python_string(if character == '"' { "\"" } else { "'" });
            is_line_start = false;
        } else {
            source.advance(1);
            is_line_start = character == '\n' || is_line_start && character.is_whitespace();
        }
    }
    passages
}

/// The characters of a source file, with a position.
struct Source {
    characters: Vec<char>,
    at: usize,
    /// The number of the current line.
    line: usize,
}

impl Source {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.characters.get(self.at + ahead).copied()
    }

    fn starts_with(&self, text: &str) -> bool {
        text.chars().enumerate().all(|(n, character)| self.peek(n) == Some(character))
    }

    fn advance(&mut self, count: usize) {
        for _ in 0..count {
            self.line += usize::from(self.peek(0) == Some('\n'));
            self.at += 1;
        }
    }

    /// Skips a block comment; block comments nest.
    fn skip_block_comment(&mut self) {
        let mut depth = 0;
        while self.peek(0).is_some() {
            if self.starts_with("/*") {
                depth += 1;
                self.advance(2);
            } else if self.starts_with("*/") {
                depth -= 1;
                self.advance(2);
                if depth == 0 {
                    return;
                }
            } else {
                self.advance(1);
            }
        }
    }

    /// Skips a character literal, or the quote of a lifetime.
    fn skip_character(&mut self) {
        if self.peek(1) == Some('\\') {
            // The character after the backslash can be a quote.
            self.advance(3);
            while self.peek(0).is_some_and(|character| character != '\'') {
                self.advance(1);
            }
            self.advance(1);
        } else if self.peek(2) == Some('\'') {
            self.advance(3);
        } else {
            self.advance(1);
        }
    }

    /// Returns the length of the prefix, including the quote, and the number of hashes of a raw string that starts here.
    fn raw_string(&self) -> Option<(usize, usize)> {
        let prefix = ["r", "br", "cr"].into_iter().find(|prefix| self.starts_with(prefix))?.len();
        let mut hashes = 0_usize;
        while self.peek(prefix + hashes) == Some('#') {
            hashes += 1;
        }
        (self.peek(prefix + hashes) == Some('"')).then_some((prefix + hashes + 1, hashes))
    }

    /// Returns the text up to the end of a raw string, and skips its end.
    fn take_raw_string(&mut self, hashes: usize) -> String {
        let end = format!("\"{}", "#".repeat(hashes));
        let mut text = String::new();
        while let Some(character) = self.peek(0) {
            if self.starts_with(&end) {
                self.advance(end.len());
                break;
            }
            text.push(character);
            self.advance(1);
        }
        text
    }

    /// Returns the text up to the end of a Python string, and skips its end. Skips escaped characters.
    fn take_python_string(&mut self, quotes: &str) -> String {
        let mut text = String::new();
        while let Some(character) = self.peek(0) {
            if self.starts_with(quotes) {
                self.advance(quotes.len());
                break;
            }
            if character == '\\' {
                self.advance(1);
            }
            text.extend(self.peek(0));
            self.advance(1);
        }
        text
    }

    /// Returns the text up to the end of a string, and skips its end. Replaces escapes such as `\n` by spaces, so that the text has
    /// the lines of the source.
    fn take_string(&mut self) -> String {
        let mut text = String::new();
        while let Some(character) = self.peek(0) {
            self.advance(1);
            match character {
                '"' => break,
                '\\' => {
                    let escaped = self.peek(0).unwrap_or_default();
                    self.advance(1);
                    text.push(match escaped {
                        'n' | 'r' | 't' | '0' | 'u' | 'x' => ' ',
                        other => other,
                    });
                }
                other => text.push(other),
            }
        }
        text
    }
}

#[cfg(test)]
mod tests;
