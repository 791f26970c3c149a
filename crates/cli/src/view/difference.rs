//! Line-based differences of two documents, with context.

use similar::{ChangeTag, TextDiff};

use crate::style::{ADD, DIM, REMOVE, paint};

/// Number of unchanged lines shown around a change.
const CONTEXT: usize = 2;

/// Returns the lines that differ, each with its mark, indented.
pub(crate) fn lines(before: &str, after: &str, indent: &str) -> String {
    let difference = TextDiff::from_lines(before, after);
    let mut text = String::new();
    for (n, group) in difference.grouped_ops(CONTEXT).iter().enumerate() {
        if n > 0 {
            text.push_str(&format!("{indent}{}\n", paint(DIM, "…")));
        }
        for change in group.iter().flat_map(|operation| difference.iter_changes(operation)) {
            let line = change.value().trim_end_matches('\n');
            let line = match change.tag() {
                ChangeTag::Insert => paint(ADD, &format!("+ {line}")),
                ChangeTag::Delete => paint(REMOVE, &format!("- {line}")),
                ChangeTag::Equal => paint(DIM, &format!("  {line}")),
            };
            text.push_str(&format!("{indent}{line}\n"));
        }
    }
    text
}
