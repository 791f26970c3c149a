//! The steps of a guide in Markdown.
//!
//! - A `console` block has commands after `$ `, each with lines of its output. `…` stands for any text. A command whose output
//!   has a line that starts with `error` fails.
//! - A block after a line that consists of a path in backticks and a colon is the whole text of this file; a `diff` block is a
//!   change of it.
//!
//! Other blocks are examples.

use anyhow::{Context as _, Result, ensure};

/// A step of the guide.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Runs a command line, with the lines of its output that the guide shows.
    Run { line: String, shown: Vec<String> },
    /// Writes a file.
    Write { path: String, text: String },
    /// Changes a file.
    Patch { path: String, text: String },
}

/// Returns the steps of a guide.
pub(crate) fn steps(guide: &str) -> Result<Vec<Step>> {
    let mut steps = Vec::new();
    let mut lines = guide.lines();
    let mut path = None;
    while let Some(line) = lines.next() {
        let Some(language) = line.strip_prefix("```") else {
            // Empty lines separate a path and its block.
            if !line.is_empty() {
                path = line.strip_prefix('`').and_then(|line| line.strip_suffix("`:")).map(str::to_owned);
            }
            continue;
        };
        let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        let text = block.iter().map(|line| format!("{line}\n")).collect();
        match (language, path.take()) {
            ("console", None) => add_commands(&block, &mut steps)?,
            ("diff", Some(path)) => steps.push(Step::Patch { path, text }),
            (_, Some(path)) => steps.push(Step::Write { path, text }),
            (_, None) => {}
        }
    }
    ensure!(!steps.is_empty(), "the guide has no steps");
    Ok(steps)
}

fn add_commands(block: &[&str], steps: &mut Vec<Step>) -> Result<()> {
    for line in block {
        if let Some(line) = line.strip_prefix("$ ") {
            steps.push(Step::Run { line: line.to_owned(), shown: Vec::new() });
        } else if let Some(Step::Run { shown, .. }) = steps.last_mut() {
            shown.push((*line).to_owned());
        } else {
            ensure!(line.is_empty(), "`{line}` precedes the first command");
        }
    }
    Ok(())
}

/// Returns `true` if the output contains a line that the guide shows.
pub(crate) fn shows(output: &str, line: &str) -> bool {
    let mut rest = output;
    line.split('…').map(str::trim).filter(|part| !part.is_empty()).all(|part| match rest.find(part) {
        Some(at) => {
            rest = &rest[at + part.len()..];
            true
        }
        None => false,
    })
}

/// Applies a diff of one place: lines that start with a space or `-` are replaced by those that start with a space or `+`.
pub(crate) fn patch(text: &str, diff: &str) -> Result<String> {
    let side = |mark: char| -> String {
        let lines = diff.lines().filter_map(|line| match line.strip_prefix([' ', mark]) {
            Some(line) => Some(format!("{line}\n")),
            None => line.is_empty().then(|| "\n".to_owned()),
        });
        lines.collect()
    };
    let (old, new) = (side('-'), side('+'));
    ensure!(text.matches(&old).count() == 1, "the file does not contain the old lines exactly once:\n{old}");
    let (before, after) = text.split_once(&old).context("the old lines are empty")?;
    Ok(format!("{before}{new}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_files_and_changes_are_steps_and_other_blocks_are_not() {
        let guide = "\
Run `x`:

```console
$ first one
error: … failed
$ second
```

`a/b.rs`:

```rust
text
```

`a/c.rs`:

```diff
-old
+new
```

An example:

```rust
example
```
";
        let run = |line: &str, shown: &[&str]| Step::Run {
            line: line.to_owned(),
            shown: shown.iter().map(|line| (*line).to_owned()).collect(),
        };
        assert_eq!(
            steps(guide).unwrap(),
            [
                run("first one", &["error: … failed"]),
                run("second", &[]),
                Step::Write { path: "a/b.rs".to_owned(), text: "text\n".to_owned() },
                Step::Patch { path: "a/c.rs".to_owned(), text: "-old\n+new\n".to_owned() },
            ]
        );
        assert!(steps("no steps").is_err());
    }

    #[test]
    fn an_ellipsis_stands_for_any_text() {
        assert!(shows("find: sqs.queue: sqs.queue is not implemented (x)", "find: … not implemented …"));
        assert!(!shows("not implemented: find", "find: … not implemented"));
        assert!(!shows("", "error"));
    }

    #[test]
    fn a_change_must_fit_exactly_once() {
        assert_eq!(patch("a\n  b\nc\n", " a\n-  b\n+  d\n+e\n c\n").unwrap(), "a\n  d\ne\nc\n");
        assert_eq!(patch("a\n\nc\n", " a\n\n-c\n+d\n").unwrap(), "a\n\nd\n");
        assert!(patch("a\n", "-b\n+c\n").is_err());
        assert!(patch("b\nb\n", "-b\n+c\n").is_err());
    }

    #[test]
    fn every_change_of_the_guide_fits_the_scaffold_and_every_file_is_part_of_it() {
        let guide = std::fs::read_to_string(crate::shell::root().join(super::super::GUIDE)).unwrap();
        let mut files = crate::new_kind::texts("sqs.queue", "aws-ops").unwrap();
        let mut commands = 0;
        for step in steps(&guide).unwrap() {
            match step {
                Step::Run { line, .. } => {
                    assert!(line.starts_with("cargo xtask "), "{line}");
                    commands += 1;
                }
                Step::Write { path, text } => drop(files.insert(path, text)),
                Step::Patch { path, text } => {
                    let present = &files[&path];
                    let changed = patch(present, &text).unwrap_or_else(|error| panic!("{path}: {error}"));
                    files.insert(path, changed);
                }
            }
        }
        assert!(commands >= 3, "{commands}");
        let written = files.values().find(|text| text.contains("not implemented") || text.contains("state why a"));
        assert_eq!(written, None);
    }
}
